"""`insitu load samples` as a person runs it: a report, or one line that says what to change."""

import json
from pathlib import Path

import pytest

from insitu import command
from insitu.exits import Exit
from tests.beacon.files import vcf

PEOPLE = ("ANNE", "BEN", "CARL", "DORA", "EVE")


def run(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command of the site in the folder."""
    code = command.main([*arguments, "--data-dir", str(folder / "data")])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_whose_the_samples_are_is_loaded_reported_and_refused(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    fresh_database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INSITU_DATABASE_URL", fresh_database_url)
    (tmp_path / "people.vcf").write_text(vcf(PEOPLE))
    table = tmp_path / "people.tsv"
    table.write_text("sample\tindividual\tsex\nANNE\tP1\tfemale\nEVE\tP1\t2\nBEN\tBEN\tmale\n")
    assert run(capsys, tmp_path, "dataset", "add", "clinic", "--assembly", "GRCh37")[0] == Exit.OK
    assert (
        run(capsys, tmp_path, "load", "vcf", str(tmp_path / "people.vcf"), "--dataset", "clinic")[0]
        == Exit.OK
    )
    loading = ("load", "samples", str(table), "--dataset", "clinic")
    code, out, _ = run(capsys, tmp_path, *loading)
    assert code == Exit.OK
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines == [
        "3 samples are set, 3 of them to something new",
        "2 samples the file does not name stay as they are",
        "clinic holds 5 samples of 5 biosamples of 4 individuals: 1 female, 1 male, 2 unknown",
    ]
    code, out, _ = run(capsys, tmp_path, *loading, "--json")
    assert (code, json.loads(out)["changed"], json.loads(out)["individuals"]) == (Exit.OK, 0, 4)

    table.write_text("sample\tsex\nDORA\tfemale\nZOE\tmale\n")
    code, out, err = run(capsys, tmp_path, *loading)
    assert (code, out) == (Exit.REFUSED, "")
    assert err == f"insitu: {table}, line 3: dataset clinic has no sample 'ZOE'\n"
    code, _, err = run(capsys, tmp_path, "load", "samples", str(table), "--dataset", "absent")
    assert code == Exit.REFUSED
    assert "absent" in err

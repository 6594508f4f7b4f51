"""What the trail says of loads is what came of them, however their command ended."""

import os
from pathlib import Path

import pytest

from insitu import command, lineage, loading
from insitu.exits import Exit
from insitu.house import opened
from tests.beacon.files import vcf
from variants.loading import finishing
from variants.loading.loader import Loader


@pytest.fixture
def site(fresh_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, site_database):
    """The data folder of a site with a dataset, and a file to load into it."""
    from tests.governance.audit.trails import emptied

    emptied(site_database)
    monkeypatch.setenv("INSITU_DATABASE_URL", fresh_database_url)
    monkeypatch.setenv("INSITU_DATA_DIR", str(tmp_path / "site"))
    assert command.main(["dataset", "add", "traced", "--assembly", "GRCh37"]) == Exit.OK
    file = tmp_path / "one.vcf"
    file.write_text(vcf(("ANNE", "BEN")))
    yield tmp_path / "site", file
    command.main(["dataset", "remove", "traced", "--yes"])


def load(file: Path) -> int:
    return int(command.main(["load", "vcf", str(file), "--dataset", "traced"]))


def told(folder: Path):
    with opened(folder) as house:
        return lineage.lineage(house, "traced")


def loads(found):
    return [each for each in found["acts"] if each["what"] == lineage.LOADED]


def test_a_load_whose_cleaning_up_fails_after_the_switch_is_on_record_as_done(site, monkeypatch):
    folder, file = site

    def fails(*_):
        raise OSError("no disk")

    monkeypatch.setattr(finishing, "vacuum", lambda _database, table: fails() if "tile" in table else None)
    assert load(file) != Exit.OK
    found = told(folder)
    [act] = loads(found)
    assert (act["outcome"], act["details"]["afterwards"]) == ("done", "failed: OSError")
    assert act["details"]["release"] == found["release"]
    assert [each["row"] for each in found["files"]] == [act["sequence"]]


def test_a_load_that_fails_before_the_switch_is_on_record_as_failed(site, monkeypatch):
    folder, file = site
    monkeypatch.setattr(finishing, "write_tiles", lambda *_: 1 / 0)
    assert load(file) != Exit.OK
    [act] = loads(told(folder))
    assert act["outcome"] == "failed: ZeroDivisionError"


def test_a_load_whose_command_was_killed_after_the_switch_is_found_and_recorded_by_the_next(
    site, tmp_path, monkeypatch
):
    folder, file = site

    def killed(*_):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(Loader, "_tidy", killed)
        patched.setattr("governance.audit.acts.record_act", only_beginnings)
        with pytest.raises(SystemExit):
            load(file)
    found = told(folder)
    [act] = loads(found)
    assert act["outcome"] == lineage.FOUND
    assert found["files"][0]["sha256"] == act["details"]["files"][0]["sha256"]
    (tmp_path / "two.vcf").write_text(vcf(("CARL",)))
    assert load(tmp_path / "two.vcf") == Exit.OK
    first, second = loads(told(folder))
    assert (first["outcome"], first["details"]["begun"]) == ("done", act["sequence"])
    assert second["outcome"] == "done"


def only_beginnings(trail, what, **about):
    """What is left of a command that is killed."""
    from governance.audit.entries import Act, moment

    if about.get("outcome") == "begun":
        made = Act(moment(trail.clock()), what, {}, "begun", about["dataset"], None, about["details"])
        trail.record(made)


@pytest.mark.parametrize("how", ["replaced", "written and dated back", "gone"])
def test_a_checksum_of_a_file_that_changed_while_it_was_loaded_is_not_passed_off(site, monkeypatch, how):
    folder, file = site
    run = loading._run

    def meanwhile(*arguments):
        done = run(*arguments)
        before = file.stat()
        if how == "replaced":
            other = file.with_name("other")
            other.write_bytes(file.read_bytes())
            other.replace(file)
        elif how == "gone":
            file.unlink()
        else:
            file.write_bytes(file.read_bytes().swapcase())
            os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        return done

    monkeypatch.setattr(loading, "_run", meanwhile)
    assert load(file) == Exit.OK
    found = told(folder)
    assert loads(found)[0]["details"]["unchanged"] is False
    assert [each["sha256"] for each in found["files"]] == [None]

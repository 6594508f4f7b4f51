"""`insitu visa`, as an operator sees it."""

import json
from pathlib import Path

import pytest

from database.engine import Database
from insitu import command
from insitu.exits import Exit
from passport_broker.service import Identities
from tests.passport_broker.access.conftest import forgotten
from tests.passport_broker.access.test_proving import tampered

ISSUE = ("--type", "ControlledAccessGrants", "--value", "https://data.example/1", "--source", "https://dac.example",
         "--by", "dac", "--ends", "2040-12-31", "--why", "decided on paper")  # fmt: skip


@pytest.fixture
def subject(
    fresh_database_url: str, site_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """An account of a site."""
    from tests.governance.audit.trails import emptied

    monkeypatch.setenv("INSITU_DATABASE_URL", fresh_database_url)
    monkeypatch.setenv("INSITU_DATA_DIR", str(tmp_path / "site"))
    monkeypatch.setenv("INSITU_SERVING_PUBLIC_URL", "https://site.example/")
    forgotten(site_database)
    emptied(site_database)
    return Identities(site_database).add(f"ada-{tmp_path.name}"[:60].lower(), "a long password").subject


@pytest.fixture
def insitu(capsys: pytest.CaptureFixture[str]):
    """Runs a command in this process: its exit code, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = command.main(list(arguments))
        return int(code), *capsys.readouterr()

    return run


def listed(insitu, *arguments: str) -> list[dict]:
    code, out, _ = insitu("visa", "list", "--json", *arguments)
    assert code == Exit.OK
    return json.loads(out)


def test_a_visa_is_issued_listed_and_revoked(
    subject: str, insitu, tmp_path: Path, site_database: Database
) -> None:
    asked = tmp_path / "conditions.json"
    asked.write_text('[[{"type": "AffiliationAndRole", "value": "pattern:faculty@*"}]]')
    code, out, _ = insitu("visa", "issue", *ISSUE, "--conditions", str(asked), "--json", "--", subject)
    assert code == Exit.OK
    made = json.loads(out)
    assert made["subject"] == subject
    assert made["conditions"] == [[{"type": "AffiliationAndRole", "value": "pattern:faculty@*"}]]
    assert made["standing"] == "standing"
    assert made["ends"].startswith("2040-12-31T00:00:00")
    assert "user" in made["issuedBy"]
    assert listed(insitu) == listed(insitu, f"--subject={subject}") == [made]
    assert listed(insitu, "--subject", "somebody") == []
    assert insitu("visa", "list")[1].splitlines()[1].split("\t")[:3] == [
        made["id"], subject, "ControlledAccessGrants",
    ]  # fmt: skip
    assert insitu("visa", "revoke", made["id"], "--why", "left")[0] == Exit.OK
    assert listed(insitu) == []
    [gone] = listed(insitu, "--all")
    assert (gone["standing"], gone["revoked"]["why"]) == ("revoked", "left")
    assert insitu("visa", "revoke", made["id"], "--why", "left")[0] == Exit.REFUSED
    assert insitu("visa", "verify")[0] == Exit.OK
    assert json.loads(insitu("visa", "verify", "--json")[1]) == []
    tampered(site_database, "DELETE FROM passport_broker.visa_revocation")
    code, out, _ = insitu("visa", "verify")
    assert (code, out) == (
        Exit.NOT_WHOLE, f"visa {made['id']}: was revoked, and its revocation is missing\n",
    )  # fmt: skip
    code, out, _ = insitu("audit", "show", "--acts", "--json")
    assert [json.loads(each)["what"] for each in out.splitlines()][-1] == "visa.issued"
    assert subject not in out


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (("--value", "no url"), "is no URL"),
        (("--type", "Nothing"), "type"),
        (("--source", "x"), "source"),
        (("--ends", "2020-01-01"), "ends after now"),
        (("--why", " "), "Say why"),
        (("--asserted", "2090-01-01"), "after now"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    subject: str, insitu, changed: tuple[str, str], says: str
) -> None:
    code, out, err = insitu("visa", "issue", *ISSUE, *changed, "--", subject)
    assert (code, out) == (Exit.REFUSED, "")
    assert says in err
    assert err.count("\n") == 1
    assert listed(insitu, "--all") == []


def test_nobody_and_no_json_are_refused(subject: str, insitu, tmp_path: Path) -> None:
    assert insitu("visa", "issue", "nobody", *ISSUE)[0] == Exit.REFUSED
    asked = tmp_path / "conditions.json"
    asked.write_text("{not json")
    code, _, err = insitu("visa", "issue", *ISSUE, "--conditions", str(asked), "--", subject)
    assert code == Exit.REFUSED
    assert "line 1" in err
    assert insitu("visa", "issue", *ISSUE, "--by", "boss", "--", subject)[0] == Exit.USAGE
    assert insitu("visa", "revoke", "no-such", "--why", "x")[0] == Exit.REFUSED

"""`insitu audit` and what other commands leave in the trail, as an operator sees it."""

import dataclasses
import hashlib
import json
import os
import pwd
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from database.engine import Database
from insitu import command
from insitu.exits import Exit
from insitu.house import opened
from tests.beacon.files import vcf
from tests.governance.audit.trails import ANNA, caller, entry

ME = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture
def site(fresh_database_url: str, site_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The data folder of a site with an empty trail."""
    monkeypatch.setenv("INSITU_DATABASE_URL", fresh_database_url)
    monkeypatch.setenv("INSITU_DATA_DIR", str(tmp_path / "site"))
    tampered(site_database, "DELETE FROM governance.audit; DELETE FROM governance.audit_checkpoint; "
             "DELETE FROM governance.audit_pruned; DELETE FROM governance.audit_pseudonym; "
             "DELETE FROM governance.audit_secret")
    return tmp_path / "site"


def tampered(database: Database, statements: str) -> None:
    """Runs statements as somebody who owns the tables."""
    tables = ("audit", "audit_checkpoint", "audit_pruned")
    with database.unit_of_work() as work:
        for each in tables:
            work.connection.execute(text(f"ALTER TABLE governance.{each} DISABLE TRIGGER USER"))
        work.connection.execute(text(statements))
        for each in tables:
            work.connection.execute(text(f"ALTER TABLE governance.{each} ENABLE TRIGGER USER"))
        work.commit()


@pytest.fixture
def insitu(capsys: pytest.CaptureFixture[str]):
    """Runs a command in this process; its exit code and what it wrote to standard output."""

    def run(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = command.main(list(arguments))
        return int(code), capsys.readouterr().out

    return run


def recorded(site: Path, *entries: object) -> None:
    with opened(site) as house:
        for each in entries:
            house.trail.record(dataclasses.replace(each, when=datetime.now(UTC)))


def shown(insitu, *arguments: str) -> list[dict]:
    code, out = insitu("audit", "show", "--json", *arguments)
    assert code == Exit.OK
    return [json.loads(line) for line in out.splitlines()]


def test_what_is_asked_and_done_is_shown_newest_first_and_found_by_filters(site, insitu):
    recorded(site, entry(1, caller("anna")), entry(2))
    assert insitu("dataset", "add", "cohort-1", "--assembly", "GRCh37")[0] == Exit.OK
    assert [each["sequence"] for each in shown(insitu)] == [4, 3, 2, 1]
    asked, done, begun = shown(insitu, "--acts")
    assert (asked["what"], asked["details"]["limit"], asked["by"]["user"]) == ("audit.shown", 50, ME)
    assert (begun["what"], begun["outcome"], done["outcome"]) == ("dataset.added", "begun", "done")
    assert begun["by"]["user"] == ME
    assert [each["sequence"] for each in shown(insitu, "--subject", ANNA.issuer, ANNA.subject)] == [1]
    assert [each["what"] for each in shown(insitu, "--limit", "1")] == ["audit.shown"]
    assert shown(insitu, "--since", "2100-01-01") == []
    lines = insitu("audit", "show", "--limit", "0")[1].splitlines()
    subject = shown(insitu, "--limit", "0")[-1]["subject"]
    said = [subject, "beacon:count", "answered", "cohort-1:count=1 [site.cedar#open-count]"]
    assert lines[-1].split("\t")[2:] == said
    assert insitu("audit", "show", "--subject", "https://nobody", "x")[0] == Exit.REFUSED
    insitu("dataset", "remove", "cohort-1", "--yes")


@pytest.mark.usefixtures("site")
def test_a_command_that_fails_is_on_record(insitu):
    assert insitu("dataset", "remove", "absent", "--yes")[0] == Exit.REFUSED
    insitu("dataset", "add", "twice", "--assembly", "GRCh37")
    assert insitu("dataset", "add", "twice", "--assembly", "GRCh37")[0] == Exit.REFUSED
    assert shown(insitu, "--acts")[0]["outcome"] == "failed: DatasetExists"
    insitu("dataset", "remove", "twice", "--yes")


def test_verify_says_in_words_json_and_exit_code_what_is_wrong(site, insitu, site_database):
    recorded(site, *(entry(number) for number in range(5)))
    code, out = insitu("audit", "verify")
    assert (code, out.splitlines()[-1]) == (Exit.OK, "whole: 5 rows, 1 to 5, 0 checkpoints")
    tampered(site_database, "UPDATE governance.audit SET body = replace(body, 'answered', 'answerec') "
             "WHERE sequence = 3")
    code, out = insitu("audit", "verify")
    assert code == Exit.NOT_WHOLE
    assert out.startswith("FAULT  row 3: changed")
    code, out = insitu("audit", "verify", "--json")
    assert code == Exit.NOT_WHOLE
    found = json.loads(out)
    assert (found["whole"], found["rows"]) == (False, 5)
    assert [(each["what"], each["first"], each["last"]) for each in found["findings"]] == [("changed", 3, 3)]


def test_an_export_is_signed_to_its_end_and_verified_with_the_key_that_was_kept(site, insitu, tmp_path):
    recorded(site, *(entry(number) for number in range(5)))
    file, key = tmp_path / "trail.ndjson", tmp_path / "key.json"
    key.write_text(insitu("audit", "key")[1])
    assert insitu("audit", "export", "--output", str(file))[0] == Exit.OK
    code, out = insitu("audit", "verify", "--export", str(file), "--key", str(key), "--json")
    found = json.loads(out)
    assert (code, found["rows"], found["signed"]) == (Exit.OK, 7, 7)  # with rows of the key and of the export
    assert file.stat().st_mode & 0o777 == 0o600
    exported = shown(insitu, "--action", "audit.exported")
    assert [(each["outcome"], each["details"].get("upto")) for each in exported] == [
        ("done", 7), ("begun", None)
    ]  # fmt: skip
    file.write_text(file.read_text().replace("answered", "answerec", 1))
    assert insitu("audit", "verify", "--export", str(file), "--key", str(key))[0] == Exit.NOT_WHOLE
    assert insitu("audit", "verify", "--export", str(key))[0] == Exit.REFUSED
    assert insitu("audit", "verify", "--key", str(file))[0] == Exit.REFUSED
    streamed = insitu("audit", "export")
    assert streamed[0] == Exit.OK


def test_a_site_whose_rows_are_lost_does_nothing_until_that_is_accepted(site, insitu, site_database):
    recorded(site, *(entry(number) for number in range(5)))
    assert insitu("audit", "resume", "--reason", "none", "--yes")[0] == Exit.REFUSED
    tampered(site_database, "DELETE FROM governance.audit WHERE sequence > 3")
    assert insitu("audit", "verify")[0] == Exit.NOT_WHOLE
    assert insitu("dataset", "add", "late", "--assembly", "GRCh37")[0] == Exit.UNAVAILABLE
    assert "late" not in insitu("dataset", "list")[1]
    assert insitu("audit", "resume", "--reason", "restored from a backup", "--yes")[0] == Exit.OK
    assert insitu("dataset", "add", "late", "--assembly", "GRCh37")[0] == Exit.OK
    code, out = insitu("audit", "verify")
    assert code == Exit.OK
    assert "restored from a backup" in out
    insitu("dataset", "remove", "late", "--yes")


def test_an_account_is_forgotten_and_rows_are_pruned(site, insitu):
    recorded(site, *(entry(number, caller("anna")) for number in range(5)))
    assert insitu("audit", "checkpoint")[0] == Exit.OK
    recorded(site, entry(6))
    assert insitu("audit", "forget", ANNA.issuer, ANNA.subject, "--yes")[0] == Exit.OK
    assert insitu("audit", "show", "--subject", ANNA.issuer, ANNA.subject)[0] == Exit.REFUSED
    assert insitu("audit", "prune", "--before", "2000-01-01", "--yes")[0] == Exit.REFUSED
    assert insitu("audit", "prune", "--before", "2100-01-01", "--yes")[0] == Exit.OK
    assert shown(insitu)[-1]["sequence"] == 6
    code, out = insitu("audit", "verify")
    assert code == Exit.OK
    assert "rows 1 to 5 were pruned" in out
    assert all(ANNA.subject not in json.dumps(each) for each in shown(insitu))


@pytest.mark.usefixtures("site")
def test_lineage_says_which_files_became_which_release(insitu, tmp_path):
    first, second = tmp_path / "one.vcf", tmp_path / "two.vcf"
    first.write_text(vcf(("ANNE", "BEN")))
    second.write_text(vcf(("CARL",)))
    insitu("dataset", "add", "traced", "--assembly", "GRCh37")
    for file in (first, second):
        assert insitu("load", "vcf", str(file), "--dataset", "traced")[0] == Exit.OK
    code, out = insitu("audit", "lineage", "traced", "--json")
    found = json.loads(out)
    loads = [each for each in found["acts"] if each["what"] == "dataset.loaded"]
    digests = [hashlib.sha256(each.read_bytes()).hexdigest() for each in (first, second)]
    assert code == Exit.OK
    read = [[file["sha256"] for file in each["details"]["files"]] for each in loads]
    assert read == [[each] for each in digests]
    assert [each["details"]["release"]["samples"] for each in loads] == [2, 3]
    assert loads[-1]["details"]["release"] == found["release"]
    assert all(each["details"]["unchanged"] for each in loads)
    assert [(file["sha256"], file["row"]) for file in found["files"]] == [
        (digest, each["sequence"]) for digest, each in zip(digests, loads, strict=True)
    ]
    written = insitu("audit", "lineage", "traced")[1]
    assert all(digest in written for digest in digests)
    assert insitu("load", "vcf", str(first), "--dataset", "traced")[0] == Exit.OK  # known: nothing happens
    assert len(shown(insitu, "--action", "dataset.loaded")) == 4
    insitu("dataset", "remove", "traced", "--yes")
    assert insitu("audit", "lineage", "traced")[0] == Exit.OK
    assert insitu("audit", "lineage", "never")[0] == Exit.REFUSED


def test_a_file_that_the_trail_does_not_know_is_named_so(site, insitu, tmp_path, site_database):
    file = tmp_path / "one.vcf"
    file.write_text(vcf(("ANNE",)))
    insitu("dataset", "add", "old", "--assembly", "GRCh37")
    insitu("load", "vcf", str(file), "--dataset", "old")
    tampered(site_database, "DELETE FROM governance.audit")
    (site / "audit" / "head").unlink()
    assert "not in the trail" in insitu("audit", "lineage", "old")[1]
    insitu("dataset", "remove", "old", "--yes")


def test_who_asked_is_told_to_the_custodian_and_that_they_asked_is_on_record(site, insitu):
    recorded(site, entry(1, caller("anna"), request="from-anna"))
    [row] = shown(insitu, "--request", "from-anna")
    assert row["sequence"] == 1
    code, out = insitu("audit", "who", row["subject"])
    assert (code, out.strip().split("\t")) == (Exit.OK, [ANNA.issuer, ANNA.subject])
    [asked] = shown(insitu, "--action", "audit.identified")
    assert (asked["details"], asked["by"]["user"]) == ({"pseudonym": row["subject"]}, ME)
    assert insitu("audit", "forget", ANNA.issuer, ANNA.subject, "--yes")[0] == Exit.OK
    assert shown(insitu, "--action", "audit.forgotten")[0]["details"]["overwritten"] is True
    assert insitu("audit", "who", row["subject"])[0] == Exit.REFUSED


def test_a_whole_folder_that_was_put_back_is_told_by_what_was_kept_elsewhere(
    site, insitu, site_database, tmp_path
):
    recorded(site, *(entry(number) for number in range(4)))
    with site_database.unit_of_work() as work:
        rows = work.connection.execute(text("SELECT * FROM governance.audit ORDER BY sequence")).all()
    head = (site / "audit" / "head").read_bytes()
    recorded(site, *(entry(number) for number in range(4)))
    export = tmp_path / "kept.ndjson"
    assert insitu("audit", "export", "--output", str(export))[0] == Exit.OK
    token = tmp_path / "witnessed.jwt"
    with opened(site) as house:
        known = {"sequence": rows[2].sequence, "hash": bytes(rows[2].hash).hex(), "at": "then"}
        token.write_text(house.trail.key.sign("insitu-audit-head+jwt", known))
    assert insitu("audit", "verify", "--against", str(export), "--against", str(token))[0] == Exit.OK
    tampered(site_database, "DELETE FROM governance.audit WHERE sequence > 4; "
             "DELETE FROM governance.audit_checkpoint")
    (site / "audit" / "head").write_bytes(head)
    (site / "audit" / "signed").unlink()
    assert insitu("audit", "verify")[0] == Exit.OK  # nothing in the folder tells
    assert insitu("audit", "verify", "--against", str(token))[0] == Exit.OK
    code, out = insitu("audit", "verify", "--against", str(export))
    assert code == Exit.NOT_WHOLE
    assert "missing at the end: kept.ndjson" in out
    token.write_text("nonsense")
    assert insitu("audit", "verify", "--against", str(token))[0] == Exit.REFUSED


def test_tampering_is_gone_on_after_only_in_the_open(site, insitu, site_database):
    recorded(site, *(entry(number) for number in range(5)))
    tampered(site_database, "UPDATE governance.audit SET body = replace(body, 'answered', 'answerec') "
             "WHERE sequence = 3")
    assert insitu("audit", "resume", "--reason", "none", "--yes")[0] == Exit.REFUSED
    why = ("audit", "resume", "--reason", "we know who it was", "--accept-tampering", "--yes")
    assert insitu(*why)[0] == Exit.OK
    code, out = insitu("audit", "verify")
    assert code == Exit.NOT_WHOLE
    assert "we know who it was" in out
    assert insitu("audit", "checkpoint")[0] == Exit.OK


def test_an_export_is_written_though_a_secret_is_gone(site, insitu, tmp_path):
    recorded(site, *(entry(number) for number in range(3)))
    (site / "keys" / "trail").unlink()
    file = tmp_path / "kept.ndjson"
    assert insitu("audit", "export", "--output", str(file))[0] == Exit.OK
    assert len([line for line in file.read_text().splitlines() if "body" in json.loads(line)]) == 3
    assert insitu("audit", "verify", "--export", str(file))[0] == Exit.NOT_WHOLE

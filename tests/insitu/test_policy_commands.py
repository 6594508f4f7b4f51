"""Rules, roles and terms on the command line."""

import json
import os
from pathlib import Path

import pytest

from database.engine import Database
from insitu.exits import Exit
from tests.governance.audit.trails import emptied
from tests.insitu.test_command import insitu, one_line


@pytest.fixture
def site(tmp_path: Path, fresh_database_url: str, site_database: Database):
    emptied(site_database)  # its rows were sealed by the site of another folder

    def run(*arguments: str):
        return insitu(*arguments, "--data-dir", str(tmp_path), INSITU_DATABASE_URL=fresh_database_url)

    return run


def test_rules_are_checked_and_explained(site, tmp_path: Path) -> None:
    added = site(
        "dataset", "add", "one", "--assembly", "GRCh38", "--anonymous", "boolean", "--controlled", "record",
        "--grant", "https://g", "--duo", "HMB", "--protection", "strict", "--threshold", "12",
        "--compute", "registered", "--json",
    )  # fmt: skip
    assert added.returncode == Exit.OK, added.stderr
    told = json.loads(added.stdout)
    assert (told["controlled"], told["grants"], told["duo"]) == ("record", ["https://g"], ["DUO:0000006"])
    assert (told["compute"], told["download"]) == ("registered", "none")
    changed = site("dataset", "set", "one", "--download", "controlled", "--json")
    assert changed.returncode == Exit.OK, changed.stderr
    files = [
        json.loads(site(
            "policy", "explain", "--action", action, "--dataset", "one", "--purpose", "HMB", *held,
            "--subject", "https://iss", "ada", "--json",
        ).stdout)
        for action, held in (("wes:run", ["--registered"]), ("drs:access", ["--grant", "https://g"]))
    ]  # fmt: skip
    assert [each["rule"] for each in files] == ["base.cedar#compute", "base.cedar#download"]
    assert told["protection"] == {"threshold": 12, "budget": 0.1, "rounding": 1}

    asked = ("policy", "explain", "--action", "beacon:record", "--dataset", "one")
    nobody = site(*asked, "--anonymous")
    assert nobody.stdout.startswith("permit boolean: beacon:record on one, decided by base.cedar#anonymous")
    assert "https://g" in nobody.stdout
    holder = site(*asked, "--subject", "https://iss", "ada", "--grant", "https://g", "--json")
    found = json.loads(holder.stdout)
    assert (found["outcome"], found["given"], found["rule"]) == (
        "permit",
        "record",
        "base.cedar#granted-records",
    )
    assert site(*asked).returncode == Exit.USAGE
    assert site(*asked, "--anonymous", "--grant", "https://g").returncode == Exit.USAGE

    sound = site("policy", "check", "--json")
    assert json.loads(sound.stdout)["ok"] is True
    rules = tmp_path / "governance"
    (rules / "datasets").mkdir(parents=True, exist_ok=True)
    for name in ("One", "one"):
        (rules / "datasets" / f"{name}.cedar").write_text("forbid(principal, action, resource);")
    strange = site("policy", "check")
    assert strange.returncode == Exit.REFUSED
    assert strange.stdout == (
        "datasets/One.cedar: is asked about nothing: no dataset is registered as One, "
        "but there is one: call the file one.cedar\n"
    )
    (rules / "datasets" / "One.cedar").unlink()
    assert site("policy", "check").returncode == Exit.OK
    (rules / "datasets" / "one.cedar").unlink()
    (rules / "site.cedar").write_text(
        '// Shut.\n@id("shut")\nforbid(principal, action, resource is Dataset);\n'
    )
    assert site(*asked, "--anonymous").stdout.startswith(
        "deny: beacon:record on one, decided by site.cedar#shut"
    )
    shown = json.loads(site("policy", "show", "--json").stdout)
    assert "site.cedar#shut" in [each["rule"] for each in shown["rules"]]
    (rules / "site.cedar").write_text("\nforbid(principal, action, resource")
    broken = site("policy", "check")
    assert broken.returncode == Exit.REFUSED
    assert broken.stdout.startswith("site.cedar:2: ")
    refused = site(*asked, "--anonymous")
    assert refused.returncode == Exit.REFUSED
    assert "site.cedar:2: " in one_line(refused)


def test_the_first_custodian_is_made_here(site) -> None:
    ada = ("https://iss", "lovelace", "custodian")
    assert "now" in site("role", "add", *ada).stderr
    assert "already" in site("role", "add", *ada).stderr
    [held] = json.loads(site("role", "list", "--json").stdout)
    assert (held["issuer"], held["subject"], held["role"]) == ada
    added = site("dataset", "add", "two", "--assembly", "GRCh38")
    assert added.returncode == Exit.OK, added.stderr
    manage = site(
        "policy",
        "explain",
        "--subject",
        "https://iss",
        "lovelace",
        "--action",
        "dataset:manage",
        "--dataset",
        "two",
    )
    assert manage.stdout.startswith("permit: dataset:manage on two, decided by base.cedar#custodian")
    assert site("role", "remove", *ada).returncode == Exit.OK
    assert site("role", "remove", *ada).returncode == Exit.REFUSED
    assert site("role", "add", "https://iss", "lovelace", "king").returncode == Exit.USAGE
    rows = [json.loads(line) for line in site("audit", "show", "--acts", "--json").stdout.splitlines()]
    done = [(each["what"], each["by"]["uid"]) for each in reversed(rows) if each["outcome"] == "done"]
    acts = ["role.given", "role.given", "dataset.added", "role.taken"]
    assert [each for each in done if each[0] in acts][-4:] == [(each, os.getuid()) for each in acts]
    assert not any("lovelace" in json.dumps(each) for each in rows)  # accounts are recorded under pseudonyms

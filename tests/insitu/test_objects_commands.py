"""Objects on the command line, and at a running site: registered, fetched, verified, removed."""

import hashlib
import json
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from database.engine import Database
from insitu.exits import Exit
from tests.governance.audit.trails import bodies, emptied
from tests.insitu.running import Sites
from tests.insitu.test_command import insitu

FILES = {"a.vcf.gz": b"variants", "a.vcf.gz.tbi": b"index", "deep/b.txt": b"text"}


@pytest.fixture
def site(tmp_path: Path, fresh_database_url: str, site_database: Database) -> Any:
    """Runs a command on a site with a store of three files and a dataset that anybody may download."""
    emptied(site_database)  # its rows were sealed by the site of another folder
    with site_database.unit_of_work() as work:
        work.connection.execute(
            text("TRUNCATE drs.object, drs.location, drs.alias, drs.content, drs.companion")
        )
        work.connection.execute(text("DELETE FROM governance.dataset"))
        work.connection.execute(text("UPDATE governance.version SET number = number + 1"))
        work.commit()

    def run(*arguments: str) -> Any:
        return insitu(
            *arguments, "--data-dir", str(tmp_path / "data"), INSITU_DATABASE_URL=fresh_database_url
        )

    for name, content in FILES.items():
        (tmp_path / "files" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "files" / name).write_bytes(content)
    added = run("dataset", "add", "one", "--assembly", "GRCh38", "--download", "anonymous")
    assert added.returncode == Exit.OK, added.stderr
    (tmp_path / "data/storage").mkdir()
    (tmp_path / "data/storage/stores.toml").write_text(
        f'[[store]]\nname = "f"\nurl = "{tmp_path / "files"}"\n'
    )
    return run


def test_a_folder_is_registered_listed_shown_verified_and_forgotten(
    site: Any, tmp_path: Path, site_database: Database
) -> None:
    loaded = site("load", "objects", str(tmp_path / "files"), "--dataset", "one", "--bundles", "--json")
    assert loaded.returncode == Exit.OK, loaded.stderr
    report = json.loads(loaded.stdout)
    assert (report["new"], report["paired"], report["refused"]) == (5, 1, 0)
    acts = [each for each in bodies(site_database) if each.get("what") == "objects.registered"]
    assert [each["outcome"] for each in acts] == ["begun", "done"]
    listed = json.loads(site("objects", "list", "--dataset", "one", "--json").stdout)
    names = {each["name"]: each["id"] for each in listed}
    assert names.keys() == {"a.vcf.gz", "a.vcf.gz.tbi", "b.txt", "deep", None}
    shown = json.loads(site("objects", "show", names["a.vcf.gz"], "--json").stdout)
    assert shown["indexes"] == {"tbi": names["a.vcf.gz.tbi"]}
    assert shown["checksums"]["sha-256"] == hashlib.sha256(b"variants").hexdigest()
    assert site("objects", "verify").returncode == Exit.OK
    (tmp_path / "files/deep/b.txt").write_bytes(b"txet")
    broken = site("objects", "verify", "--dataset", "one", "--json")
    assert broken.returncode == Exit.NOT_WHOLE
    assert json.loads(broken.stdout)["one"]["changed"] == 1
    assert site("objects", "remove", names["b.txt"], "--yes").returncode == Exit.REFUSED  # a bundle holds it
    for each in (report["bundle"], names["deep"], names["b.txt"]):
        assert site("objects", "remove", each, "--yes").returncode == Exit.OK
    assert site("objects", "show", names["b.txt"]).returncode == Exit.REFUSED
    assert site("dataset", "remove", "one", "--yes").returncode == Exit.OK
    with site_database.reading() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM drs.object")
        assert cursor.fetchone() == (0,)


def test_what_lies_in_no_store_is_refused_with_what_to_do(site: Any, tmp_path: Path) -> None:
    outside = site("load", "objects", "/etc", "--dataset", "one")
    assert outside.returncode == Exit.REFUSED
    assert "storage/stores.toml" in outside.stderr
    nothing = site("load", "objects", str(tmp_path / "files/nothing"), "--dataset", "one")
    assert nothing.returncode == Exit.REFUSED
    assert site("load", "objects", str(tmp_path / "files"), "--dataset", "none").returncode == Exit.REFUSED
    assert site("load", "objects", "--dataset", "one").returncode == Exit.USAGE


def test_a_manifest_with_a_bad_line_registers_the_others_and_ends_with_3(site: Any, tmp_path: Path) -> None:
    lines = [{"location": str(tmp_path / "files/a.vcf.gz"), "id": "mine"}, {"location": "/etc/passwd"}]
    path = tmp_path / "manifest.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    loaded = site("load", "objects", "--manifest", str(path), "--dataset", "one")
    assert loaded.returncode == Exit.REFUSED
    assert "line 2" in loaded.stdout
    assert json.loads(site("objects", "show", "mine", "--json").stdout)["size"] == 8


@pytest.mark.slow
def test_a_running_site_serves_them_and_lists_its_services(
    site: Any, tmp_path: Path, fresh_database_url: str, start: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert site("load", "objects", str(tmp_path / "files"), "--dataset", "one").returncode == Exit.OK
    monkeypatch.setenv("INSITU_DATABASE_URL", fresh_database_url)
    running = start(tmp_path / "data", ["site", "--port", "0", "--processes", "2"]).ready()
    names = {
        each["name"]: each
        for each in json.loads(site("objects", "list", "--dataset", "one", "--json").stdout)
    }
    for _ in range(4):  # whichever process signs, and whichever serves
        found = httpx.get(f"{running.url}/ga4gh/drs/v1/objects/{names['a.vcf.gz']['id']}/access/https").json()
        assert httpx.get(found["url"], headers={"connection": "close"}).content == b"variants"
    services = httpx.get(f"{running.url}/ga4gh/registry/v1/services").json()
    assert {each["type"]["artifact"] for each in services} == {"beacon", "drs", "htsget"}
    for each in services:
        path = "/ga4gh/drs/v1" if each["type"]["artifact"] == "drs" else ""
        info = httpx.get(f"{each['url']}{path}/service-info").json()
        assert info["id"] == each["id"]
    assert running.end(signal.SIGTERM) == 0

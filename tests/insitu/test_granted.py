"""From nothing to data at a running site: applied for, approved, answered; revoked, and refused at once."""

import json
import os
import re
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from insitu import command
from insitu.exits import Exit
from tests.beacon.files import vcf
from tests.insitu.running import Sites
from tests.passport_broker.access.walking import Reader
from tests.passport_broker.running import CALLBACK, PASSWORD, Broker, tokens

pytestmark = pytest.mark.slow
GRANT = "https://data.example/cohort-1"
QUESTION = {
    "assemblyId": "GRCh37", "referenceName": "20", "start": 999_999, "referenceBases": "A",
    "alternateBases": "T", "requestedGranularity": "record", "datasetIds": "cohort-1",
}  # fmt: skip


@pytest.fixture
def insitu(
    tmp_path: Path,
    fresh_database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Any:
    """Runs a command that has to succeed; what it writes to standard output."""
    monkeypatch.setenv("INSITU_DATABASE_URL", fresh_database_url)
    monkeypatch.setenv("INSITU_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: str) -> str:
        code = command.main(list(arguments))
        said = capsys.readouterr()
        assert code == Exit.OK, said.err
        return said.out

    return run


def answered(site: Any, token: str) -> httpx.Response:
    return httpx.get(
        f"{site.url}/ga4gh/beacon/v2/g_variants",
        params=QUESTION,
        headers={"authorization": f"Bearer {token}", "connection": "close"},
        timeout=60,
    )


def test_from_nothing_to_data_and_back_within_a_minute(insitu: Any, tmp_path: Path, start: Sites) -> None:
    password, records = tmp_path / "password", tmp_path / "cohort.vcf"
    password.write_text(PASSWORD + "\n")
    records.write_text(vcf(("ANNE", "BEN", "CARL", "DORA", "EVE")))
    insitu("dataset", "add", "cohort-1", "--assembly", "GRCh37", "--controlled", "record", "--grant", GRANT,
           "--duo", "HMB")  # fmt: skip
    insitu("load", "vcf", str(records), "--dataset", "cohort-1")
    subjects = {
        login: insitu("account", "add", login, "--password-file", str(password)).strip()
        for login in ("ada", "dora")
    }
    secret = json.loads(insitu("client", "add", "app", "--redirect", CALLBACK, "--json"))["client_secret"]
    site = start(tmp_path / "data", ["site", "--port", "0", "--processes", "2"]).ready()
    broker = Broker(site.url, None, tmp_path, None)  # type: ignore[arg-type]
    broker.secrets["app"] = secret
    insitu("role", "add", broker.issuer, "--", subjects["dora"], "data-access-committee")

    ada, dora = Reader(broker, "ada"), Reader(broker, "dora")
    token = tokens(broker, "ada", "app")["access_token"]
    assert answered(site, token).status_code == 403
    today = datetime.now(UTC).date()
    page = ada.form(
        ada.open("applications/new"), "/applications/new", dataset="cohort-1", title="Hearts",
        project="Hearts.", purpose="HMB", begins=str(today), then="submit",
        ends=str(today + timedelta(days=30)),
    )  # fmt: skip
    assert "<strong>submitted</strong>" in page.text, page.text
    review = dora.open("review").text
    found = re.search(r'href="([^"]*/applications/[0-9a-f]+)"', review)
    assert found is not None, review
    page = dora.form(dora.open(found[1]), "/decision", step="approve", why="A fine question.")
    assert "<strong>active</strong>" in page.text

    token = tokens(broker, "ada", "app")["access_token"]
    for _ in range(6):  # whichever process is asked
        answer = answered(site, token)
        assert answer.status_code == 200, answer.text
        [part] = answer.json()["response"]["resultSets"]
        assert part["results"]

    [visa] = json.loads(insitu("visa", "list", "--json"))
    assert (visa["value"], visa["subject"]) == (GRANT, subjects["ada"])
    insitu("visa", "revoke", visa["id"], "--why", "she has left")
    revoked = time.monotonic()
    time.sleep(2)
    for _ in range(6):
        assert answered(site, token).status_code == 403
    assert time.monotonic() - revoked < 60
    trail = insitu("audit", "show", "--acts", "--json", "--limit", "50")
    done = [json.loads(each) for each in trail.splitlines()]
    assert {"application.submitted", "application.approved", "visa.issued", "visa.revoked"} <= {
        each["what"] for each in done if each["outcome"] == "done"
    }
    assert subjects["ada"] not in trail
    insitu("audit", "verify")
    insitu("visa", "verify")
    assert site.end(signal.SIGTERM) == 0
    assert os.environ["INSITU_DATA_DIR"]

"""`insitu demo`, from nothing to answers: what it prints can be asked, and so can what the README prints."""

import json
import re
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.insitu.running import PATIENCE, ROOT, Site, Sites
from tests.passport_broker.access.walking import Reader
from tests.passport_broker.running import Broker

pytestmark = pytest.mark.slow
BEACON = "/ga4gh/beacon/v2"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "data"


Start = tuple[list[str], dict[str, dict]]


@pytest.fixture(scope="module")
def first_start(folder: Path) -> Start:
    """What the first start printed, and what each question that is printed anywhere was answered."""
    with Sites() as start:
        site = start(folder, ("demo", "--port", "0")).ready()
        asked = commands(invited(site)) + commands((ROOT / "README.md").read_text().splitlines())
        answers = {path: site.get(path)[1] for path in asked}
        assert site.end(signal.SIGINT) == 0
        assert site.processes() == []
    return site.said, answers


def invited(site: Site) -> list[str]:
    """The lines that it has printed, the last of the three questions among them."""
    until = time.monotonic() + PATIENCE
    while not (len(commands(site.said)) == 3 and "Ctrl-C" in "".join(site.said)) and time.monotonic() < until:
        time.sleep(0.1)
    return site.said


def commands(lines: list[str]) -> list[str]:
    """The paths that curl commands ask."""
    return [found[1] for line in lines if (found := re.search(r"curl (?:-s )?'http://[^/]+(/[^']+)'", line))]


def test_three_questions_are_printed_and_each_has_hits(first_start: Start) -> None:
    said, answers = first_start
    asked = commands(said)
    assert len(asked) == 3
    for path in asked:
        assert answers[path]["responseSummary"]["exists"] is True, path


def test_the_readme_s_three_questions_have_hits(first_start: Start) -> None:
    asked = commands((ROOT / "README.md").read_text().splitlines())
    assert len(asked) == 3
    for path in asked:
        assert first_start[1][path]["responseSummary"]["exists"] is True, path


def test_the_people_that_are_printed_walk_an_application(
    folder: Path, first_start: Start, start: Sites  # noqa: ARG001 - what is started once more
) -> None:
    site = start(folder, ("demo", "--port", "0")).ready()
    said = "\n".join(invited(site))
    password = re.search(r"The password of each is: (.+)", said)
    assert password is not None, said
    broker = Broker(site.url, None, folder, None)  # type: ignore[arg-type]
    people = {}
    for login in ("researcher", "committee", "custodian"):
        assert re.search(rf"{login} +\S.* {broker.issuer}/", said), said
        people[login] = Reader(broker)
        assert "Your account" in people[login].log_in(login, password[1]).text
    researcher, committee = people["researcher"], people["committee"]
    today = datetime.now(UTC).date()
    page = researcher.form(
        researcher.open("applications/new"), "/applications/new", dataset="demo-hospital", title="Hearts",
        project="Hearts.", purpose="HMB", begins=str(today), ends=str(today + timedelta(days=9)),
        then="submit",
    )  # fmt: skip
    assert "<strong>submitted</strong>" in page.text, page.text
    found = re.search(r'href="([^"]*/applications/[0-9a-f]+)"', committee.open("review").text)
    assert found is not None
    page = committee.form(committee.open(found[1]), "/decision", step="approve", why="A fine question.")
    assert "<strong>active</strong>" in page.text
    assert "https://insitu.example/demonstration/hospital" in researcher.open("account/visas").text
    assert site.end(signal.SIGINT) == 0


def test_a_second_start_reuses_the_data_and_shows_the_three_tiers(
    folder: Path, first_start: Start, start: Sites
) -> None:
    site = start(folder, ("demo", "--port", "0")).ready()
    path = commands(invited(site))[2]
    assert not [each for each in site.said if "Making up" in each or "Loading" in each]
    found = {each["id"]: each for each in site.get(path)[1]["response"]["resultSets"]}
    assert site.end(signal.SIGTERM) == 0
    assert 0 < found["demo-open"]["resultsCount"] < 240
    assert len(found["demo-open"]["results"]) == min(10, found["demo-open"]["resultsCount"])
    assert found["demo-hospital"]["results"] == []
    assert "demo-registry" not in found
    assert "demo-registry" not in json.dumps(first_start[1])


def test_a_third_start_after_kill_answers_the_same(folder: Path, first_start: Start, start: Sites) -> None:
    killed = start(folder, ("demo", "--port", "0")).ready()
    killed.end(signal.SIGKILL)
    site = start(folder, ("demo", "--port", "0")).ready()
    path = commands(invited(site))[1]
    assert site.get(path)[1]["responseSummary"] == first_start[1][path]["responseSummary"]
    assert site.end(signal.SIGTERM) == 0
    assert site.processes() == []

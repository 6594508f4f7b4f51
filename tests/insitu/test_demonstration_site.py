"""A small demonstration, loaded and composed in this process: the questions that are printed have hits."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from database.engine import Database
from governance.audit.checking import verify_trail
from governance.audit.reading import Wanted, newest
from governance.datasets import Tier
from insitu import web
from insitu.commands.demo import _fill
from insitu.demonstration import making
from insitu.demonstration.plan import DATASETS, Region
from insitu.demonstration.questions import questions
from insitu.exits import Stop
from insitu.house import House
from insitu.settings import SiteSettings
from serving.testing import Client
from tests.insitu.own_logging import logging_given_back

BEACON = "/ga4gh/beacon/v2"
REGIONS = (
    Region("20", 35_000_000, 400_000, 30, 900, 12, ("DEMA1", "DEMA2")),
    Region("X", 50_000_000, 100_000, 20, 200, 1, ("DEMX1",)),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module")
def own_logging() -> Iterator[None]:
    """Gives the process its logging back, which a site arranges for itself."""
    with logging_given_back():
        yield


@pytest.fixture(scope="module")
def site(
    folder: Path, site_database: Database, fresh_database_url: str, own_logging: None,  # noqa: ARG001
) -> Iterator[Client]:
    making.make(folder / "demonstration", lambda *_: None, REGIONS)
    _fill(House(folder, SiteSettings(data_dir=folder), site_database), folder / "demonstration")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("INSITU_DATABASE_URL", fresh_database_url)
        app = web.create(str(folder), ["beacon"], broker=False)
    with Client(app) as client:
        yield client


def test_each_question_that_the_demo_prints_has_hits(site: Client, folder: Path) -> None:
    for each in questions(folder / "demonstration", f"http://site{BEACON}"):
        asked = urlsplit(each.url)
        answer = site.get(f"{asked.path}?{asked.query}")
        assert answer.status_code == 200, answer.text
        assert answer.json()["responseSummary"]["exists"] is True, each.words


def test_each_dataset_gives_its_tier(site: Client) -> None:
    asked = {"geneId": "DEMA1", "requestedGranularity": "record"}
    found = site.get(f"{BEACON}/g_variants", params=asked).json()
    sets = {each["id"]: each for each in found["response"]["resultSets"]}
    assert set(sets) == {"demo-open", "demo-hospital"}
    assert sets["demo-open"]["results"]
    assert sets["demo-hospital"]["results"] == []
    assert sets["demo-hospital"]["resultsCount"] > 0


@pytest.mark.usefixtures("site")
def test_filling_again_changes_nothing(folder: Path, site_database: Database) -> None:
    house = House(folder, SiteSettings(data_dir=folder), site_database)
    before = [house.variants.release(each.id) for each in DATASETS]
    _fill(house, folder / "demonstration")
    assert [house.variants.release(each.id) for each in DATASETS] == before


def test_a_real_site_gets_no_made_up_data(folder: Path, site_database: Database) -> None:
    house = House(folder, SiteSettings(data_dir=folder), site_database)
    house.register.add("cohort-1", "GRCh38", Tier.NONE)
    before = [each.id for each in house.register.all()]
    with pytest.raises(Stop, match=r"cohort-1.*--data-dir"):
        _fill(house, folder / "demonstration")
    assert [each.id for each in house.register.all()] == before
    house.register.remove("cohort-1")


def test_the_site_is_ready_and_its_logs_lie_in_its_folder(site: Client, folder: Path) -> None:
    assert site.get("/readyz").json() == {"status": "ready", "checks": [{"name": "database", "ok": True}]}
    site.get(f"{BEACON}/g_variants", params={"geneId": "DEMA2"})
    assert "geneId" not in (folder / "logs" / "web.log").read_text()


def test_an_answer_is_in_the_trail_with_the_question_and_none_leaves_without(
    site: Client, folder: Path, site_database: Database
) -> None:
    asked = {"geneId": "DEMA2", "requestedGranularity": "count"}
    answer = site.get(f"{BEACON}/g_variants", params=asked)
    house = House(folder, SiteSettings(data_dir=folder), site_database)
    [row] = newest(site_database, Wanted(kind="answer"), 1)
    assert answer.status_code == 200
    assert row["question"]["parameters"] == {"geneId": "DEMA2"}
    assert row["question"]["operation"] == "Variants"
    assert {each["dataset"]: each["given"] for each in row["decisions"]}["demo-hospital"] == "count"
    told = answer.json()["responseSummary"]["numTotalResults"]
    assert told == sum(each["results"] or 0 for each in row["decisions"]) > 0
    (house.folder / "audit" / "head").rename(house.folder / "audit" / "aside")
    (house.folder / "audit" / "head").mkdir()  # nothing can be written there now
    try:
        refused = site.get(f"{BEACON}/g_variants", params=asked)
    finally:
        (house.folder / "audit" / "head").rmdir()
        (house.folder / "audit" / "aside").rename(house.folder / "audit" / "head")
    assert (refused.status_code, "resultSets" in refused.text) == (503, False)
    assert site.get(f"{BEACON}/g_variants", params=asked).status_code == 200
    assert verify_trail(house.trail).whole
    house.close()

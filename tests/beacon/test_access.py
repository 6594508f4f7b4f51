"""A dataset gives at most its tier, hidden and absent are the same, and test mode never meets real data."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from beacon.domain.asking import Filter, Granularity
from beacon.domain.entries import ROUTES, EntryType
from governance.datasets import Dataset, Tier
from governance.gate import Gate
from governance.policy.engine import Policy
from serving.testing import Client, client
from tests.beacon.conftest import BASE, Ask
from tests.beacon.files import RECORDS
from tests.beacon.site import FAKES, PEOPLE, VISIBLE, Site
from tests.beacon.test_document import path_of
from tests.recorders import Kept

EVERYTHING = {"assemblyId": "GRCh37", "referenceName": "20", "start": 0, "end": 2_000_000}
ALLELES = sum(len(alternates.split(",")) for contig, _, _, _, alternates, _, _ in RECORDS if contig == "20")


def get(http: Client, path: str, **parameters: Any) -> Any:
    return http.get(BASE + path, params=parameters)


def test_tiers_mix_in_one_record_answer_each_dataset_telling_what_it_gives(ask: Ask) -> None:
    body = ask("/g_variants", **EVERYTHING, datasetIds=None, includeResultsetResponses="ALL", limit=0)
    sets = {each["id"]: each for each in body["response"]["resultSets"]}
    assert set(sets) == set(VISIBLE)
    assert sets["open"]["resultsCount"] == len(sets["open"]["results"]) == ALLELES
    assert "countPrecision" not in sets["open"]
    assert (sets["counted"]["resultsCount"], sets["counted"]["results"]) == (ALLELES, [])
    assert (sets["shy"]["resultsCount"], sets["shy"]["results"]) == (1, [])
    assert sets["shy"]["countPrecision"] == "imprecise"
    assert "no more" in sets["shy"]["info"]["note"]
    assert sets["empty"]["exists"] is False
    assert "Not asked" in sets["other"]["info"]["note"]
    summary = body["responseSummary"]
    assert summary["numTotalResults"] == sum(each["resultsCount"] for each in sets.values())
    assert summary["countPrecision"] == "imprecise"
    assert body["meta"]["returnedGranularity"] == "record"


@pytest.mark.parametrize(("dataset", "given"), [("open", "record"), ("counted", "count"), ("shy", "boolean")])
def test_what_is_returned_says_what_was_given_whatever_was_asked(dataset: str, given: str, ask: Ask) -> None:
    body = ask("/g_variants", **EVERYTHING, datasetIds=dataset)
    assert body["meta"]["returnedGranularity"] == given
    assert ("response" in body) == (given == "record")
    assert ("numTotalResults" in body["responseSummary"]) == (given != "boolean")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_a_boolean_answer_holds_no_count_and_no_record(route: Any, http: Client) -> None:
    holders = {EntryType.DATASET: "open", EntryType.COHORT: "cohort-open"}
    path = path_of(route).replace("{id}", holders.get(route.within or route.entry, "ANNE"))
    body = get(http, path, requestedGranularity="boolean", includeResultsetResponses="ALL").json()
    assert set(body) <= {"meta", "responseSummary", "info"}
    assert set(body["responseSummary"]) == {"exists"}
    for each in body.get("info", {}).get("datasets", []):
        assert set(each) <= {"id", "setType", "exists", "info"}


def test_each_dataset_has_its_say_in_boolean_and_count_answers(http: Client) -> None:
    counted = get(http, "/g_variants", **EVERYTHING, requestedGranularity="count").json()["info"]["datasets"]
    assert {each["id"]: each.get("resultsCount") for each in counted} == {
        "counted": ALLELES,
        "open": ALLELES,
        "shy": None,
        "sites": ALLELES,
    }
    nothing = get(http, "/g_variants", **EVERYTHING, includeResultsetResponses="NONE").json()
    assert "datasets" not in nothing.get("info", {})


@pytest.mark.parametrize(
    "path",
    [
        "/g_variants?datasetIds={}",
        "/individuals?datasetIds={}",
        "/datasets?datasetIds={}",
        "/datasets/{}",
        "/datasets/{}/g_variants",
        "/datasets/{}/individuals",
        "/datasets/{}/filtering_terms",
        "/cohorts/cohort-{}",
        "/cohorts/cohort-{}/individuals",
        "/cohorts/cohort-{}/filtering_terms",
    ],
)
def test_hidden_absent_and_test_datasets_are_answered_in_the_same_words(path: str, http: Client) -> None:
    answers = [http.get(BASE + path.format(each)) for each in ("hidden", "absent", "fake")]
    assert {answer.status_code for answer in answers} <= {401, 404}
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert answers[0].headers.get("www-authenticate") == answers[1].headers.get("www-authenticate")


@pytest.mark.parametrize(
    ("asks", "given"),
    [("round:10, zip3", "record"), ("residency:eea", None), ("round:10, residency:eea", None)],
)
def test_a_dataset_that_obliges_to_what_no_beacon_can_do_is_refused(
    site: Site, tmp_path: Path, asks: str, given: str | None
) -> None:
    scope = 'principal, action in Action::"beacon", resource == Dataset::"open"'
    (tmp_path / "site.cedar").write_text(f'@obligation("{asks}") forbid({scope});')
    with client(site.app(gate=Gate(Policy(tmp_path), Kept()))) as http:
        answer = get(http, "/g_variants", **EVERYTHING, datasetIds="open", requestedGranularity="record")
    if given:
        assert answer.json()["meta"]["returnedGranularity"] == given
    else:
        assert answer.status_code == 401
        assert "responseSummary" not in answer.json()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("SO:0001483", "SO:0001483"),
        ({"id": "SO:0001483"}, "SO:0001483"),
        (
            {"id": "SO:0001483", "includeDescendantTerms": False},
            {"id": "SO:0001483", "includeDescendantTerms": False},
        ),
        (
            {"id": "SO:0001483", "scope": "individual"},
            {"id": "SO:0001483", "scope": "individual"},
        ),
    ],
)
def test_the_record_of_a_question_has_its_filters_whole(site: Site, sent: Any, kept: Any) -> None:
    trail = Kept()
    with client(site.app(gate=Gate(Policy(), trail))) as http:
        http.post(f"{BASE}/g_variants", json={"query": {"filters": [sent]}})
    [entry] = trail
    assert entry.question["filters"] == [kept]


def test_a_filter_with_an_operator_is_whole_in_the_short_form_unless_more_was_said() -> None:
    said = Filter("age", ">", "P70Y")
    assert said.whole == said.text == "age:>P70Y"
    plain = {"id": "age", "operator": ">", "value": "P70Y"}
    assert replace(said, scope="individuals").whole == plain | {"scope": "individuals"}
    assert replace(said, descendants=False).whole == plain | {"includeDescendantTerms": False}


def test_nothing_of_a_hidden_dataset_is_in_any_listing(ask: Ask) -> None:
    for path in ("/datasets", "/cohorts", "/g_variants", "/individuals"):
        text = str(ask(path, datasetIds=None, includeResultsetResponses="ALL", limit=0))
        assert "hidden" not in text
        assert "fake" not in text.lower()
    assert [each["id"] for each in ask("/datasets", datasetIds=None)["response"]["collections"]] == list(
        VISIBLE
    )


def test_a_visible_dataset_beside_an_unknown_one_is_asked_and_the_other_is_named(ask: Ask) -> None:
    body = ask("/g_variants", **EVERYTHING, datasetIds="open,hidden,absent")
    assert [each["id"] for each in body["response"]["resultSets"]] == ["open"]
    assert "hidden, absent" in body["info"]["warnings"][0]


@pytest.mark.parametrize(("dataset", "told"), [("open", True), ("counted", True), ("shy", False)])
def test_the_size_of_a_collection_is_for_those_who_may_count(dataset: str, told: bool, ask: Ask) -> None:
    (listed,) = ask(f"/datasets/{dataset}", datasetIds=None)["response"]["collections"]
    assert ("samples" in listed["info"]) is ("variants" in listed["info"]) is ("version" in listed) is told
    assert (listed["updateDateTime"] != listed["createDateTime"]) is told
    (cohort,) = ask(f"/cohorts/cohort-{dataset}", datasetIds=None)["response"]["collections"]
    assert cohort.get("cohortSize") == (len(PEOPLE) if told else None)


NAMING = {
    EntryType.INDIVIDUAL: "{}",
    EntryType.BIOSAMPLE: "{}",
    EntryType.RUN: "run-{}",
    EntryType.ANALYSIS: "analysis-{}",
}


@pytest.mark.parametrize("granularity", list(Granularity))
@pytest.mark.parametrize("dataset", ["shy", "counted"])
def test_below_record_level_a_dataset_answers_every_name_as_if_nobody_had_it(
    dataset: str, granularity: str, ask: Ask
) -> None:
    for route in ROUTES:
        holder = route.entry if route.single else route.within
        if holder not in NAMING:
            continue
        answers = []
        for name in ("ANNE", "NOBODY"):
            path = path_of(route).replace("{id}", NAMING[holder].format(name))
            asked = {"requestedGranularity": granularity, "includeResultsetResponses": "ALL"}
            answers.append(ask(path, datasetIds=dataset, **asked))
            assert answers[-1]["responseSummary"]["exists"] is False, path
        assert answers[0] == answers[1]
        assert "by name" in answers[0]["info"]["datasets"][0]["info"]["note"]


@pytest.mark.parametrize("granularity", list(Granularity))
def test_a_name_is_looked_for_where_records_are_given_however_little_is_asked(
    granularity: str, ask: Ask
) -> None:
    body = ask("/individuals/ANNE/g_variants", datasetIds=None, requestedGranularity=granularity)
    assert body["responseSummary"]["exists"] is True
    assert body["meta"]["returnedGranularity"] == granularity
    listed = body["info"]["datasets"] if granularity != "record" else body["response"]["resultSets"]
    assert [each["id"] for each in listed] == ["open"]


def test_test_mode_asks_test_datasets_and_never_real_ones(http: Client) -> None:
    for entry in EntryType:
        for dataset in (None, "fake", "open"):
            query = {"testMode": "true", "requestedGranularity": "record", "limit": 0}
            answer = get(
                http, f"/{entry.value.segment}", **query, **({"datasetIds": dataset} if dataset else {})
            )
            assert answer.status_code == 200
            assert not any(
                name in answer.text for name in (*PEOPLE, '"open"' if dataset != "open" else "OPEN")
            )
    people = get(http, "/individuals", testMode="true", requestedGranularity="record").json()
    assert [each["id"] for each in people["response"]["resultSets"][0]["results"]] == list(FAKES)


def test_test_mode_still_refuses_what_cannot_be_understood(http: Client) -> None:
    assert get(http, "/g_variants", testMode="true", start=5).status_code == 400
    assert get(http, "/g_variants", testMode="true", filters="nothing").status_code == 400


def test_credentials_that_nobody_stands_behind_are_never_taken_for_an_anonymous_call(http: Client) -> None:
    answer = http.get(f"{BASE}/g_variants", headers={"Authorization": "Bearer made-up"})
    assert answer.status_code == answer.json()["error"]["errorCode"] == 401


def test_a_site_without_visible_datasets_says_so(site: Site, http: Client) -> None:
    class Closed:
        def all(self, _moment: object) -> tuple[Dataset, ...]:
            return tuple(replace(each, anonymous=Tier.NONE) for each in site.register.all())

    with client(replace(site, register=Closed()).app()) as closed:  # type: ignore[arg-type]
        answer = get(closed, "/g_variants", **EVERYTHING, requestedGranularity="record").json()
    assert answer["responseSummary"] == {"exists": False}
    assert answer["meta"]["returnedGranularity"] == "boolean"
    assert "No dataset here can be asked" in answer["info"]["warnings"][0]
    assert get(http, "/g_variants", **EVERYTHING).json()["responseSummary"] == {"exists": True}


ROUNDED = """
@id("rounded") @obligation("round:10")
permit (principal, action in Action::"ask", resource is Dataset) when { context.tier <= 3 };
"""


def test_a_rule_that_rounds_leaves_records_as_they_are(site: Site, tmp_path: Path) -> None:
    (tmp_path / "site.cedar").write_text(ROUNDED)
    asked = {**EVERYTHING, "requestedGranularity": "record", "datasetIds": "hidden", "limit": 0}
    with client(site.app(gate=Gate(Policy(tmp_path), Kept()), validate_responses=True)) as http:
        found = get(http, "/g_variants", **asked).json()["response"]["resultSets"][0]
        assert found["resultsCount"] == len(found["results"]) == ALLELES
        assert "countPrecision" not in found
        assert any("caseLevelData" in each for each in found["results"])
        people = get(http, "/individuals", **asked).json()["response"]["resultSets"][0]
        assert people["resultsCount"] % 10 == 0 < people["resultsCount"]
        assert people["countPrecision"] == "rounded"
        assert 0 < len(people["results"]) <= len(PEOPLE)
        named = get(http, "/individuals/ANNE", requestedGranularity="record", datasetIds="hidden").json()
        assert named["responseSummary"]["numTotalResults"] == 1
        cohort = get(http, "/cohorts", requestedGranularity="record", datasetIds="hidden").json()
        assert cohort["response"]["collections"][0]["cohortSize"] % 10 == 0

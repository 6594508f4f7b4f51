"""Every answer validates by the official 2.1.1 schemas, and a POST equals its GET."""

from itertools import product
from typing import Any

import pytest

from beacon.domain.entries import ROUTES, EntryType, Route
from serving.testing import Client
from tests.beacon.conftest import BASE, Ask
from tests.beacon.official import Official, records_of
from tests.beacon.test_document import path_of

pytestmark = pytest.mark.shared

RESPONSES = "framework/json/responses"
IDS = {
    EntryType.INDIVIDUAL: "ANNE",
    EntryType.BIOSAMPLE: "ANNE",
    EntryType.RUN: "run-ANNE",
    EntryType.ANALYSIS: "analysis-ANNE",
    EntryType.DATASET: "open",
    EntryType.COHORT: "cohort-open",
}
KINDS = list(product(("boolean", "count", "record"), ("HIT", "MISS", "ALL", "NONE")))


@pytest.fixture(scope="module")
def variant_id(ask: Ask) -> str:
    found = ask("/g_variants", assemblyId="GRCh37", referenceName="20", start=999_999, alternateBases="T")
    return str(records_of(found)[0]["variantInternalId"])


def path_with_id(route: Route, variant_id: str) -> str:
    holder = route.within or route.entry
    return BASE + path_of(route).replace("{id}", IDS.get(holder, variant_id))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_every_path_granularity_and_selection_validates_and_post_equals_get(
    route: Route, http: Client, official: Official, variant_id: str
) -> None:
    path = path_with_id(route, variant_id)
    for granularity, include in KINDS:
        query: dict[str, Any] = {"requestedGranularity": granularity, "includeResultsetResponses": include}
        got = http.get(path, params=query)
        posted = http.post(path, json={"meta": {"apiVersion": "v2.1.1"}, "query": query})
        assert got.status_code == posted.status_code == 200, got.text
        official.check_answer(got.json(), route.entry.value.id)
        assert posted.json() == got.json()
        assert got.json()["meta"]["returnedGranularity"] == granularity
        assert got.json()["responseSummary"]["exists"] is True


@pytest.mark.parametrize("entry", EntryType, ids=lambda entry: entry.value.id)
@pytest.mark.parametrize("dataset", [None, "fake"])
def test_answers_in_test_mode_validate(
    entry: EntryType, dataset: str | None, http: Client, official: Official
) -> None:
    query = {"testMode": "true", "requestedGranularity": "record"} | (
        {"datasetIds": dataset} if dataset else {}
    )
    body = http.get(f"{BASE}/{entry.value.segment}", params=query).json()
    official.check_answer(body, entry.value.id)
    assert body["meta"]["testMode"] is True
    assert records_of(body)


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/", "beaconInfoResponse"),
        ("/info", "beaconInfoResponse"),
        ("/service-info", "ga4gh-service-info-1-0-0-schema"),
        ("/configuration", "beaconConfigurationResponse"),
        ("/entry_types", "beaconEntryTypesResponse"),
        ("/map", "beaconMapResponse"),
        ("/filtering_terms", "beaconFilteringTermsResponse"),
        ("/individuals/filtering_terms", "beaconFilteringTermsResponse"),
        ("/individuals/ANNE/filtering_terms", "beaconFilteringTermsResponse"),
        ("/datasets/open/filtering_terms", "beaconFilteringTermsResponse"),
        ("/cohorts/cohort-open/filtering_terms", "beaconFilteringTermsResponse"),
    ],
)
def test_what_the_beacon_says_of_itself_validates(
    path: str, schema: str, http: Client, official: Official
) -> None:
    official.check(http.get(BASE + path).json(), f"{RESPONSES}/{schema}.json")
    if path.count("/") > 1:
        official.check(http.post(BASE + path, json={}).json(), f"{RESPONSES}/{schema}.json")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/g_variants?start=1", 400),
        ("GET", "/g_variants?datasetIds=hidden", 401),
        ("GET", "/datasets/hidden", 404),
        ("GET", "/nothing", 404),
        ("DELETE", "/g_variants", 405),
    ],
)
def test_every_failure_has_beacons_own_body(
    method: str, path: str, status: int, http: Client, official: Official
) -> None:
    answer = http.request(method, BASE + path)
    assert answer.status_code == answer.json()["error"]["errorCode"] == status
    official.check(answer.json(), f"{RESPONSES}/beaconErrorResponse.json")


def test_every_url_of_the_map_is_served(http: Client, variant_id: str) -> None:
    for each in http.get(f"{BASE}/map").json()["response"]["endpointSets"].values():
        entry = next(one for one in EntryType if one.value.id == each["entryType"])
        urls = [each["rootUrl"], each["singleEntryUrl"], *(one["url"] for one in each["endpoints"].values())]
        for url in [*urls, *([each["filteringTermsUrl"]] if "filteringTermsUrl" in each else [])]:
            answer = http.get(url.replace("{id}", IDS.get(entry, variant_id)))
            assert answer.status_code == 200, url


def test_the_echoed_request_is_a_valid_request(http: Client, official: Official) -> None:
    query = "assemblyId=GRCh37&referenceName=20&start=1,9&end=5,20"
    query += "&filters=SO:0001483&datasetIds=open&skip=1&limit=3"
    received = http.get(f"{BASE}/g_variants?{query}").json()["meta"]["receivedRequestSummary"]
    parts = (
        "requestParameters",
        "pagination",
        "requestedGranularity",
        "includeResultsetResponses",
        "testMode",
    )
    again = {
        "meta": {"apiVersion": received["apiVersion"]},
        "query": {name: received[name] for name in parts},
    }
    official.check(again, "framework/json/requests/beaconRequestBody.json")
    again["query"]["filters"] = [{"id": each} for each in received["filters"]]
    assert http.post(f"{BASE}/g_variants", json=again).json()["meta"]["receivedRequestSummary"] == received

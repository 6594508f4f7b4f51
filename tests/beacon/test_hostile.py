"""Bad input of every kind: 400 or 413 in Beacon's shape with a sentence on what to change; never a 500."""

import json
from typing import Any

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, settings

from openapi import document
from serving.testing import Client
from tests.beacon.conftest import BASE

# Question, and a word of the sentence that answers it.
QUERIES = [
    ("assemblyId=GRCh99&referenceName=20&start=1&end=9", "assembl"),
    ("assemblyId=GRCh37&referenceName=99&start=1&end=9", "99"),
    ("referenceName=NC_000099.1&start=1&end=9", "NC_000099.1"),
    ("assemblyId=GRCh37&referenceName=20&start=-5&end=9", "-5"),
    ("assemblyId=GRCh37&referenceName=20&start=9&end=5", "end must be greater"),
    ("assemblyId=GRCh37&referenceName=20&start=9,5&end=20,30", "start"),
    ("assemblyId=GRCh37&referenceName=20&start=1,2,3", "start"),
    ("assemblyId=GRCh37&referenceName=20&start=1,2&end=9", "two"),
    ("assemblyId=GRCh37&referenceName=20&start=99999999999&end=999999999999", "99999999999"),
    ("assemblyId=GRCh37&referenceName=20&start=9223372036854775808&end=9223372036854775809", "start"),
    ("assemblyId=GRCh37&referenceName=20&start=one", "start"),
    ("assemblyId=GRCh37&referenceName=20&start=5", "alternateBases"),
    ("assemblyId=GRCh37&referenceName=20&start=5&alternateBases=XQ!", "alternateBases"),
    (
        f"assemblyId=GRCh37&referenceName=20&start=5&referenceBases={'N' * 5000}&alternateBases={'N' * 5000}",
        "wild",
    ),
    (f"assemblyId=GRCh37&referenceName=20&start=5&referenceBases=A&alternateBases={'A' * 60}N", "wild"),
    ("referenceName=20", "referenceName"),
    ("start=5&end=9", "referenceName"),
    ("geneId=BRAF&referenceName=20&start=5&end=9", "geneId"),
    ("genomicAlleleShortForm=rubbish", "rubbish"),
    ("genomicAlleleShortForm=NC_000020.10:g.5A>T&geneId=BRAF", "geneId"),
    ("variantType=WHATEVER", "WHATEVER"),
    ("variantMinLength=9&variantMaxLength=5", "variantMaxLength"),
    ("variantMinLength=-1", "variantMinLength"),
    ("aminoacidChange=nonsense", "aminoacid"),
    ("referenceNam=20&start=5&end=9", "referenceName"),
    ("filters=HP:0000001", "filtering_terms"),
    ("filters=SO:0001483:%3D5", "no value"),
    ("filters=" + ",".join(f"SO:{number:07}" for number in range(101)), "too many"),
    ("datasetIds=" + ",".join(map(str, range(101))), "too many"),
    ("skip=-1", "skip"),
    ("limit=-1", "limit"),
    ("limit=ten", "limit"),
    ("skip=99999999999999999999", "skip"),
    ("requestedGranularity=aggregated", "boolean"),
    ("includeResultsetResponses=SOME", "HIT"),
    ("testMode=maybe", "testMode"),
    ("limit=1&limit=2", "twice"),
    ("referenceName=2%000", ""),
    ("referenceName=%FF%FE", ""),
    ("referenceName=%E2%80%AE20&start=1&end=2", "referenceName"),
]


@pytest.mark.parametrize(("query", "word"), QUERIES)
@pytest.mark.parametrize("path", ["/g_variants", "/individuals", "/datasets"])
def test_a_question_that_makes_no_sense_is_a_400_that_says_what_to_change(
    path: str, query: str, word: str, http: Client
) -> None:
    answer = http.get(f"{BASE}{path}?{query}")
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["errorCode"] == 400
    assert word in error["errorMessage"]
    assert len(error["errorMessage"]) < 600
    assert answer.json()["meta"]["receivedRequestSummary"]


def test_a_parameter_of_other_paths_is_refused_where_it_means_nothing(http: Client) -> None:
    answer = http.get(f"{BASE}/filtering_terms?start=5")
    assert answer.status_code == 400
    assert "takes no parameter 'start'" in answer.json()["error"]["errorMessage"]


BODIES = [
    (b"", 200),
    (b"{}", 200),
    (b"{", 400),
    (b"[]", 400),
    (b'"text"', 400),
    (b"\xff\xfe", 400),
    (b'{"query": {"requestParameters": {"g_variant": {"referenceName": "\\ud800"}}}}', 400),
    (b'{"query": {"requestParameters": {"g_variant": {"referenceName": "\\u0000"}}}}', 400),
    (b'{"query": {"requestParameters": {"g_variant": {"start": [1e999]}}}}', 400),
    (b'{"query": {"pagination": {"limit": NaN}}}', 400),
    (b"[" * 100_000, 400),
    (b'{"query": ' + b'{"g_variant":' * 500 + b"1" + b"}" * 501, 400),
    (json.dumps({"query": {"filters": [{"id": f"SO:{n:07}"} for n in range(10_000)]}}).encode(), 400),
    (b'{"query": {"requestParameters": {"g_variant": {"referenceName": "' + b"A" * 3_000_000 + b'"}}}}', 413),
]


@pytest.mark.parametrize(("content", "status"), BODIES, ids=lambda each: str(each)[:40])
def test_a_body_that_is_no_question_is_refused_in_beacons_shape(
    content: bytes, status: int, http: Client
) -> None:
    headers = {"content-type": "application/json"}
    answer = http.post(f"{BASE}/g_variants", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.json()["error"]["errorCode"] == status
        assert answer.json()["error"]["errorMessage"]


@pytest.mark.parametrize(
    "identifier", ["%00", "%2F", "..%2F..", "a" * 513, "%F0%9F%98%80", "'; DROP TABLE x; --", "%25"]
)
def test_no_identifier_in_a_path_breaks_anything(identifier: str, http: Client) -> None:
    for path in (
        "/g_variants/{}",
        "/individuals/{}/g_variants",
        "/runs/run-{}",
        "/datasets/{}",
        "/cohorts/{}/runs",
    ):
        answer = http.get(BASE + path.format(identifier))
        assert answer.status_code in (200, 400, 404), answer.text
        if answer.status_code == 200:
            assert answer.json()["responseSummary"]["exists"] is False


SCHEMA: Any = schemathesis.openapi.from_dict(yaml.safe_load(document("beacon").read_text()))
SOME = SCHEMA.include(path_regex=r"^/(g_variants|individuals/{id}/g_variants|datasets/{id}|filtering_terms)$")
FEW = settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@SOME.parametrize()
@FEW
def test_no_request_that_the_document_describes_ends_in_a_server_error(case: Any, http: Client) -> None:
    send(case, http)


@pytest.mark.slow
@SCHEMA.parametrize()
@settings(FEW, max_examples=2)
def test_no_request_to_any_path_ends_in_a_server_error(case: Any, http: Client) -> None:
    send(case, http)


def send(case: Any, http: Client) -> None:
    """Sends what was made up, and looks at the answer's form."""
    sent = case.as_transport_kwargs()
    headers = {"content-type": "application/json"} if sent.get("json") is not None else {}
    answer = http.request(
        case.method,
        BASE + case.formatted_path,
        params=sent.get("params"),
        json=sent.get("json"),
        headers=headers,
    )
    assert answer.status_code < 500, answer.text
    assert "meta" in answer.json() or case.path == "/service-info"

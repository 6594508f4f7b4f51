"""Many different questions at once in one app: each answer is that of its own question."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from serving.testing import Client
from tests.beacon.conftest import BASE


def questions() -> list[dict[str, Any]]:
    """Different windows, granularities, datasets and pages."""
    return [
        {
            "assemblyId": "GRCh37",
            "referenceName": "20",
            "start": 999_990 + 7 * number,
            "end": 1_000_050 + 11 * number,
            "requestedGranularity": ("boolean", "count", "record")[number % 3],
            "datasetIds": ("open", "counted", "open,sites", "shy")[number % 4],
            "limit": number % 5 + 1,
        }
        for number in range(120)
    ]


def test_each_of_many_simultaneous_answers_is_that_of_its_own_question(http: Client) -> None:
    asked = [(path, question) for question in questions() for path in ("/g_variants", "/individuals")]

    def get(one: tuple[str, dict[str, Any]]) -> Any:
        path, question = one
        return http.get(BASE + path, params=question).json()

    alone = [get(one) for one in asked]
    assert len({str(each) for each in alone}) > len(asked) * 0.9
    with ThreadPoolExecutor(32) as crowd:
        together = list(crowd.map(get, asked))
    assert together == alone
    for (_, question), answer in zip(asked, together, strict=True):
        received = answer["meta"]["receivedRequestSummary"]
        assert received["requestParameters"]["g_variant"]["start"] == [question["start"]]
        assert received["requestedGranularity"] == question["requestedGranularity"]

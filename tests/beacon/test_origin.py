"""When and by what calls were made, as runs and analyses tell it."""

from dataclasses import replace
from datetime import UTC, datetime

from beacon.wire.records import analysis, run
from tests.beacon.conftest import Ask
from variants.domain.dataset import Release, Sample

RELEASE = Release("a", 1, 1, "GRCh37", 1, 1, datetime(2025, 3, 4, tzinfo=UTC), {})
SAMPLE = Sample(0, "S", "S", "S")


def test_what_the_file_says_is_given_and_what_it_does_not_say_is_labelled(ask: Ask) -> None:
    record = ask("/analyses/analysis-ANNE")["response"]["resultSets"][0]["results"][0]
    assert record["analysisDate"] == "2024-02-29"
    assert record["pipelineName"] == "not stated in the VCF"
    record = ask("/runs/run-ANNE")["response"]["resultSets"][0]["results"][0]
    assert record["runDate"] == "2024-02-29"
    assert "or before" in record["info"]["note"]


def test_where_the_file_says_nothing_the_day_of_loading_says_that_it_is_that() -> None:
    for record, day in ((run(SAMPLE, RELEASE), "runDate"), (analysis(SAMPLE, RELEASE), "analysisDate")):
        assert record[day] == "2025-03-04"
        assert "loaded" in record["info"]["note"]
    assert analysis(replace(SAMPLE, source="caller 1"), RELEASE)["pipelineName"] == "caller 1"

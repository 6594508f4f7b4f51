"""GET and POST, nested and flat, right and wrong spellings: one question, or a sentence on what to change."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon.errors import BadRequest, UnknownParameter
from beacon.wire import parameters as known
from beacon.wire.asking import Bounds, from_body, from_query
from serving.naming import pythonic
from serving.reasons import Invalid
from serving.request import RequestFacts

BOUNDS = Bounds(max_filters=3, max_datasets=3)
DECLARED = frozenset({*known.NARROWING, *known.CONTROLS})


def facts(method: str = "GET", *query: tuple[str, str]) -> RequestFacts:
    return RequestFacts("1", method, "/g_variants", "http://here", query, DECLARED)


def asked(parameters: dict[str, Any]) -> Any:
    return from_query({pythonic(name): value for name, value in parameters.items()}, facts(), BOUNDS)


def posted(parameters: dict[str, Any], **query: Any) -> Any:
    return from_body({"query": {"requestParameters": parameters, **query}}, facts("POST"), BOUNDS)


words = st.text("ACGTNabc0123456789.:>_", min_size=1, max_size=12)
positions = st.lists(st.integers(0, 2**40), min_size=1, max_size=2)
questions = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(known.TEXTS, words),
        **dict.fromkeys(known.PLACES, positions),
        **dict.fromkeys(known.LENGTHS, st.integers(0, 10**6)),
    },
)
controls = st.fixed_dictionaries(
    {},
    optional={
        "requestedGranularity": st.sampled_from(["boolean", "count", "record"]),
        "includeResultsetResponses": st.sampled_from(["HIT", "MISS", "ALL", "NONE"]),
        "testMode": st.booleans(),
        "filters": st.lists(st.sampled_from(["SO:0001483", "age:>P70Y", "x:!a%"]), max_size=3),
        "datasetIds": st.lists(st.sampled_from("abc"), max_size=3),
    },
)


@given(questions, controls, st.integers(0, 99), st.integers(0, 99))
def test_get_nested_post_and_flat_post_ask_the_same(
    question: dict[str, Any], control: dict[str, Any], skip: int, limit: int
) -> None:
    by_get = asked({**question, **control, "skip": skip, "limit": limit})
    page = {"skip": skip, "limit": limit}
    assert posted({"g_variant": question}, **control, pagination=page) == by_get
    assert posted(question, **control, pagination=page) == by_get


@given(questions)
def test_pagination_and_granularity_are_read_beside_the_query_too(question: dict[str, Any]) -> None:
    body = {
        "query": {"requestParameters": question},
        "pagination": {"skip": 2, "limit": 7},
        "requestedGranularity": "count",
    }
    outside = from_body(body, facts("POST"), BOUNDS)
    inside = posted(question, pagination={"skip": 2, "limit": 7}, requestedGranularity="count")
    assert outside == inside
    assert outside.offset == 14


@pytest.mark.parametrize(("wrong", "right"), known.MISNAMED.items())
def test_the_misnamed_parameters_are_taken_in_both_spellings(wrong: str, right: str) -> None:
    assert (
        asked({wrong: "BRAF"}).question == asked({right: "BRAF"}).question == posted({wrong: "BRAF"}).question
    )
    with pytest.raises(BadRequest, match="given twice"):
        posted({wrong: "BRAF", right: "TP53"})


@given(st.sampled_from(sorted(known.VARIANT)), st.data())
def test_a_slip_in_a_variant_parameter_is_refused_by_name(name: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(name) - 1))
    wrong = data.draw(st.sampled_from([name[:place] + name[place + 1 :], name[:place] + "x" + name[place:]]))
    if len(name) > 5 and wrong not in DECLARED:
        with pytest.raises(UnknownParameter, match="did you mean"):
            posted({wrong: "1"})
        with pytest.raises(UnknownParameter, match="did you mean"):
            from_query({}, facts("GET", (wrong, "1")), BOUNDS)


@pytest.mark.parametrize(
    "name", ["chrom", "pos", "ref", "alt", "gene", "filter", "dataset", "assembly_id", "hgvs"]
)
def test_what_other_tools_call_a_parameter_is_refused_by_name(name: str) -> None:
    with pytest.raises(UnknownParameter, match=f"'{known.nearest(name)}'"):
        from_query({}, facts("GET", (name, "1")), BOUNDS)


@pytest.mark.parametrize("name", ["foo", "utm_source", "access_token", "limits"])
def test_any_other_unknown_parameter_is_left_out_with_a_warning(name: str) -> None:
    found = from_query({}, facts("GET", (name, "1")), BOUNDS)
    assert name in found.warnings[0]
    assert name in posted({name: 1}).warnings[0]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([], "'the body' must be a JSON object"),
        ({"query": []}, "'query' must be a JSON object"),
        ({"filters": []}, "move it into 'query'"),
        ({"query": {"referenceName": "20"}}, "move it into 'query.requestParameters'"),
        ({"query": {"requestParameters": {"g_variant": {"g_variant": {}}}}}, "keep the outer one"),
        ({"query": {"requestParameters": {"g_variant": "20"}}}, "must be a JSON object"),
        ({"query": {"requestParameters": {"start": []}}}, "one position, or two"),
        ({"query": {"requestParameters": {"start": [1, 2, 3]}}}, "one position, or two"),
        ({"query": {"requestParameters": {"start": ["1"]}}}, "whole number"),
        ({"query": {"requestParameters": {"start": True}}}, "whole number"),
        ({"query": {"requestParameters": {"start": 1e300}}}, "whole number"),
        ({"query": {"requestParameters": {"start": 2**60}}}, "larger than any position"),
        ({"query": {"requestParameters": {"referenceName": " "}}}, "is empty"),
        ({"query": {"requestParameters": {"referenceName": "2\x000"}}}, "cannot be printed"),
        ({"query": {"requestParameters": {"referenceName": "A" * 10_001}}}, "characters"),
        ({"query": {"requestedGranularity": "all"}}, "boolean, count, record"),
        ({"query": {"includeResultsetResponses": "SOME"}}, "HIT, MISS, ALL, NONE"),
        ({"query": {"testMode": "yes"}}, "true or false"),
        ({"query": {"pagination": {"skip": -1}}}, "'skip' must lie between 0"),
        ({"query": {"pagination": {"limit": 10**12}}}, "'limit' must lie between 0"),
        ({"query": {"pagination": {"limit": "10"}}}, "whole number"),
        ({"query": {"filters": {}}}, "must be a list"),
        ({"query": {"filters": ["a", "b", "c", "d"]}}, "at most 3"),
        ({"query": {"filters": [[["a"]]]}}, "no further lists"),
        ({"query": {"filters": [{"operator": "="}]}}, "lacks its 'id'"),
        ({"query": {"filters": [{"id": "a", "operator": "~", "value": "1"}]}}, "must be one of"),
        ({"query": {"filters": [{"id": "a", "operator": "="}]}}, "needs a 'value'"),
        ({"query": {"datasetIds": ["a", "b", "c", "d"]}}, "at most 3"),
        ({"meta": {"requestedSchemas": "x"}}, "must be a list"),
        ({"query": {"requestParameters": {"variant": {"start": [1]}}}}, "into 'g_variant'"),
        ({"query": {"requestParameters": {"g_variant": {"position": {"start": [1]}}}}}, "into 'g_variant'"),
        ({"query": {"requestParameters": {f"x{number}": 1 for number in range(99)}}}, "99 parameters"),
    ],
)
def test_what_has_no_form_of_a_question_is_refused_with_what_to_change(body: object, words: str) -> None:
    with pytest.raises(Invalid, match=words.replace("'", ".")):
        from_body(body, facts("POST"), BOUNDS)


def test_what_a_post_asks_in_its_url_is_never_lost_in_silence() -> None:
    with pytest.raises(BadRequest, match="move it into the body"):
        from_body(None, facts("POST", ("geneId", "BRAF")), BOUNDS)
    assert "put them into the body" in from_body(None, facts("POST", ("limit", "5")), BOUNDS).warnings[0]


def test_a_page_is_never_larger_than_this_beacon_gives_and_says_so() -> None:
    assert asked({"limit": 0}).limit == BOUNDS.max_limit
    large = asked({"limit": 10**6})
    assert large.limit == BOUNDS.max_limit
    assert "1000" in large.warnings[0]


def test_datasets_are_read_wherever_clients_put_them() -> None:
    expected = ("a", "b")
    assert asked({"datasetIds": ["a", "b"]}).datasets == expected
    assert posted({"datasetIds": ["a", "b"]}).datasets == expected
    assert posted({"g_variant": {"datasetIds": "a,b"}}).datasets == expected
    assert posted({"datasets": {"datasetIds": ["a", "b"]}}).datasets == expected
    assert posted({"datasets": ["a", "b"]}).datasets == expected
    assert posted({}, datasetIds=["a", "b"]).datasets == expected


def test_a_filter_says_the_same_as_a_string_and_as_an_object() -> None:
    as_text = posted({}, filters=["SO:0001483", "HP_0032443:!text", "age:>=P70Y"]).filters
    as_objects = posted(
        {},
        filters=[
            {"id": "SO:0001483"},
            {"id": "HP_0032443", "operator": "!", "value": "text"},
            {"id": "age", "operator": ">=", "value": "P70Y"},
        ],
    ).filters
    assert as_text == as_objects
    assert [each.text for each in as_text] == ["SO:0001483", "HP_0032443:!text", "age:>=P70Y"]


def test_the_schema_wanted_in_a_get_is_echoed_as_that_of_a_post_is() -> None:
    by_get = asked({"requestedSchema": "my-schema"})
    by_post = from_body({"meta": {"requestedSchemas": [{"schema": "my-schema"}]}}, facts("POST"), BOUNDS)
    assert by_get == by_post
    assert by_get.schemas == ({"schema": "my-schema"},)

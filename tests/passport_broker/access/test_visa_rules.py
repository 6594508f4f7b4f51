"""What a visa may say, to the letter of the standard; nothing here needs a database."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from governance.passport.assertions import assertion_of
from governance.passport.linked import link, links_of
from passport_broker.domain.conditions import problem_with_conditions
from passport_broker.domain.urls import problem_with
from passport_broker.domain.values import problem_of
from passport_broker.domain.visas import Assertion, Span, checked
from passport_broker.visas.errors import VisaInvalid
from passport_broker.visas.lifetimes import Lifetimes
from tests.passport_broker.access.saying import DATA, NOW, SOURCE, YEAR, assertions, identities, urls

SPAN = Span(NOW, NOW + YEAR)


def refused(*, span: Span = SPAN, why: str = "because", **changed: object) -> str:
    said = {"type": "ControlledAccessGrants", "value": DATA, "source": SOURCE, "by": "dac", "asserted": NOW}
    with pytest.raises(VisaInvalid) as found:
        checked(Assertion(**(said | changed)), span, why, NOW)
    assert found.value.public.isprintable()
    assert len(found.value.public) < 500
    return found.value.public


@given(assertions())
def test_a_clearinghouse_reads_whatever_is_let_through(said: Assertion) -> None:
    checked(said, SPAN, "because", NOW)
    read = assertion_of({"ga4gh_visa_v1": said.claim()}, NOW, 0)
    assert (read.type, read.value, read.source, read.by, read.asserted) == (
        said.type,
        said.value,
        said.source,
        said.by,
        said.asserted,
    )
    assert bool(read.conditions) == bool(said.conditions)


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40), st.none() | st.text(max_size=5))
@example("ControlledAccessGrants", "https://a", "https://b", "dac")
@example("LinkedIdentities", "a,b", "https://b", None)
def test_nothing_is_let_through_that_a_clearinghouse_cannot_read(
    kind: str, value: str, source: str, by: str | None
) -> None:
    said = Assertion(kind, value, source, by, NOW)
    try:
        checked(said, SPAN, "because", NOW)
    except VisaInvalid:
        return
    assertion_of({"ga4gh_visa_v1": said.claim()}, NOW, 0)


@given(urls)
def test_urls_are_urls(url: str) -> None:
    assert problem_with(url) is None


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "data",
        "//data.example",
        "https://",
        "https:data",
        "https:///path",
        "https://a b",
        "https://ä.example",
        "https://a/%zz",
        "https://a/\n",
        " https://a",
        "https://a ",
        "https://u@a/",
        "https://a\0",
        "1ttps://a",
        "https://a/" + "x" * 246,
        "HTTPS://a/",
        "https://a/“",
        "https://a/<b>",
    ],
)
def test_what_is_no_url_is_neither_value_nor_source(odd: str) -> None:
    refused(value=odd)
    refused(source=odd)
    refused(type="ResearcherStatus", value=odd)


def test_a_url_has_255_characters_and_no_more() -> None:
    longest = "https://a/" + "x" * 245
    assert problem_with(longest) is None
    assert "255" in (problem_with(longest + "x") or "")


@pytest.mark.parametrize("by", ["", "DAC", "committee", "so ", "dac;so"])
def test_by_is_of_the_vocabulary(by: str) -> None:
    assert "`by` is one of" in refused(by=by)


@pytest.mark.parametrize("kind", ["AcceptedTermsAndPolicies", "ControlledAccessGrants"])
def test_by_is_needed_where_the_standard_says_so(kind: str) -> None:
    assert "who asserts it" in refused(type=kind, by=None)
    checked(Assertion("ResearcherStatus", DATA, SOURCE, None, NOW), SPAN, "because", NOW)


@pytest.mark.parametrize("kind", ["", "controlledaccessgrants", "Custom", "urn:x:y", "ftp://a/b", "https://"])
def test_a_type_is_the_standard_s_or_a_web_address(kind: str) -> None:
    refused(type=kind)


@pytest.mark.parametrize(
    "odd",
    [
        "faculty",
        "@uni.example",
        "faculty@",
        "Faculty@uni.example",
        "dean@uni.example",
        "ega.@uni.example",
        ".role@uni.example",
        "1ega.role@uni.example",
        "ega.röle@uni.example",
        "faculty@uni example",
        "faculty@uni@example",
        "faculty@uni.example;member@uni.example",
        "a.b.c@uni.example",
    ],
)
def test_an_affiliation_is_a_role_at_an_organisation(odd: str) -> None:
    assert problem_of("AffiliationAndRole", odd)
    refused(type="AffiliationAndRole", value=odd)


@given(st.lists(identities, min_size=1, max_size=5))
def test_linked_identities_are_encoded_in_one_way_only(accounts: list) -> None:
    value = ";".join(link(each) for each in accounts)
    assert problem_of("LinkedIdentities", value) is None
    assert links_of(value) == tuple(accounts)


@pytest.mark.parametrize(
    "odd",
    [
        "a",
        "a,",
        ",b",
        "a,b;",
        ";a,b",
        "a,b,c",
        "a, b",
        "a,https://b",
        "a,https%3a%2F%2Fb",
        "a,b; c,d",
        "%ff,b",
        "a,%62",
        ";".join(["a,b"] * 101),
    ],
)
def test_linked_identities_in_another_encoding_are_refused(odd: str) -> None:
    assert problem_of("LinkedIdentities", odd)


@pytest.mark.parametrize(
    "odd",
    [
        "x",
        {},
        [[]],
        [{}],
        [[{}]],
        [["x"]],
        [None],
        [[{"type": "ResearcherStatus"}]],
        [[{"value": "const:x"}]],
        [[{"type": 5, "value": "const:x"}]],
        [[{"type": "Nothing", "value": "const:x"}]],
        [[{"type": "ResearcherStatus", "asserted": "const:5"}]],
        [[{"type": "ResearcherStatus", "value": "const:x", "conditions": "const:x"}]],
        [[{"type": "ResearcherStatus", "value": "const:x", "conditions": []}]],
        [[{"type": "ResearcherStatus", "value": "x"}]],
        [[{"type": "ResearcherStatus", "value": "const:"}]],
        [[{"type": "ResearcherStatus", "value": "regex:x"}]],
        [[{"type": "ResearcherStatus", "value": ["const:x"]}]],
        [[{"type": "ResearcherStatus", "value": "Const:x"}]],
        [[{"type": "ResearcherStatus", "by": "const:boss"}]],
        [[{"type": "ResearcherStatus", "exp": "const:x"}]],
        [[{"type": "ResearcherStatus", "value": "const:\n"}]],
        [[{"type": "ResearcherStatus", "value": "const:" + "x" * 1000}]],
        [[{"type": "ResearcherStatus", "value": "const:x"}]] * 21,
        [[{"type": "ResearcherStatus", "value": "const:x"}] * 11],
    ],
)
def test_conditions_that_nobody_could_evaluate_are_refused(odd: object) -> None:
    assert problem_with_conditions(odd)
    assert "conditions" in refused(conditions=odd)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["type", "value", "source", "by", "asserted", "conditions"]),
                inner,
                max_size=3,
            )
        ),
        max_leaves=12,
    )
)
@settings(max_examples=300)
def test_any_json_at_all_is_conditions_or_is_refused(value: object) -> None:
    if problem_with_conditions(value) is None:
        said = Assertion("ControlledAccessGrants", DATA, SOURCE, "dac", NOW, value)
        assertion_of({"ga4gh_visa_v1": said.claim()}, NOW, 0)


@pytest.mark.parametrize(
    "span",
    [
        Span(NOW, NOW),
        Span(NOW, NOW - 1),
        Span(NOW + 10, NOW + 5),
        Span(NOW - 20, NOW - 10),
        Span(NOW, NOW + 30 * YEAR),
    ],
)
def test_a_visa_ends_after_it_begins_and_not_in_a_generation(span: Span) -> None:
    refused(span=span)


def test_nothing_is_asserted_in_the_future_or_without_a_reason() -> None:
    refused(asserted=NOW + 10)
    refused(asserted=-1)
    refused(why="")
    refused(why=" \n")
    refused(why="x" * 2001)


def test_there_is_time_left_to_sign_for() -> None:
    assert Lifetimes().signed + Lifetimes().clock == 60
    assert (Lifetimes().left, Lifetimes(3600).left) == (15, 3510)
    for odd in ((30, 30), (60, -1), (39, 30)):
        with pytest.raises(ValueError, match="10 seconds"):
            Lifetimes(*odd)


def test_a_visa_is_not_longer_than_what_clearinghouses_read() -> None:
    clause = {"type": "ResearcherStatus", "value": "pattern:" + "x" * 900}
    assert "too much" in refused(conditions=[[clause] * 10] * 5)
    said = Assertion("ControlledAccessGrants", DATA, SOURCE, "dac", NOW, [[clause] * 9])
    checked(said, SPAN, "because", NOW)

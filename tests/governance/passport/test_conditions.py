"""Conditions of visas against an evaluator that tries everything, and patterns that would blow a regex up."""

import itertools
import sys
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from governance.caller import Identity, Visa
from governance.passport import patterns
from governance.passport.conditions import Steps, TooMuch, met, parse
from governance.passport.linked import link, links_of, person_of
from governance.passport.patterns import Pattern
from governance.passport.refusal import Refusal

LETTERS = "ab;?*"


def brute_matches(pattern: str, text: str) -> bool:
    """By trying every number of characters for every star."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(brute_matches(pattern[1:], text[taken:]) for taken in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and brute_matches(pattern[1:], text[1:])


@given(st.text(LETTERS, max_size=7), st.text(LETTERS, max_size=7))
@settings(max_examples=600)
@example("", "")
@example("*", "")
@example("?", "?")
@example("**a?", "aab")
def test_patterns_match_what_trying_everything_matches(pattern: str, text: str) -> None:
    assert Pattern(pattern).fits(text) == brute_matches(pattern, text)


def test_all_short_patterns_match_what_trying_everything_matches() -> None:
    words = ["".join(each) for size in range(4) for each in itertools.product("ab?*", repeat=size)]
    assert all(Pattern(one).fits(other) == brute_matches(one, other) for one in words for other in words)


def test_a_pattern_takes_one_step_for_each_character() -> None:
    """What makes a backtracking matcher try 2 to the power of hundreds ends here after the text is read."""
    steps = 0

    def count(frame: Any, event: str, _: Any) -> Any:
        nonlocal steps
        steps += event == "line"
        return count if frame.f_code is Pattern.fits.__code__ else None

    before = sys.gettrace()
    sys.settrace(count)
    try:
        assert not Pattern("*a" * 300 + "b").fits("a" * 3000)
    finally:
        sys.settrace(before)
    assert steps < 4 * 3000


def visa(type_: str, value: str, source: str, by: str | None) -> Visa:
    return Visa(type_, value, source, by, Identity("i", "s"), 0, 1, "d")


TEXTS = st.text("ab;", min_size=1, max_size=3)
def test_a_pattern_is_made_ready_once_for_all_parts_of_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    real = patterns._compiled
    monkeypatch.setattr(patterns, "_compiled", lambda text: made.append(text) or real(text))  # type: ignore[func-returns-value]
    conditions = parse([[{"type": "A", "value": "split_pattern:" + "*a" * 400 + "b"}]])
    assert not met(conditions, [visa("A", "a;" * 2000, "s", None)] * 20, Steps())
    assert len(made) == 1


def test_conditions_get_so_many_steps_and_no_more() -> None:
    conditions = parse([[{"type": "A", "value": "split_pattern:*x*", "source": "pattern:*"}]])
    steps = Steps(10_000)
    assert not met(conditions, [visa("A", "a" * 1000, "s", None)] * 9, steps)
    with pytest.raises(TooMuch):
        met(conditions, [visa("A", "a" * 1000, "s", None)] * 2, steps)
    assert not met(conditions, [visa("B", "a" * 1000, "s", None)] * 5, Steps(5))


VISAS = st.builds(visa, st.sampled_from(["A", "B"]), TEXTS, TEXTS, st.sampled_from([None, "so", "dac"]))
MATCHES = st.builds(
    lambda how, what: f"{how}:{what}",
    st.sampled_from(["const", "pattern", "split_pattern", "regex"]),
    st.text("ab;?*:", max_size=3),
)
CLAUSES = st.builds(
    lambda type_, claims: {"type": type_, **claims},
    st.sampled_from(["A", "B"]),
    st.dictionaries(st.sampled_from(["value", "source", "by"]), MATCHES, min_size=1),
)
CONDITIONS = st.lists(st.lists(CLAUSES, min_size=1, max_size=3), max_size=3)


def brute_fits(text: str, found: str | None) -> bool:
    how, what = text.split(":", 1)
    if found is None:
        return False
    parts = {"const": [found], "pattern": [found], "split_pattern": found.split(";")}.get(how, [])
    return any((part == what) if how == "const" else brute_matches(what, part) for part in parts)


def brute_met(conditions: list[list[dict[str, str]]], visas: list[Visa]) -> bool:
    """By giving every choice of one visa to each clause a try."""

    def has(clause: dict[str, str], one: Visa) -> bool:
        return one.type == clause["type"] and all(
            brute_fits(text, {"value": one.value, "source": one.source, "by": one.by}[name])
            for name, text in clause.items()
            if name != "type"
        )

    return any(
        any(
            all(has(clause, one) for clause, one in zip(alternative, chosen, strict=True))
            for chosen in itertools.product(visas, repeat=len(alternative))
        )
        for alternative in conditions
    )


@given(CONDITIONS, st.lists(VISAS, max_size=3))
@settings(max_examples=600)
def test_conditions_are_met_when_some_choice_of_visas_meets_them(
    conditions: list[list[dict[str, str]]], visas: list[Visa]
) -> None:
    assert met(parse(conditions), visas, Steps()) == brute_met(conditions, visas)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_whatever_stands_for_conditions_is_understood_or_refused(value: Any) -> None:
    try:
        found = parse(value)
    except Refusal as refusal:
        said = refusal.rule
    else:
        said = "understood" if [len(each) for each in found] == [len(each) for each in value] else "changed"
    assert said in ("conditions", "understood")


IDENTITIES = st.builds(Identity, st.text(",;%/a é", min_size=1), st.text(",;%/a é", min_size=1))


@given(st.lists(IDENTITIES, min_size=1, max_size=5))
def test_links_are_read_as_they_were_written(identities: list[Identity]) -> None:
    assert list(links_of(";".join(link(each) for each in identities))) == identities


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=3), max_size=8), st.integers(0, 9))
def test_a_person_is_all_that_is_reached(links: list[list[int]], start: int) -> None:
    accounts = [Identity("i", str(each)) for each in range(10)]
    reached = {start}
    for _ in range(10):
        reached |= {each for group in links if reached & set(group) for each in group}
    found = person_of([accounts[start]], [tuple(accounts[each] for each in group) for group in links])
    assert found == {accounts[each] for each in reached}


@pytest.mark.parametrize(("pattern", "text", "fits"), [
    ("split_pattern:123,https:%2F%2Fexample?.org",
     "001,https:%2F%2Fexample1.org;123,https:%2F%2Fexample2.org;456,https:%2F%2Fexample3.org", True),
    ("pattern:faculty@*", "faculty@uni-heidelberg.de", True),
    ("pattern:faculty@*", "ega.faculty@uni-heidelberg.de", False),
    ("const:faculty@*", "faculty@uni-heidelberg.de", False),
    ("const:Faculty@a", "faculty@a", False),
    ("pattern:a?", "a", False),
])  # fmt: skip
def test_the_standard_s_own_examples(pattern: str, text: str, fits: bool) -> None:
    conditions = parse([[{"type": "A", "value": pattern}]])
    assert met(conditions, [visa("A", text, "s", None)], Steps()) is fits

"""Conditions of a visa (GA4GH Passport 1.2.1): alternatives of clauses that other visas have to meet."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from governance.passport.conditions import ALTERNATIVES_MOST, CLAUSES_MOST, TEXT_LONGEST
from governance.passport.trust import STANDARD_TYPES
from passport_broker.domain.urls import is_web, problem_with

BY = ("self", "peer", "system", "so", "dac")
"""Who may assert something, in the standard's words."""

Clause: TypeAlias = Mapping[str, str]
Conditions: TypeAlias = Sequence[Sequence[Clause]]

_MATCHES = ("const", "pattern", "split_pattern")
_CLAIMS = ("value", "source", "by")


def problem_with_type(kind: str) -> str | None:
    """What keeps a text from being a type of visa: the standard's, or a URL of somebody's own."""
    if kind in STANDARD_TYPES:
        return None
    if not is_web(kind):
        return f"is none of {', '.join(STANDARD_TYPES)}, and no URL of a custom type"
    return problem_with(kind)


def problem_with_conditions(value: Any) -> str | None:
    """What keeps a JSON value from being conditions that every clearinghouse can evaluate."""
    return next(_problems(value), None)


def _problems(value: Any) -> Iterator[str]:
    if not isinstance(value, list) or len(value) > ALTERNATIVES_MOST:
        yield f"are a list of at most {ALTERNATIVES_MOST} alternatives"
        return
    for alternative in value:
        if not isinstance(alternative, list) or not 0 < len(alternative) <= CLAUSES_MOST:
            yield f"hold alternatives, each a list of 1 to {CLAUSES_MOST} clauses"
            return
        for clause in alternative:
            yield from _of_clause(clause)


def _of_clause(clause: Any) -> Iterator[str]:
    if not isinstance(clause, dict) or not isinstance(clause.get("type"), str):
        yield "hold clauses, each an object with a `type`"
        return
    if problem := problem_with_type(clause["type"]):
        yield f"name a type that {problem}"
    claims = {name: each for name, each in clause.items() if name != "type"}
    if not claims:
        yield "hold clauses, each with a claim beside its type: value, source or by"
    for name, each in claims.items():
        yield from _of_claim(name, each)


def _of_claim(name: str, text: Any) -> Iterator[str]:
    """Neither a time nor conditions can be asked for, nor what no visa has."""
    if name not in _CLAIMS:
        yield "may speak of value, source and by, and of nothing else"
        return
    if not isinstance(text, str) or len(text) > TEXT_LONGEST or not text.isprintable():
        yield f"hold texts of at most {TEXT_LONGEST} printable characters"
        return
    how, colon, what = text.partition(":")
    if not colon or how not in _MATCHES or not what:
        yield "say const:, pattern: or split_pattern: before what a claim has to match"
    elif name == "by" and how == "const" and what not in BY:
        yield f"ask for a `by` that is none of {', '.join(BY)}"

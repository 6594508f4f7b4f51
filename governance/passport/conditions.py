"""Conditions of visas (GA4GH Passport 1.2.1): alternatives of clauses, each met by one other visa."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from governance.caller import Visa
from governance.passport.patterns import matches
from governance.passport.refusal import Refusal, Rule

ALTERNATIVES_MOST = 20
CLAUSES_MOST = 10
TEXT_LONGEST = 1000  # characters

_CLAIMS = ("value", "source", "by")


@dataclass(frozen=True, slots=True)
class Clause:
    """What one visa must be: its type, and for each named claim how and what it must match."""

    type: str
    claims: tuple[tuple[str, str, str], ...]

    def met_by(self, visa: Visa) -> bool:
        """Whether this one visa has all of it."""
        return visa.type == self.type and all(
            _fits(how, what, getattr(visa, name)) for name, how, what in self.claims
        )


Conditions: TypeAlias = tuple[tuple[Clause, ...], ...]
"""Alternatives, of which one has to be met; of its clauses all have to."""


def met(conditions: Conditions, visas: Iterable[Visa]) -> bool:
    """Whether the visas meet the conditions. The visas are valid, one person's, and have none."""
    having = list(visas)
    return any(
        all(any(clause.met_by(visa) for visa in having) for clause in alternative)
        for alternative in conditions
    )


def parse(value: Any) -> Conditions:
    """The conditions of a visa. An empty list asks for nothing; () then.

    Raises:
        Refusal: they cannot be evaluated, whatever other visas there are.
    """
    if not isinstance(value, list) or len(value) > ALTERNATIVES_MOST:
        raise _unevaluable(f"they must be a list of at most {ALTERNATIVES_MOST} alternatives")
    return tuple(_alternative(each) for each in value)


def _alternative(value: Any) -> tuple[Clause, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= CLAUSES_MOST:
        raise _unevaluable(f"each alternative must be a list of 1 to {CLAUSES_MOST} clauses")
    return tuple(_clause(each) for each in value)


def _clause(value: Any) -> Clause:
    if not isinstance(value, dict):
        raise _unevaluable("each clause must be an object")
    if not all(isinstance(each, str) and len(each) <= TEXT_LONGEST for each in value.values()):
        raise _unevaluable(f"the claims of a clause must be strings of at most {TEXT_LONGEST} characters")
    if not value.get("type"):
        raise _unevaluable("each clause must name a type")
    claims = tuple((name, *_match(name, text)) for name, text in value.items() if name != "type")
    if not claims:
        raise _unevaluable("each clause must name a claim beside the type")
    return Clause(value["type"], claims)


def _match(name: str, text: str) -> tuple[str, str]:
    if name not in _CLAIMS:
        raise _unevaluable("a clause may name value, source and by, and nothing else")
    how, colon, what = text.partition(":")
    if not colon:
        raise _unevaluable("each claim must begin with const:, pattern: or split_pattern:")
    return how, what


def _fits(how: str, what: str, found: str | None) -> bool:
    """Whether a claim matches; never where the visa has none, or where the way to match is unknown."""
    if found is None:
        return False
    if how == "const":
        return found == what
    if how == "pattern":
        return matches(what, found)
    return how == "split_pattern" and any(matches(what, each) for each in found.split(";"))


def _unevaluable(why: str) -> Refusal:
    return Refusal(Rule.CONDITIONS, f"its conditions cannot be evaluated: {why}")

"""Conditions of visas (GA4GH Passport 1.2.1): alternatives of clauses, each met by one other visa."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from governance.caller import Visa
from governance.passport.patterns import Pattern
from governance.passport.refusal import Refusal, Rule

ALTERNATIVES_MOST = 20
CLAUSES_MOST = 10
TEXT_LONGEST = 1000  # characters
STEPS_MOST = 1_000_000  # about a quarter of a second

_CLAIMS = ("value", "source", "by")


class TooMuch(Exception):  # noqa: N818 - named for what it is
    """The conditions of a person's visas take longer to evaluate than anybody gets."""


class Steps:
    """How much may be looked at for one person: a character of a claim each, for each clause on it."""

    def __init__(self, most: int = STEPS_MOST) -> None:
        self._left = most

    def take(self, number: int) -> None:
        """Takes so many.

        Raises:
            TooMuch: there are none left.
        """
        self._left -= number
        if self._left < 0:
            raise TooMuch


@dataclass(frozen=True, slots=True)
class Match:
    """A claim that a clause names, how it must match, and what: a pattern where it is one."""

    claim: str
    how: str
    what: str | Pattern

    def fits(self, visa: Visa, steps: Steps) -> bool:
        """Whether the visa's claim matches; never where it has none, or the way to match is unknown.

        Raises:
            TooMuch: there are no steps left.
        """
        found: str | None = getattr(visa, self.claim)
        if found is None:
            return False
        steps.take(1 + len(found))
        if isinstance(self.what, str):
            return self.how == "const" and found == self.what
        parts = [found] if self.how == "pattern" else found.split(";")
        return any(map(self.what.fits, parts))


@dataclass(frozen=True, slots=True)
class Clause:
    """What one visa must be: its type, and what each named claim must match."""

    type: str
    matches: tuple[Match, ...]

    def met_by(self, visa: Visa, steps: Steps) -> bool:
        """Whether this one visa has all of it.

        Raises:
            TooMuch: there are no steps left.
        """
        steps.take(1)
        return visa.type == self.type and all(each.fits(visa, steps) for each in self.matches)


Conditions: TypeAlias = tuple[tuple[Clause, ...], ...]
"""Alternatives, of which one has to be met; of its clauses all have to."""


def met(conditions: Conditions, visas: Iterable[Visa], steps: Steps) -> bool:
    """Whether the visas meet the conditions. The visas are valid, one person's, and have none.

    Raises:
        TooMuch: there are no steps left.
    """
    having = list(visas)
    return any(
        all(any(clause.met_by(visa, steps) for visa in having) for clause in alternative)
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
    matches = tuple(_match(name, text) for name, text in value.items() if name != "type")
    if not matches:
        raise _unevaluable("each clause must name a claim beside the type")
    return Clause(value["type"], matches)


def _match(name: str, text: str) -> Match:
    if name not in _CLAIMS:
        raise _unevaluable("a clause may name value, source and by, and nothing else")
    how, colon, what = text.partition(":")
    if not colon:
        raise _unevaluable("each claim must begin with const:, pattern: or split_pattern:")
    return Match(name, how, Pattern(what) if how in ("pattern", "split_pattern") else what)


def _unevaluable(why: str) -> Refusal:
    return Refusal(Rule.CONDITIONS, f"its conditions cannot be evaluated: {why}")

"""What an answer must honour to be permitted."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The obligations a rule can name, as `@obligation("age-cap:89")`."""

    ROUND = "round"
    """Counts of people are rounded to a multiple of the value."""
    DROP_FIELD = "drop-field"
    """The field of that name is left out of records, however deep it lies."""
    AGE_CAP = "age-cap"
    """Ages over the value, in years, are told as one more than it: 90 stands for 90 and older."""
    DATE_YEAR = "date-year"
    """Of dates that belong to a person only the year is told."""
    ZIP3 = "zip3"
    """Of ZIP codes of the United States the first three digits are told, 000 where few people live."""
    POSTCODE = "postcode"
    """Of postal codes only so many first characters are told."""
    RESIDENCY = "residency"
    """Programs run, and copies are stored, in places of that name only (`eea`, `uk`, `us`, `sg`)."""


@dataclass(frozen=True, slots=True, order=True)
class Obligation:
    """One thing that the answer must honour; whoever cannot honour it must refuse. `value` may be empty."""

    kind: Kind
    value: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}" if self.value else str(self.kind)


_KINDS = {each.value: each for each in Kind}
_NUMBERED = (Kind.ROUND, Kind.AGE_CAP, Kind.POSTCODE)
_NAMED = (Kind.DROP_FIELD, Kind.RESIDENCY)


def parsed(text: str) -> tuple[Obligation, ...]:
    """The obligations of an annotation: one or several, with commas between.

    Raises:
        ValueError: one is not known, or its value is missing or of no use.
    """
    return tuple(_one(each.strip()) for each in text.split(","))


def _one(text: str) -> Obligation:
    name, colon, value = text.partition(":")
    kind = _KINDS.get(name)
    if kind is None:
        raise ValueError(f"no obligation is called {name[:40]!r}: there are {', '.join(_KINDS)}")
    if kind in _NUMBERED and not (value.isascii() and value.isdigit() and int(value) > 0):
        raise ValueError(f"{name} needs a whole number above 0, as in {name}:10")
    if kind in _NAMED and not value:
        example = "eea" if kind is Kind.RESIDENCY else "karyotypicSex"
        raise ValueError(f"{name} needs a name, as in {name}:{example}")
    if kind not in (*_NUMBERED, *_NAMED) and colon:
        raise ValueError(f"{name} takes no value")
    return Obligation(kind, value)

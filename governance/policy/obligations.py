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
    """Ages over the value are told as the value: in years."""
    DATE_YEAR = "date-year"
    """Of dates that belong to a person only the year is told."""
    ZIP3 = "zip3"
    """Of postal codes only the first three characters are told."""
    RESIDENCY = "residency"
    """Bytes are stored, and members asked, in places of that name only (`eea`, `uk`, `us`, `sg`)."""


@dataclass(frozen=True, slots=True, order=True)
class Obligation:
    """One thing that the answer must honour; whoever cannot honour it must refuse. `value` may be empty."""

    kind: Kind
    value: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}" if self.value else str(self.kind)

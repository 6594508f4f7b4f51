"""What a question found, before it is put into words."""

from collections.abc import Sequence
from dataclasses import dataclass

from beacon.domain.asking import Granularity
from governance.datasets import Dataset, Tier
from governance.policy.obligations import Obligation
from variants.domain.allele import AlleleRow
from variants.domain.cases import Cases
from variants.domain.dataset import Release, Sample


@dataclass(frozen=True, slots=True)
class FoundVariant:
    """An allele, and as many of its carriers as the answer has room for."""

    row: AlleleRow
    cases: Cases | None = None


@dataclass(frozen=True, slots=True)
class FoundCollection:
    """A dataset or the cohort of its people. `people` is None where the caller may not count them."""

    id: str
    dataset: Dataset
    given: Tier
    release: Release | None
    people: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What one dataset answers. `count` is None where the caller may not have it, records are of one page.

    `release` is None where nothing is loaded; `note` says why a dataset was not asked. `precision` and
    `adjusted` say how the count was changed to protect people (`countPrecision`, `countAdjustedTo` of Beacon
    2.2); None where it is exact. They stand for the way of answering, so that "none" carries them, too.
    `obligations` are what its records must honour.
    """

    dataset: Dataset
    given: Granularity
    exists: bool
    count: int | None = None
    records: Sequence[Sample | FoundVariant] = ()
    release: Release | None = None
    note: str | None = None
    precision: str | None = None
    adjusted: tuple[str | int, ...] = ()
    obligations: tuple[Obligation, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the datasets answer together; `granularity` is the most that any of them gave."""

    granularity: Granularity
    parts: Sequence[Part] = ()
    notes: Sequence[str] = ()

    @property
    def exists(self) -> bool:
        """True where any dataset has a match."""
        return any(part.exists for part in self.parts)

    @property
    def exact(self) -> bool:
        """True where every dataset with matches said how many."""
        return all(part.count is not None for part in self.parts if part.exists)

    @property
    def precision(self) -> str | None:
        """The least precise way in which any dataset counted; None where all did exactly."""
        ways = {part.precision for part in self.parts} | (set() if self.exact else {"imprecise"})
        return next((way for way in ("imprecise", "rounded") if way in ways), None)

    @property
    def adjusted(self) -> list[str | int]:
        """How counts were changed, each way once."""
        ways = [way for part in self.parts for way in part.adjusted]
        return list(dict.fromkeys(ways if self.exact else [*ways, "at least"]))

    @property
    def total(self) -> int:
        """Matches over all datasets; one for each dataset that only says that there are some."""
        return sum(int(part.exists) if part.count is None else part.count for part in self.parts)


@dataclass(frozen=True, slots=True)
class Collections:
    """The datasets or cohorts that an answer lists, one page of them, and how many there are."""

    granularity: Granularity
    total: int
    items: Sequence[FoundCollection] = ()
    notes: Sequence[str] = ()

"""What one dataset says, as a part of an answer, and the page of records that it may fill."""

from collections.abc import Sequence
from dataclasses import replace

from beacon.domain.asking import Asked, Granularity, Include
from beacon.domain.entries import EntryType
from beacon.domain.found import FoundVariant, Part
from beacon.inquiry import Inquiry
from beacon.protected import ProtectedSearch
from beacon.search import SampleSearch, Search
from governance.disclosure.control import Guard
from governance.policy.decision import Decision
from variants.domain.dataset import Release, Sample


class Window:
    """The page of an answer as it moves over the datasets, and how many carriers it has room for."""

    def __init__(self, asked: Asked, cases: int) -> None:
        wanted = asked.include in (Include.HIT, Include.ALL)
        self._skip = asked.offset
        self._room = asked.limit if wanted else 0
        self.cases = cases

    def next(self, looking: Search | ProtectedSearch, count: int) -> Sequence[Sample | FoundVariant]:
        """The records of the next dataset, which has `count` of them, that lie on the page."""
        offset = self._skip
        self._skip = max(0, self._skip - count)
        if offset >= count or self._room <= 0:
            return ()
        found = looking.page(offset, self._room)
        self._room -= len(found)
        return found


def protected_part(
    inquiry: Inquiry, decision: Decision, release: Release, looking: ProtectedSearch, window: Window
) -> Part:
    """What a dataset says whose people are protected: of people, at most how many."""
    given = inquiry.given(decision)
    if given is Granularity.RECORD and inquiry.route.entry is not EntryType.VARIANT:
        given = Granularity.COUNT
    if given is Granularity.BOOLEAN:
        return Part(decision.dataset, given, looking.exists(), release=release)
    number = looking.number()
    exists = looking.exists() if number.value is None else number.value > 0
    records = window.next(looking, number.value or 0) if given is Granularity.RECORD else ()
    return Part(
        decision.dataset,
        given,
        exists,
        number.value,
        records,
        release,
        precision=number.precision,
        adjusted=number.adjusted,
    )


def rounded_part(part: Part, looking: SampleSearch, guard: Guard) -> Part:
    """The part of a dataset that may tell everything, but a rounded number of people."""
    told = guard.rounded(part.count or 0, looking.people())
    return replace(part, count=told.value, precision="rounded", adjusted=(told.step,))


def silent(inquiry: Inquiry, decision: Decision, note: str | None) -> Part:
    """The part of a dataset that was not asked; `note` says why."""
    given = inquiry.given(decision)
    count = None if given is Granularity.BOOLEAN else 0
    return Part(decision.dataset, given, exists=False, count=count, note=note)

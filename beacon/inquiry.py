"""Somebody's question to a path, and what policy is asked about it."""

from dataclasses import dataclass
from typing import Any

from beacon.domain.asking import Asked, Granularity
from beacon.domain.entries import EntryType, Route
from beacon.domain.identifiers import dataset_of_cohort
from governance.caller import Caller
from governance.datasets import Tier
from governance.policy.actions import Action
from governance.policy.decision import Decision

_GRANULARITY = {
    Tier.BOOLEAN: Granularity.BOOLEAN,
    Tier.COUNT: Granularity.COUNT,
    Tier.RECORD: Granularity.RECORD,
}
_TIER = {granularity: tier for tier, granularity in _GRANULARITY.items()}
_ACTION = {
    Granularity.BOOLEAN: Action.BEACON_BOOLEAN,
    Granularity.COUNT: Action.BEACON_COUNT,
    Granularity.RECORD: Action.BEACON_RECORD,
}
ORDER = tuple(_GRANULARITY.values())
"""Granularities, each telling more than the one before."""

_SOMEBODY = (EntryType.INDIVIDUAL, EntryType.BIOSAMPLE, EntryType.RUN, EntryType.ANALYSIS)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Somebody's question to a path. `identifier` is that of the path, where it has one."""

    caller: Caller
    route: Route
    identifier: str | None
    asked: Asked

    @property
    def collection(self) -> str | None:
        """The id of the dataset that the path is about."""
        holder = self.route.entry if self.route.single else self.route.within
        if self.identifier is None or holder is None or not holder.collection:
            return None
        return self.identifier if holder is EntryType.DATASET else dataset_of_cohort(self.identifier) or ""

    @property
    def names_somebody(self) -> bool:
        """True where the path names a person, or what was taken from or made for one."""
        holder = self.route.entry if self.route.single else self.route.within
        return holder in _SOMEBODY

    @property
    def action(self) -> Action:
        """What policy is asked for: whether a named person is here is a record, however little is asked."""
        return Action.BEACON_RECORD if self.names_somebody else _ACTION[self.asked.granularity]

    @property
    def recorded(self) -> dict[str, Any]:
        """What was asked, as the audit trail keeps it: what was not said is left out."""
        asked = self.asked
        said = {
            "operation": self.route.operation,
            "id": self.identifier,
            "parameters": dict(asked.parameters),
            "filters": [each.whole for each in asked.filters],
            "datasets": asked.datasets,
            "granularity": asked.granularity,
            "include": asked.include,
            "skip": asked.skip,
            "limit": asked.limit,
            "test": asked.test,
        }
        return {name: value for name, value in said.items() if value}

    def given(self, decision: Decision) -> Granularity:
        """How much is told of a dataset: what was asked, as far as policy goes."""
        return _GRANULARITY[min(decision.given, _TIER[self.asked.granularity])]

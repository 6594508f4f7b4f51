"""May they: the one question every service asks before it reads data."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from governance.caller import Caller
from governance.datasets import Dataset, Tier


class Action(Enum):
    """What somebody wants to do, in the words of a site's policy, and the tier that covers it."""

    BEACON_BOOLEAN = ("beacon:boolean", Tier.BOOLEAN)
    BEACON_COUNT = ("beacon:count", Tier.COUNT)
    BEACON_RECORD = ("beacon:record", Tier.RECORD)

    def __init__(self, term: str, tier: Tier) -> None:
        self.term = term
        self.tier = tier


@dataclass(frozen=True, slots=True)
class Decision:
    """What policy said of one dataset: the most this caller may have of what was asked, by which rule."""

    dataset: Dataset
    asked: Action
    given: Tier
    rule: str

    @property
    def permits(self) -> bool:
        """True where the caller gets anything at all."""
        return self.given > Tier.NONE


def decide(_caller: Caller, action: Action, datasets: Iterable[Dataset]) -> list[Decision]:
    """One decision for each dataset, in order: never more than was asked, never more than the dataset gives.

    Until visas are verified every caller has what an anonymous one has.
    """
    return [
        Decision(each, action, min(action.tier, each.anonymous), f"anonymous: {each.anonymous.name.lower()}")
        for each in datasets
    ]

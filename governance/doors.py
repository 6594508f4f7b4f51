"""Doors: what would open a dataset to a caller, by the register. Rules of the site may want more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from governance.caller import Caller
from governance.datasets import Circle, Dataset, Tier
from governance.policy.actions import Action
from governance.policy.entities import GRANTORS, REGISTERED_ACCESS

Issuers = Callable[[str], Sequence[str]]
"""The issuers that this site trusts with visas of a type."""

GRANTS = "ControlledAccessGrants"
REGISTERED = ("AcceptedTermsAndPolicies", "ResearcherStatus")
SHOWN = 3  # doors, and visas that do not count, that one message explains


@dataclass(frozen=True, slots=True)
class Way:
    """One way in: a visa of each of these types, with one of the values, of one of the sources if any.

    `gives` names the tier; empty where there are none, as of whole files.
    """

    types: tuple[str, ...]
    values: tuple[str, ...]
    sources: tuple[str, ...] = ()
    gives: str = ""

    def words(self) -> str:
        """The way in a sentence."""
        gives = f" (gives {self.gives})" if self.gives else ""
        if self.types == REGISTERED:
            return f"GA4GH Registered Access{gives}"
        by = f" from {' or '.join(self.sources)}" if self.sources else ""
        return f"a {self.types[0]} visa for {' or '.join(self.values)}{by}{gives}"

    def told(self, issuers: Issuers) -> list[dict[str, Any]]:
        """The visas of this way, all of which are needed, for programs."""
        return [
            {
                "type": each,
                "values": list(self.values),
                **({"sources": list(self.sources)} if self.sources else {}),
                **({"by": list(GRANTORS)} if each == GRANTS else {}),
                "issuers": list(issuers(each)),
            }
            for each in self.types
        ]


def ways(dataset: Dataset, action: Action) -> list[Way]:
    """The ways to have that of the dataset, for who has not."""
    if action in _CIRCLES:
        circle = _CIRCLES[action](dataset)
        registered, granted, gives = circle >= Circle.REGISTERED, circle >= Circle.CONTROLLED, ("", "")
    else:
        registered, granted = dataset.registered > Tier.NONE, dataset.controlled > Tier.NONE
        gives = (dataset.registered.name.lower(), dataset.controlled.name.lower())
    found = [Way(REGISTERED, (REGISTERED_ACCESS,), gives=gives[0])] if registered else []
    if granted and dataset.grants:
        found.append(Way((GRANTS,), dataset.grants, dataset.sources, gives[1]))
    return found


def closed(dataset: Dataset, action: Action) -> str:
    """That the dataset is not open to the caller, and what it wants."""
    wanted = " or ".join(each.words() for each in ways(dataset, action)) or "what this site's rules say"
    return f"Dataset {dataset.id} is not open to you: it wants {wanted}."


def turned(caller: Caller) -> str:
    """Which of the caller's visas do not count, and why; empty where all do."""
    said = [f"{each.digest[:12]} ({each.rule}): {each.reason}" for each in caller.turned[:SHOWN]]
    return f" Of your visas, {len(caller.turned)} do not count: {'; '.join(said)}." if said else ""


_CIRCLES: dict[Action, Callable[[Dataset], Circle]] = {
    Action.DRS_DESCRIBE: lambda dataset: max(dataset.download, dataset.compute),
    Action.DRS_ACCESS: lambda dataset: dataset.download,
    Action.DRS_STREAM: lambda dataset: dataset.download,
    Action.WES_RUN: lambda dataset: dataset.compute,
}

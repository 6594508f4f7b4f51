"""May they: the one question every service asks before it reads data."""

from collections.abc import Iterable

from governance.caller import Caller
from governance.datasets import Dataset, Tier
from governance.policy.actions import Action
from governance.policy.decision import Decision


def decide(_caller: Caller, action: Action, datasets: Iterable[Dataset]) -> list[Decision]:
    """One decision for each dataset, in order: what an anonymous caller has. Goes when `Policy` stands."""
    asked = action.tier or Tier.NONE
    return [
        Decision(
            each,
            action,
            min(asked, each.anonymous),
            f"anonymous: {each.anonymous.name.lower()}",
            outcome="permit" if min(asked, each.anonymous) else "deny",
        )
        for each in datasets
    ]

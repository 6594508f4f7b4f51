"""What policy said."""

from dataclasses import dataclass
from typing import Literal

from governance.datasets import Dataset, Tier
from governance.policy.actions import Action
from governance.policy.obligations import Obligation

Outcome = Literal["permit", "deny", "refer"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What policy said of one dataset: the most this caller may have of what was asked, by which rule.

    `rule` names the deciding rule (`site.cedar#open-count`). `given` is NONE where nothing is permitted, and
    for actions that have no tier. `exempt` says that disclosure control does not apply: open data, and grants
    at record level. `refer` means that a person has to decide, and gives nothing until then. Nothing of this
    holds after `expires` (seconds since 1970; None where nothing of it ends).
    """

    dataset: Dataset
    asked: Action
    given: Tier
    rule: str
    obligations: tuple[Obligation, ...] = ()
    exempt: bool = False
    expires: float | None = None
    outcome: Outcome = "permit"

    @property
    def permits(self) -> bool:
        """True where the caller gets anything at all."""
        return self.outcome == "permit"

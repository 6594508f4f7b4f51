"""What policy said."""

from collections.abc import Iterable
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
    at record level. `vouched` says that somebody answers for this caller: they have Registered Access, or
    more of the dataset than an account that anybody can make. `refer` means that a person has to decide, and
    gives nothing until then. Nothing of this holds after `expires` (seconds since 1970; None where nothing of
    it ends).
    """

    dataset: Dataset
    asked: Action
    given: Tier
    rule: str
    obligations: tuple[Obligation, ...] = ()
    exempt: bool = False
    expires: float | None = None
    outcome: Outcome = "permit"
    vouched: bool = False

    @property
    def permits(self) -> bool:
        """True where the caller gets anything at all."""
        return self.outcome == "permit"


class Decided(list[Decision]):
    """The decisions of one call, in order. `version` names the rules that all of them were taken by."""

    def __init__(self, decisions: Iterable[Decision], version: str) -> None:
        super().__init__(decisions)
        self.version = version


@dataclass(frozen=True, slots=True)
class SiteDecision:
    """What policy said of an action on the site itself: see `Decision`. `version` names the rules."""

    asked: Action
    outcome: Outcome
    rule: str
    obligations: tuple[Obligation, ...] = ()
    expires: float | None = None
    version: str = ""

    @property
    def permits(self) -> bool:
        """True where the caller may."""
        return self.outcome == "permit"

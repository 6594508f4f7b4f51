"""Refusals that say what would open the door: to people, to programs and to the log."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from drs.errors import AccessRefused, AccessWanted
from governance import doors
from governance.caller import Caller
from governance.datasets import Circle, Dataset
from governance.gate import NOT_HONOURED
from governance.passport.trust import Trust
from governance.policy.actions import Action
from governance.policy.decision import Decision
from serving.reasons import Reason

log = logging.getLogger("insitu.drs")

Apply = Callable[[str], str | None]
"""Where access to the dataset of that id can be applied for, if anywhere."""


class Denials:
    """Explains refusals by the register of datasets and by whom the site believes."""

    def __init__(self, trust: Callable[[], Trust], apply: Apply) -> None:
        self._trust = trust
        self._apply = apply

    def of(self, decision: Decision, caller: Caller) -> Reason:
        """Why a dataset that is no secret gives this caller nothing of what was asked."""
        dataset, action = decision.dataset, decision.asked
        log.info(
            "dataset=%s action=%s refused by %s; visas that count: %d, that do not: %s",
            dataset.id, action.term, decision.rule, len(caller.visas),
            ", ".join(f"{each.digest[:12]} ({each.rule})" for each in caller.turned[:20]) or "none",
        )  # fmt: skip
        said = self._sentence(decision)
        where = self._applied(dataset) if doors.ways(dataset, action) else None
        said += f" Apply at {where}." if where else ""
        details = {"insitu": self.told(dataset, action, caller)}
        if caller.anonymous:
            return AccessWanted(f"{said} Send credentials.", details)
        return AccessRefused(said + doors.turned(caller), details)

    def told(self, dataset: Dataset, action: Action, caller: Caller) -> dict[str, Any]:
        """What opens a dataset, and which of the caller's visas do not count, for programs."""
        where = self._applied(dataset) if doors.ways(dataset, action) else None
        turned = [{"digest": each.digest, "rule": each.rule, "reason": each.reason} for each in caller.turned]
        return {
            "dataset": dataset.id,
            "opens": [each.told(self.visa_issuers) for each in doors.ways(dataset, action)],
            **({"apply": where} if where else {}),
            **({"turned": turned[:100]} if turned else {}),
        }

    def authorizations(self, dataset: Dataset, action: Action) -> dict[str, Any]:
        """DRS's Authorizations of a dataset's objects, but for the object's id."""
        types = sorted({kind for way in doors.ways(dataset, action) for kind in way.types})
        issuers = sorted({each for kind in types for each in self.visa_issuers(kind)})
        bearers = [each.issuer for each in self._trust().broker]
        supported = ["None"] if _open(dataset, action) else []
        supported += ["BearerAuth"] if bearers else []
        supported += ["PassportAuth"] if bearers and issuers else []
        return {
            "supported_types": supported,
            **({"passport_auth_issuers": issuers} if "PassportAuth" in supported else {}),
            **({"bearer_auth_issuers": bearers} if bearers else {}),
        }

    def visa_issuers(self, kind: str) -> Sequence[str]:
        """The issuers that this site believes visas of a type."""
        return [each.issuer for each in self._trust().visa_issuer if each.types is None or kind in each.types]

    def _sentence(self, decision: Decision) -> str:
        dataset = decision.dataset
        if decision.rule == NOT_HONOURED:
            asked = ", ".join(map(str, decision.obligations))
            return (
                f"The rules about dataset {dataset.id} give its files only under {asked}, and this site "
                "cannot promise that of you: ask its custodian."
            )
        if decision.asked in _LEAVING and dataset.download is Circle.NONE and dataset.compute > Circle.NONE:
            return f"The files of dataset {dataset.id} stay at this site: programs may be sent to them only."
        said = doors.closed(dataset, decision.asked)
        if decision.outcome == "refer":
            return f"{said} Its terms of use leave other uses to a person ({decision.rule})."
        return said

    def _applied(self, dataset: Dataset) -> str | None:
        return self._apply(dataset.id) if dataset.grants else None


_LEAVING = (Action.DRS_ACCESS, Action.DRS_STREAM)


def _open(dataset: Dataset, action: Action) -> bool:
    circle = dataset.download if action is not Action.DRS_DESCRIBE else max(dataset.download, dataset.compute)
    return circle is Circle.ANONYMOUS

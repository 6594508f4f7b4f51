"""Going on after rows were lost, openly: a backup that was put back holds less than had been written."""

from dataclasses import dataclass
from typing import Any

from governance.audit.acts import operator
from governance.audit.chain import Head
from governance.audit.checking import verify_trail
from governance.audit.entries import Act, moment
from governance.audit.errors import CannotResume, HeadUnreadable
from governance.audit.report import Finding, Report
from governance.audit.trail import Trail
from governance.audit.witness import told

_WITH = ("unsigned", "lost")  # what is found where rows are lost at the end
_TOLD = 20  # findings that the record names one by one


@dataclass(frozen=True, slots=True)
class Looked:
    """What was written (`known`, None where nobody can tell), what the database ends with, what is wrong."""

    known: Head | None
    found: Head
    report: Report

    @property
    def lost(self) -> bool:
        """True where rows are missing at the end, and the database was not left to promise them."""
        found = any(self._at_end(each) or each.what == "lost" for each in self.report.findings)
        return found and self.report.promised <= self.report.last

    @property
    def others(self) -> list[Finding]:
        """What is wrong beside a missing end, and checkpoints that were lost with it."""
        findings = [each for each in self.report.findings if each.what != "unsealed"]
        if not self.lost:
            return findings
        return [each for each in findings if not self._at_end(each) and each.what not in _WITH]

    @property
    def unsealed(self) -> Finding | None:
        """Rows of before there were seals, at the end, which nothing vouches for; None for none."""
        return next((each for each in self.report.findings if each.what == "unsealed"), None)

    def _at_end(self, finding: Finding) -> bool:
        return finding.what == "missing" and finding.first > self.report.last


def look(trail: Trail) -> Looked:
    """The trail as it is, verified."""
    report = verify_trail(trail)
    try:
        known = trail.head_file.read()
    except HeadUnreadable:
        known = None
    return Looked(known, Head(report.last, report.hash), report)


def refusal(looked: Looked, *, tampering: bool) -> str | None:
    """Why the trail is not gone on with; None where it may be. `tampering`: it is accepted as it is."""
    if looked.report.whole:
        return "nothing is missing: the database holds all that was written"
    if looked.others and not tampering:
        return (
            f"more is wrong than a missing end ({looked.others[0]}): that is evidence. Keep an export and a "
            "copy of the database, find out what happened, and accept it with --accept-tampering"
        )
    if not looked.lost and looked.unsealed is None and not tampering:
        return "no row is missing at the end"
    return None


def resume(trail: Trail, looked: Looked, reason: str, *, tampering: bool = False) -> Head:
    """The new end of the chain: a row that says what is missing, why, and who accepted that.

    Raises:
        CannotResume: it may not be gone on with as it is.
        TrailBroken: rows have come since it was looked at.
    """
    if why := refusal(looked, tampering=tampering):
        raise CannotResume(why)
    accepted = _accepted(looked, reason) if looked.others else None
    unsealed = looked.unsealed
    details = {
        "reason": reason,
        "written": None if looked.known is None else _named(looked.known),
        "found": _named(looked.found),
        "witness": None if (witness := told(trail.folder)) is None else _named(witness),
        "unsealed": None if unsealed is None else {"first": unsealed.first, "last": unsealed.last},
        "accepted": accepted,
    }
    act = Act(moment(trail.clock()), "audit.resumed", operator(), "done", details=details)
    return trail.resume(act, looked.found, accepted, unsealed=unsealed is not None)


def _accepted(looked: Looked, reason: str) -> dict[str, Any]:
    return {
        "reason": reason,
        "by": operator(),
        "findings": [str(each) for each in looked.others[:_TOLD]],
        "more": max(0, len(looked.others) - _TOLD) + looked.report.more,
    }


def _named(head: Head) -> dict[str, Any]:
    return {"sequence": head.sequence, "hash": head.hash.hex()}

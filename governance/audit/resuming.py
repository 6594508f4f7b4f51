"""Going on after rows were lost, openly: a backup that was put back holds less than had been written."""

from dataclasses import dataclass

from governance.audit.acts import operator
from governance.audit.chain import Head
from governance.audit.entries import Act, moment
from governance.audit.trail import Trail


@dataclass(frozen=True, slots=True)
class Lost:
    """What was written (`known`) and what the database ends with (`found`)."""

    known: Head
    found: Head


def missing(trail: Trail) -> Lost | None:
    """What the database does not hold of what was written here; None where it holds all of it."""
    known, end = trail.standing()
    return None if end is None else Lost(known, end)


def resume(trail: Trail, lost: Lost, reason: str) -> Head:
    """The new end of the chain: a row that says what is missing, why, and who accepted that."""
    details = {
        "reason": reason,
        "written": {"sequence": lost.known.sequence, "hash": lost.known.hash.hex()},
        "found": {"sequence": lost.found.sequence, "hash": lost.found.hash.hex()},
    }
    return trail.resume(Act(moment(trail.clock()), "audit.resumed", operator(), "done", details=details))

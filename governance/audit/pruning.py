"""Taking old rows out of the trail: whole signed stretches, with a signed record of what went."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from governance.audit.acts import acting, operator
from governance.audit.appending import CHECKPOINT_LOCK
from governance.audit.chain import written
from governance.audit.checkpoints import PRUNED
from governance.audit.entries import moment
from governance.audit.errors import CannotPrune
from governance.audit.pinned import Outside
from governance.audit.reading import Wanted, last_row, newest, stored
from governance.audit.trail import Trail
from governance.audit.verification import verify

# The last checkpoint before the first row that is young enough to stay; the last row always stays.
_UPTO = """
SELECT max(c.sequence) FROM governance.audit_checkpoint c
WHERE c.sequence < coalesce((SELECT min(sequence) FROM governance.audit WHERE at >= :before),
                            (SELECT max(sequence) FROM governance.audit))
"""
_GONE = "SELECT coalesce(max(upto), 0) FROM governance.audit_pruned"
_HASH = "SELECT hash FROM governance.audit WHERE sequence = :upto"
_RECORD = "INSERT INTO governance.audit_pruned (upto, token) VALUES (:upto, :token)"
_DELETE = "DELETE FROM governance.audit WHERE sequence <= :upto"


@dataclass(frozen=True, slots=True)
class Pruned:
    """The rows that went."""

    first: int
    upto: int


def prune(trail: Trail, before: datetime) -> Pruned:
    """Takes out the rows up to the last checkpoint before which all rows are older than `before`.

    Raises:
        CannotPrune: no whole signed stretch is that old, or what would go is not whole: then it is evidence.
        CannotRecord: the trail itself could not record it; nothing is pruned.
    """
    planned = _planned(trail, before)
    writers = _whole(trail, planned)
    details = {"first": planned.first, "upto": planned.upto, "before": written(before)}
    with acting(trail, "audit.pruned", details=details), trail.database.unit_of_work() as work:
        work.connection.execute(text(f"SELECT pg_advisory_xact_lock({CHECKPOINT_LOCK})"))
        if work.connection.execute(text(_GONE)).scalar_one() >= planned.first:
            raise CannotPrune("somebody else has pruned meanwhile: look at `insitu audit verify`")
        token = trail.key.sign(PRUNED, _claims(trail, work.connection, planned, before, writers))
        work.connection.execute(text(_RECORD), {"upto": planned.upto, "token": token})
        work.connection.execute(text(_DELETE), {"upto": planned.upto})
        work.commit()
    if _forget_unused(trail):
        trail.names.overwrite()
    return planned


def _forget_unused(trail: Trail) -> int:
    """Destroys the keys that no row needs any more; the site goes on recording meanwhile.

    Accounts are listed first, so that who asks for the first time from now on is none of them; of those who
    ask again, the rows tell that have come since.
    """
    unused = trail.names.listed()
    seen = last_row(trail.database)
    for each in _named(trail, upto=seen):
        unused.pop(each, None)
    return trail.names.drop_unused(unused, lambda: _named(trail, after=seen)) if unused else 0


def _named(trail: Trail, *, after: int = 0, upto: int | None = None) -> set[str]:
    """The pseudonyms that stand in rows."""
    rows = newest(trail.database, Wanted(), None, upto, after)
    found = {each.get(name) for each in rows for name in ("subject", "person")}
    return {str(each) for each in found if each is not None}


def _planned(trail: Trail, before: datetime) -> Pruned:
    with trail.database.unit_of_work() as work:
        upto = work.connection.execute(text(_UPTO), {"before": before}).scalar_one()
        gone = work.connection.execute(text(_GONE)).scalar_one()
    if upto is None or upto <= gone:
        raise CannotPrune(
            f"no whole signed stretch of the trail is older than {written(before)}: name a later date, or "
            "wait for the next checkpoint"
        )
    return Pruned(gone + 1, upto)


def _whole(trail: Trail, planned: Pruned) -> dict[str, int]:
    """How many rows each writer had sealed by then, so that none can be put back afterwards."""
    with stored(trail.database, planned.upto) as found:
        checkpoints = [each for each in found.checkpoints if (each.sequence or 0) <= planned.upto]
        outside = Outside(secret=trail.keys.sealing())
        report = verify(found.rows, checkpoints, found.prunings, outside, trail.keys.public())
    if not report.whole or report.signed < planned.upto:
        raise CannotPrune(
            f"rows {planned.first} to {planned.upto} are not whole and stay: see `insitu audit verify`"
        )
    return report.writers


def _claims(
    trail: Trail, connection: Connection, planned: Pruned, before: datetime, writers: dict[str, int]
) -> dict[str, Any]:
    last = connection.execute(text(_HASH), {"upto": planned.upto}).scalar_one()
    return {
        "first": planned.first,
        "upto": planned.upto,
        "hash": bytes(last).hex(),
        "writers": writers,
        "before": written(before),
        "at": written(moment(trail.clock())),
        "by": operator(),
    }

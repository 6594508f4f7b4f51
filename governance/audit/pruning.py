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
from governance.audit.reading import stored
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
    _whole(trail, planned)
    details = {"first": planned.first, "upto": planned.upto, "before": written(before)}
    with acting(trail, "audit.pruned", details=details), trail.database.unit_of_work() as work:
        work.connection.execute(text(f"SELECT pg_advisory_xact_lock({CHECKPOINT_LOCK})"))
        if work.connection.execute(text(_GONE)).scalar_one() >= planned.first:
            raise CannotPrune("somebody else has pruned meanwhile: look at `insitu audit verify`")
        token = trail.key.sign(PRUNED, _claims(trail, work.connection, planned, before))
        work.connection.execute(text(_RECORD), {"upto": planned.upto, "token": token})
        work.connection.execute(text(_DELETE), {"upto": planned.upto})
        work.commit()
    return planned


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


def _whole(trail: Trail, planned: Pruned) -> None:
    keys = {trail.key.kid: trail.key.public}
    with stored(trail.database, planned.upto) as found:
        report = verify(found.rows, found.checkpoints, found.prunings, None, keys)
    if not report.whole or report.signed < planned.upto:
        raise CannotPrune(
            f"rows {planned.first} to {planned.upto} are not whole and stay: see `insitu audit verify`"
        )


def _claims(trail: Trail, connection: Connection, planned: Pruned, before: datetime) -> dict[str, Any]:
    last = connection.execute(text(_HASH), {"upto": planned.upto}).scalar_one()
    return {
        "first": planned.first,
        "upto": planned.upto,
        "hash": bytes(last).hex(),
        "before": written(before),
        "at": written(moment(trail.clock())),
        "by": operator(),
    }

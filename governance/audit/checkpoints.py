"""Signed statements of how far the trail was, and with which hash: what a rewritten chain cannot imitate."""

import hashlib
from typing import Any

from sqlalchemy import text

from database.engine import Database
from governance.audit.appending import CHECKPOINT_LOCK
from governance.audit.chain import Head, written
from governance.audit.entries import moment
from governance.keys.site import SiteKey

CHECKPOINT = "insitu-audit-checkpoint+jwt"
PRUNED = "insitu-audit-pruned+jwt"
HEAD = "insitu-audit-head+jwt"

_LAST = "SELECT number, sequence, token FROM governance.audit_checkpoint ORDER BY number DESC LIMIT 1"
_ALL = "SELECT token FROM governance.audit_checkpoint WHERE sequence <= %s ORDER BY number"
_PRUNINGS = "SELECT token FROM governance.audit_pruned WHERE upto <= %s ORDER BY upto"


def make(database: Database, key: SiteKey, head: Head, now: float) -> str | None:
    """The token of a new checkpoint at the head; None where one of this row or a later one is there.

    Each holds the digest of the one before, so that none can be taken out.
    """
    with database.unit_of_work() as work:
        work.connection.execute(text(f"SELECT pg_advisory_xact_lock({CHECKPOINT_LOCK})"))
        last = work.connection.execute(text(_LAST)).one_or_none()
        if last is not None and last.sequence >= head.sequence:
            return None
        number = 1 if last is None else last.number + 1
        claims = {
            "number": number,
            "sequence": head.sequence,
            "hash": head.hash.hex(),
            "at": written(moment(now)),
            "previous": None if last is None else digest(last.token),
        }
        token = key.sign(CHECKPOINT, claims)
        work.connection.execute(
            text(
                "INSERT INTO governance.audit_checkpoint (number, sequence, token) "
                "VALUES (:number, :sequence, :token)"
            ),
            {"number": number, "sequence": head.sequence, "token": token},
        )
        work.commit()
    return token


def digest(token: str) -> str:
    """What the next checkpoint calls a token by."""
    return hashlib.sha256(token.encode()).hexdigest()


def last(database: Database) -> int:
    """The row of the last checkpoint; 0 where there is none."""
    with database.reading() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(sequence), 0) FROM governance.audit_checkpoint")
        row = cursor.fetchone()
    return 0 if row is None else int(row[0])


def tokens(connection: Any, upto: int) -> tuple[list[str], list[str]]:
    """The checkpoints and the records of pruning of rows up to `upto`, oldest first."""
    return _column(connection, _ALL, upto), _column(connection, _PRUNINGS, upto)


def _column(connection: Any, query: str, upto: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(query, (upto,))
        return [row[0] for row in cursor]

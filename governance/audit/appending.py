"""The one place that adds rows: under a lock that all processes of a site take in turn."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg2

from database.engine import Database
from database.pool import Connection, ended
from governance.audit.chain import GENESIS, Body, Head, Row, chained
from governance.audit.errors import TrailBroken

LOCK = 0x696E_7361_7564  # the number of the lock on the end of the chain
CHECKPOINT_LOCK = LOCK + 1
SEALS_LOCK = LOCK + 2

# Nobody holds the end of the chain for long: a process that was stopped in the middle is thrown out.
# Statements are prepared, for planning them each time takes longer than running them.
_SET_UP = f"""
SET synchronous_commit = on; SET lock_timeout = '10s'; SET statement_timeout = '30s';
SET idle_in_transaction_session_timeout = '20s';
SET default_transaction_isolation = 'read committed'; SET default_transaction_read_only = off;
PREPARE insitu_audit_lock AS SELECT pg_advisory_xact_lock({LOCK});
PREPARE insitu_audit_end (bigint) AS
    SELECT tail.sequence, tail.hash, (SELECT hash FROM governance.audit WHERE sequence = $1),
        (SELECT max(upto) FROM governance.audit_pruned), (SELECT number FROM governance.audit_forgotten)
    FROM (VALUES (1)) one LEFT JOIN LATERAL
        (SELECT sequence, hash FROM governance.audit ORDER BY sequence DESC LIMIT 1) tail ON true;
PREPARE insitu_audit_append (bigint, bytea, bigint, timestamptz[], text[], text[]) AS
    SELECT first, before, last FROM governance.audit_append($1, $2, $3, $4, $5, $6);
PREPARE insitu_audit_add (bigint[], timestamptz[], text[], text[], bytea[], bytea[]) AS
    INSERT INTO governance.audit (sequence, at, kind, body, previous, hash)
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6);
"""
# Each statement sees what was committed before it, so the last one sees all rows of who had the lock before.
_BEGIN = (
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; EXECUTE insitu_audit_lock; "
    "EXECUTE insitu_audit_end (%s)"
)
_COMMIT = "EXECUTE insitu_audit_add (%s, %s::timestamptz[], %s, %s, %s, %s); COMMIT"
_APPEND = "EXECUTE insitu_audit_append (%s, %s, %s, %s::timestamptz[], %s, %s)"
_FIELDS = ("sequence", "at", "kind", "body", "previous", "hash")


@dataclass(frozen=True, slots=True)
class End:
    """Where the chain ends in the database, found under the lock.

    `known` is the hash of the row asked for, None where it is not there; `pruned` the last row that was
    pruned, 0 where none was; `forgotten` moves whenever a subject is forgotten.
    """

    head: Head
    known: bytes | None
    pruned: int
    forgotten: int


_OTHER_HASH = (
    "the database hashes the rows of the audit trail otherwise than Insitu does: somebody has changed its "
    "function governance.audit_append; `insitu audit verify` says what is wrong"
)

Bodies = Callable[[End], Sequence[Body]]


class Appender:
    """Adds rows through a connection of its own. One call at a time; safe between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None
        self._lock = threading.Lock()

    def extend(self, known: Head, forgotten: int, bodies: Sequence[Body]) -> Head | None:
        """The new end of the chain, on disk, after these bodies: the quick way, of one round trip.

        None, and nothing is written, where row `known` is not there as it was, or where others are
        `forgotten` than when the bodies became text: `append` finds out what is the matter.

        Raises:
            TrailBroken: the database made other hashes of the bodies than it should have.
        """
        with self._lock:
            try:
                found = self._extended(known, forgotten, bodies)
            except BaseException:
                self._drop()
                raise
        if found is None:
            return None
        first, before, last = found
        *_, row = chained(Head(first - 1, before), bodies)
        if row.hash != last:
            raise TrailBroken(_OTHER_HASH)
        return Head(row.sequence, row.hash)

    def append(self, known: int, bodies: Bodies, within: Callable[[Any], None] | None = None) -> Head:
        """The new end of the chain, on disk, after what `bodies` gives when it is shown the old one.

        `bodies` may raise: nothing is written then. No body, no row: a look under the lock. `within` gets a
        cursor for what is to be committed together with the rows.
        """
        with self._lock:
            try:
                end = self._begun(known)
                rows = list(chained(end.head, bodies(end)))
                if within is not None:
                    self._do(within)
                self._end(rows)
            except BaseException:
                self._drop()  # whatever the transaction was in the middle of ends with its connection
                raise
        return Head(rows[-1].sequence, rows[-1].hash) if rows else end.head

    def close(self) -> None:
        """Closes the connection; the next call opens another."""
        with self._lock:
            self._drop()

    def _extended(
        self, known: Head, forgotten: int, bodies: Sequence[Body]
    ) -> tuple[int, bytes, bytes] | None:
        """Number of the first row, and the hashes before it and of the last; None where nothing was added."""
        if self._connection is None or ended(self._connection):
            self._drop()
            self._connection = self._open()
        columns = zip(*((each.at, each.kind, each.text) for each in bodies), strict=True)
        with self._connection.cursor() as cursor:
            cursor.execute(_APPEND, (known.sequence, known.hash, forgotten, *map(list, columns)))
            [(first, before, last)] = cursor.fetchall()
        return None if first is None else (first, bytes(before), bytes(last))

    def _begun(self, known: int) -> End:
        if self._connection is not None:
            try:
                return _begin(self._connection, known)
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                if not self._connection.closed:
                    raise
                self._drop()  # the server has ended it while it was idle
        self._connection = self._open()
        return _begin(self._connection, known)

    def _open(self) -> Connection:
        lent = self._database.engine.raw_connection()
        connection: Any = lent.driver_connection
        lent.detach()  # ours from now on: the pool is for units of work
        connection.rollback()
        connection.autocommit = True  # we say BEGIN and COMMIT ourselves, together with other statements
        with connection.cursor() as cursor:
            cursor.execute(_SET_UP)
        opened: Connection = connection
        return opened

    def _do(self, within: Callable[[Any], None]) -> None:
        assert self._connection is not None  # noqa: S101  (for mypy)
        with self._connection.cursor() as cursor:
            within(cursor)

    def _end(self, rows: Sequence[Row]) -> None:
        assert self._connection is not None  # noqa: S101  (for mypy)
        columns = [[getattr(row, name) for row in rows] for name in _FIELDS]
        with self._connection.cursor() as cursor:
            if rows:
                cursor.execute(_COMMIT, columns)
            else:
                cursor.execute("ROLLBACK")

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _begin(connection: Connection, known: int) -> End:
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, (known,))
        row = cursor.fetchone()
    assert row is not None  # noqa: S101  (a LEFT JOIN of one row)
    sequence, last, found, pruned, forgotten = row
    head = Head() if sequence is None else Head(sequence, bytes(last))
    if known == 0:
        found = GENESIS
    return End(head, None if found is None else bytes(found), pruned or 0, forgotten)

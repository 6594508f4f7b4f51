"""The trail's rows, read in a stream: for people, for exports, for verification."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from database.engine import Database
from governance.audit import checkpoints
from governance.audit.chain import Row
from governance.audit.checkpoints import Token

log = logging.getLogger("insitu.trail")

_AT_ONCE = 2000  # rows fetched together: what bounds the memory
_FOREVER = 2**63 - 1
# A time that Python cannot hold is none that Insitu has written.
_COLUMNS = (
    "sequence, body, previous, hash, CASE WHEN at > '0002-01-01' AND at < '9999-01-01' THEN at "
    "ELSE timestamptz '0002-01-01 00:00+00' END AS at, kind"
)


@dataclass(frozen=True, slots=True)
class Stored:
    """The trail as it is at one moment: checkpoints, records of pruning, and the rows in order."""

    checkpoints: list[Token]
    prunings: list[Token]
    rows: Iterator[Row]


@contextmanager
def stored(database: Database, upto: int | None = None) -> Iterator[Stored]:
    """The trail up to and with the row `upto` (None: all of it), as of now, for the length of the block."""
    with database.unit_of_work() as work:
        raw = work.raw
        with raw.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        most = _FOREVER if upto is None else upto
        signed, prunings = checkpoints.tokens(raw)
        query = f"SELECT {_COLUMNS} FROM governance.audit WHERE sequence <= %s ORDER BY sequence"
        yield Stored(signed, prunings, _rows(raw, query, (most,)))


def rows_between(connection: Any, after: int, upto: int) -> Iterator[Row]:
    """The rows behind `after` up to and with `upto`, in order."""
    where = "sequence > %s AND sequence <= %s"
    query = f"SELECT {_COLUMNS} FROM governance.audit WHERE {where} ORDER BY sequence"
    return _rows(connection, query, (after, upto))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows to show; None wants all. `subject` is a pseudonym, `words` anything that stands in a row."""

    subject: str | None = None
    dataset: str | None = None
    action: str | None = None
    outcome: str | None = None
    request: str | None = None
    kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, body: dict[str, Any]) -> bool:
        """True where the body is of a row that is wanted."""
        return (
            _is(self.subject, body.get("subject"), body.get("person"))
            and _is(self.dataset, body.get("dataset"), *_datasets(body))
            and _is(self.action, body.get("action"), body.get("what"))
            and _is(self.request, body.get("request"))
            and (self.outcome is None or str(body.get("outcome", "")).startswith(self.outcome))
        )


def last_row(database: Database) -> int:
    """The number of the last row; 0 where there is none."""
    with database.reading() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(sequence), 0) FROM governance.audit")
        return int(cursor.fetchone()[0])


def newest(
    database: Database, wanted: Wanted, limit: int | None, upto: int | None = None, after: int = 0
) -> Iterator[dict[str, Any]]:
    """The rows wanted, newest first, up to that one and behind `after`, with `sequence` and `hash`."""
    query = (
        f"SELECT {_COLUMNS} FROM governance.audit WHERE (%(kind)s IS NULL OR kind = %(kind)s) "
        "AND (%(since)s IS NULL OR at >= %(since)s) AND (%(until)s IS NULL OR at < %(until)s) "
        "AND sequence <= %(upto)s AND sequence > %(after)s ORDER BY sequence DESC"
    )
    most = _FOREVER if upto is None else upto
    values: dict[str, Any] = {"kind": wanted.kind, "since": wanted.since, "until": wanted.until}
    values |= {"upto": most, "after": after}
    shown = 0
    with database.unit_of_work() as work:
        for row in _rows(work.raw, query, values):
            body = _body(row)
            if body is None or not wanted.takes(body):
                continue
            yield {"sequence": row.sequence, **body, "hash": row.hash.hex()}
            shown += 1
            if shown == limit:
                return


def _body(row: Row) -> dict[str, Any] | None:
    """What the row says; None where somebody has made it say nothing."""
    try:
        body = orjson.loads(row.body)
    except ValueError:
        body = None
    if isinstance(body, dict):
        return body
    log.warning("row %d of the audit trail cannot be read: see `insitu audit verify`", row.sequence)
    return None


def _rows(connection: Any, query: str, values: Any) -> Iterator[Row]:
    with connection.cursor(name="trail") as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(query, values)
        for sequence, body, previous, hash_, at, kind in cursor:
            yield Row(sequence, body, bytes(previous), bytes(hash_), at, kind)


def _is(wanted: str | None, *found: object) -> bool:
    return wanted is None or wanted in found


def _datasets(body: dict[str, Any]) -> list[str]:
    return [each["dataset"] for each in body.get("decisions", ())]

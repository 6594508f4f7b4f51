"""SQL of visas. Rows are only ever added; what is revoked has a row that says so."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, text

from database.prepared import execute_prepared
from passport_broker.domain.visas import Assertion, Issued, Revocation, Span

COUNTER = "passport_broker.visa_version"
"""What moves with every revocation (`database.moments`)."""

_FIELDS = (
    "visa.id, subject, type, value, source, visa.by, asserted, conditions, begins, ends, made_at, made_by, "
    "visa.why, application, gone.at, gone.by, gone.why"
)
_VISAS = "passport_broker.visa LEFT JOIN passport_broker.visa_revocation gone ON gone.visa = visa.id"
_STANDING = f"""
SELECT {_FIELDS} FROM {_VISAS}
WHERE subject = %s AND ends > %s AND begins <= %s AND gone.visa IS NULL
ORDER BY made_at, visa.id LIMIT %s
"""
_LATEST = 2**62
_REVOKED = "SELECT visa FROM passport_broker.visa_revocation WHERE at > now() - make_interval(secs => %s)"
_INSERT = text("""
INSERT INTO passport_broker.visa
    (id, subject, type, value, source, by, asserted, conditions, begins, ends, made_by, why, application)
VALUES (:id, :subject, :type, :value, :source, :by, :asserted, CAST(:conditions AS jsonb), :begins, :ends,
    CAST(:made_by AS jsonb), :why, :application)
RETURNING made_at
""")
_REVOKE = text("""
INSERT INTO passport_broker.visa_revocation (visa, by, why) VALUES (:visa, CAST(:by AS jsonb), :why)
ON CONFLICT DO NOTHING RETURNING at
""")


def standing(connection: Any, subject: str, now: int, most: int) -> list[Issued]:
    """What holds of an account, the oldest first, from a psycopg2 connection of a pool."""
    with connection.cursor() as cursor:
        execute_prepared(cursor, _STANDING, (subject, now, now, most))
        return [_issued(row) for row in cursor.fetchall()]


def lasting(connection: Any, subject: str, now: int, most: int) -> list[Issued]:
    """As `standing`, and what begins later."""
    with connection.cursor() as cursor:
        execute_prepared(cursor, _STANDING, (subject, now, _LATEST, most))
        return [_issued(row) for row in cursor.fetchall()]


def revoked(connection: Any, known: int | None, seconds: int) -> tuple[int, frozenset[str] | None]:
    """The version, and the ids revoked in the last seconds; None where the version is the known one."""
    with connection.cursor() as cursor:
        execute_prepared(cursor, f"SELECT number FROM {COUNTER}")
        version: int = cursor.fetchone()[0]
        if version == known:
            return version, None
        cursor.execute(_REVOKED, (seconds,))
        return version, frozenset(row[0] for row in cursor.fetchall())


def listed(
    connection: Any, *, subject: str | None = None, before: str | None = None, most: int = 100
) -> list[Issued]:
    """What was ever asserted, the newest first; of one account where one is named, after one where it is."""
    conditions, values = ["true"], []
    if subject is not None:
        conditions.append("subject = %s")
        values.append(subject)
    if before is not None:
        at = "SELECT made_at, id FROM passport_broker.visa WHERE id = %s"
        conditions.append(f"(visa.made_at, visa.id) < ({at})")
        values.append(before)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_FIELDS} FROM {_VISAS} WHERE {' AND '.join(conditions)} "
            "ORDER BY visa.made_at DESC, visa.id DESC LIMIT %s",
            (*values, most),
        )
        return [_issued(row) for row in cursor.fetchall()]


def find(connection: Connection, identifier: str) -> Issued | None:
    """The assertion of that id."""
    statement = text(f"SELECT {_FIELDS} FROM {_VISAS} WHERE visa.id = :id")
    row = connection.execute(statement, {"id": identifier}).one_or_none()
    return None if row is None else _issued(row)


def everything(connection: Connection) -> Iterator[Issued]:
    """What was ever asserted, in a stream."""
    rows = connection.execution_options(yield_per=1000).execute(text(f"SELECT {_FIELDS} FROM {_VISAS}"))
    return map(_issued, rows)


def of_application(connection: Connection, application: str) -> list[Issued]:
    """What came of an application and is not revoked."""
    statement = text(
        f"SELECT {_FIELDS} FROM {_VISAS} WHERE application = :application AND gone.visa IS NULL "
        "ORDER BY subject"
    )
    return [_issued(row) for row in connection.execute(statement, {"application": application})]


def count(connection: Connection, subject: str, now: int) -> int:
    """How many assertions of an account hold, or will; nobody adds one meanwhile."""
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended('passport_broker ' || :subject, 0))")
    connection.execute(lock, {"subject": subject})
    statement = text(
        f"SELECT count(*) FROM {_VISAS} WHERE subject = :subject AND ends > :now AND gone.visa IS NULL"
    )
    found: int = connection.execute(statement, {"subject": subject, "now": now}).scalar_one()
    return found


def insert(connection: Connection, issued: Issued) -> Issued:
    """The assertion, kept."""
    said, span = issued.assertion, issued.span
    values = {
        "id": issued.id,
        "subject": issued.subject,
        "type": said.type,
        "value": said.value,
        "source": said.source,
        "by": said.by,
        "asserted": said.asserted,
        "conditions": _json(said.conditions) if said.conditions else None,
        "begins": span.begins,
        "ends": span.ends,
        "made_by": _json(issued.by),
        "why": issued.why,
        "application": issued.application,
    }
    made = connection.execute(_INSERT, values).scalar_one()
    return Issued(issued.id, issued.subject, said, span, made, issued.by, issued.why, issued.application)


def revoke(connection: Connection, visas: Sequence[str], by: Mapping[str, Any], why: str) -> int:
    """How many of these assertions hold no more that did before."""
    gone = 0
    for each in visas:
        values = {"visa": each, "by": _json(by), "why": why}
        gone += connection.execute(_REVOKE, values).one_or_none() is not None
    if gone:
        connection.execute(text(f"UPDATE {COUNTER} SET number = number + 1"))
    return gone


def _issued(row: Any) -> Issued:
    (identifier, subject, kind, value, source, by, asserted, conditions, begins, ends, at, made_by, why,
     application, gone_at, gone_by, gone_why) = row  # fmt: skip
    return Issued(
        id=identifier,
        subject=subject,
        assertion=Assertion(kind, value, source, by, asserted, conditions),
        span=Span(begins, ends),
        at=at,
        by=made_by,
        why=why,
        application=application,
        revocation=None if gone_at is None else Revocation(gone_at, gone_by, gone_why),
    )


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()

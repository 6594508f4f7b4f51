"""For whom signed URLs are."""

from typing import Any

from database.prepared import execute_prepared

_PUT = """
INSERT INTO drs.bearer (name, caller, ends_at) VALUES (%s, %s::jsonb, to_timestamp(%s))
ON CONFLICT (name) DO UPDATE SET ends_at = greatest(bearer.ends_at, excluded.ends_at)
"""
_GET = "SELECT caller FROM drs.bearer WHERE name = %s AND ends_at > now()"


def put(connection: Any, name: str, caller: str, ends: float) -> None:
    """Keeps a caller, as JSON, until that time, in seconds since 1970; what has ended goes."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM drs.bearer WHERE ends_at < now()")
        cursor.execute(_PUT, (name, caller, ends))


def get(connection: Any, name: str) -> Any:
    """The caller of that name; None where there is none, any more."""
    with connection.cursor() as cursor:
        execute_prepared(cursor, _GET, (name,))
        row = cursor.fetchone()
        return None if row is None else row[0]

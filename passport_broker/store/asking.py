"""Single statements, by the connections of the database that are quickest to have."""

from collections.abc import Sequence
from typing import Any

from database.engine import Database

Row = tuple[Any, ...]


def rows(database: Database, sql: str, *values: Any) -> list[Row]:
    """What a statement finds that only reads."""
    with database.reading() as connection, connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: list[Row] = cursor.fetchall()
        return found


def row(database: Database, sql: str, *values: Any) -> Row | None:
    """The first row that a statement finds that only reads."""
    return _first(rows(database, sql, *values))


def done(database: Database, sql: str, *values: Any) -> Row | None:
    """The first row that a statement gives back that changes something; it is a transaction of its own."""
    with database.calling() as connection, connection.cursor() as cursor:
        cursor.execute(sql, values)
        return _first(cursor.fetchall() if cursor.description else ())


def _first(found: Sequence[Row]) -> Row | None:
    return found[0] if found else None

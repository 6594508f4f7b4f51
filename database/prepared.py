"""Statements that the server plans once for each connection, not each time they are asked."""

from collections.abc import Sequence
from typing import Any

from psycopg2 import extensions

_KEPT = 200  # statements of one connection


class Preparing(extensions.connection):  # type: ignore[misc]  # psycopg2 has no types
    """A connection that knows which statements it has prepared, by their text."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.prepared: dict[str, str] = {}


def execute_prepared(cursor: Any, sql: str, values: Sequence[Any] = ()) -> None:
    """Executes a short statement that is asked over and over: planning it takes longer than running it.

    `sql` holds `%s` for each value and no other percent sign, and shows by how it uses them of what types
    they are. The cursor is one of a pool's connection.
    """
    connection: Preparing = cursor.connection
    name = connection.prepared.get(sql) or _prepare(connection, cursor, sql)
    places = f" ({', '.join(['%s'] * len(values))})" if values else ""
    cursor.execute(f"EXECUTE {name}{places}", values or None)


def _prepare(connection: Preparing, cursor: Any, sql: str) -> str:
    if len(connection.prepared) >= _KEPT:  # most are about releases that are gone
        cursor.execute("DEALLOCATE ALL")
        connection.prepared.clear()
    first, *rest = sql.split("%s")
    name = f"insitu_{len(connection.prepared)}"
    text = first + "".join(f"${number}{piece}" for number, piece in enumerate(rest, 1))
    cursor.execute(f"PREPARE {name} AS {text}")
    connection.prepared[sql] = name
    return name

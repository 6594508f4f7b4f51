"""How far the rooms' counters stood at one moment, read by one query.

A room that keeps its tables in memory has a counter, a table of one row with a `number` that every change
moves in its own transaction. What was read under a number is true as long as it stands. Who needs several
rooms for one answer asks for all numbers at once and hands them on; no room then asks for its own.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from database.engine import Database
from database.prepared import execute_prepared

Moment: TypeAlias = Mapping[str, int]
"""Each counter's number, by the name of its table."""


class Moments:
    """Reads counters together. `tables` are schema-qualified names, written by the rooms and by no caller."""

    def __init__(self, database: Database, tables: Iterable[str]) -> None:
        self._database = database
        self._tables = tuple(tables)
        self._query = "SELECT " + ", ".join(f"(SELECT number FROM {table})" for table in self._tables)

    def now(self) -> Moment:
        """The numbers: any change committed before the call is in them."""
        with self._database.reading() as connection, connection.cursor() as cursor:
            execute_prepared(cursor, self._query)
            return dict(zip(self._tables, cursor.fetchone() or (), strict=True))

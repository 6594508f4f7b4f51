"""The same questions in SQL written by hand on the tables that the site uses."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from database.embedded import EmbeddedPostgres
from database.engine import Database
from variants.domain import carriers
from variants.service import Variants
from variants.store.generations import alleles

_VISIBLE = "since <= %(seq)s AND until > %(seq)s"
_AT = "start = %(start)s AND ref = %(ref)s AND alt = %(alt)s"
# The measured file holds no allele longer than `reach`: what overlaps begins at most so far before the range.
_OVER = (
    "start < %(stop)s AND start >= %(start)s - %(reach)s "
    "AND (stop > %(start)s OR (stop = start AND start >= %(start)s))"
)


class _Place(Protocol):
    start: int
    stop: int
    ref: str
    alt: str


@dataclass(frozen=True, slots=True)
class Table:
    """A dataset's current alleles: where they are, what the release is, and some of them to ask for."""

    url: str
    name: str
    sequence: int
    reach: int
    samples: int
    contig: str
    base: int
    first: int
    last: int
    some: list[tuple[int, str, str]]

    def has_point(self, cursor: Any, asked: _Place) -> bool:
        """True where the allele is there."""
        return self._one(cursor, "SELECT EXISTS (SELECT FROM {table} WHERE {at})", asked)

    def count_point(self, cursor: Any, asked: _Place) -> int:
        """One or none."""
        return self._one(cursor, "SELECT count(*) FROM {table} WHERE {at}", asked)

    def rows_point(self, cursor: Any, asked: _Place) -> list[Any]:
        """The whole row."""
        return self._all(cursor, "SELECT * FROM {table} WHERE {at}", asked)

    def people_point(self, cursor: Any, asked: _Place) -> int:
        """How many carry it."""
        return self._people(cursor, "SELECT carriers FROM {table} WHERE {at}", asked)

    def has_range(self, cursor: Any, asked: _Place) -> bool:
        """True where any allele overlaps."""
        return self._one(cursor, "SELECT EXISTS (SELECT FROM {table} WHERE {over})", asked)

    def count_range(self, cursor: Any, asked: _Place) -> int:
        """How many overlap."""
        return self._one(cursor, "SELECT count(*) FROM {table} WHERE {over}", asked)

    def rows_range(self, cursor: Any, asked: _Place) -> list[Any]:
        """The first ten that overlap, whole."""
        return self._all(
            cursor, "SELECT * FROM {table} WHERE {over} ORDER BY start, stop, ref, alt LIMIT 10", asked
        )

    def people_range(self, cursor: Any, asked: _Place) -> int:
        """How many carry any that overlaps."""
        return self._people(cursor, "SELECT carriers FROM {table} WHERE {over}", asked)

    def _people(self, cursor: Any, sql: str, asked: _Place) -> int:
        return len(carriers.union((row[0] for row in self._all(cursor, sql, asked)), self.samples))

    def _one(self, cursor: Any, sql: str, asked: _Place) -> Any:
        return self._all(cursor, sql, asked)[0][0]

    def _all(self, cursor: Any, sql: str, asked: _Place) -> list[Any]:
        places = {"start": self.base + asked.start, "stop": self.base + asked.stop}
        values = {"seq": self.sequence, "reach": self.reach, "ref": asked.ref, "alt": asked.alt, **places}
        wheres = {"at": f"{_AT} AND {_VISIBLE}", "over": f"{_OVER} AND {_VISIBLE}"}
        cursor.execute(sql.format(table=self.name, **wheres), values)
        return list(cursor.fetchall())


@contextmanager
def open_table(home: Path, dataset: str) -> Iterator[Table]:
    """The alleles of a dataset of the site in this folder."""
    server = EmbeddedPostgres(home / "postgres")
    url = server.start()
    database = Database(url)
    try:
        yield _table(database, url, dataset)
    finally:
        database.dispose()
        server.stop()


def _table(database: Database, url: str, dataset: str) -> Table:
    release = Variants(database).release(dataset)
    if release is None:
        raise RuntimeError(f"{dataset} holds nothing")
    name = alleles(release.generation)
    with database.reading() as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT min(start), max(start) FROM {name}")
        first, last = cursor.fetchone()
        cursor.execute(f"SELECT start, ref, alt FROM {name} WHERE length < 10 ORDER BY random() LIMIT 50000")
        some = cursor.fetchall()
    base = first >> 32 << 32
    return Table(
        url=url.replace("postgresql+psycopg2", "postgresql"),
        name=name,
        sequence=release.sequence,
        reach=release.reach,
        samples=release.samples,
        contig=release.place_at(first),
        base=base,
        first=first - base,
        last=last - base,
        some=[(start - base, ref, alt) for start, ref, alt in some],
    )

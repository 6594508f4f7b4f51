"""Registering what lies in a folder or under a prefix: walked, hashed, and taken up again where it was left.

What is registered already and lies there unchanged, by its size and mark, is not read again: a load that was
stopped goes on, and one that is repeated costs a walk.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from database.engine import Database
from drs.domain.entries import Entry
from drs.domain.objects import Place
from drs.errors import EntryInvalid
from drs.registering.registrar import Registrar, Report
from drs.storage.hashing import Hashed, hashed
from drs.storage.location import Location, Stat
from drs.storage.store import Skipped, Store, Stores

_LOOKED_UP = 1_000  # files that are asked for together whether they are known
_AT_ONCE = 500  # objects of one transaction: little is lost when a load is stopped
_KNOWN = """
SELECT location.key, location.mark, object.size
FROM drs.location JOIN drs.object ON object.id = location.object
WHERE location.dataset = %s AND location.store = %s AND location.key = ANY(%s)
    AND object.state = 'ready' AND object.checksums ? 'sha-256'
"""

Progress = Callable[[int, int], object]
"""Is told how many bytes are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much a walk finds."""

    files: int
    bytes: int
    skipped: Skipped


class Walking:
    """Registers what a walk finds as files of a dataset."""

    def __init__(self, database: Database, stores: Stores, dataset: str, threads: int) -> None:
        self._database = database
        self._registrar = Registrar(database)
        self._stores = stores
        self._dataset = dataset
        self._threads = threads

    def extent(self, where: Location) -> Extent:
        """What there is to be read.

        Raises:
            Missing, Unreachable: there is nothing, or the store does not answer.
        """
        skipped, files, size = Skipped(), 0, 0
        for _, stat in self._stores.get(where.store).walk(where.key, skipped=skipped):
            files, size = files + 1, size + stat.size
        return Extent(files, size, skipped)

    def run(self, where: Location, extent: Extent, progress: Progress = lambda *_: None) -> Report:
        """Registers all of it; the report of what became of it.

        Raises:
            Missing, Unreachable: as `extent`.
        """
        report, store, done = Report(), self._stores.get(where.store), 0

        def told(size: int) -> None:
            nonlocal done
            done += size
            progress(min(done, extent.bytes), extent.bytes)

        def known(size: int) -> None:
            report.known += 1
            report.bytes += size
            told(size)

        coming = self._unknown(store, where.key, known)
        found = hashed(store, coming, threads=self._threads, progress=told)
        try:
            for batch in _batches(self._entries(found, store.name, report)):
                self._registrar.register(batch, report)
        finally:
            found.close() if hasattr(found, "close") else None
        return report

    def _unknown(self, store: Store, prefix: str, known: Callable[[int], None]) -> Iterator[tuple[str, Stat]]:
        walk = store.walk(prefix)
        while some := list(islice(walk, _LOOKED_UP)):
            there = self._there(store.name, [key for key, _ in some])
            for key, stat in some:
                if there.get(key) == (stat.mark, stat.size):
                    known(stat.size)
                else:
                    yield key, stat

    def _there(self, store: str, keys: list[str]) -> dict[str, tuple[Any, int]]:
        with self._database.reading() as connection, connection.cursor() as cursor:
            cursor.execute(_KNOWN, (self._dataset, store, keys))
            return {key: (mark, size) for key, mark, size in cursor.fetchall()}

    def _entries(self, found: Iterable[Hashed], store: str, report: Report) -> Iterator[Entry]:
        for each in found:
            if each.digests is None:
                report.refuse(each.key, each.problem or "it cannot be read")
                continue
            try:
                yield entry_of(self._dataset, store, each)
            except EntryInvalid as problem:
                report.refuse(each.key, problem.public)


def entry_of(dataset: str, store: str, each: Hashed) -> Entry:
    """A file that was hashed, to be registered.

    Raises:
        EntryInvalid: it cannot be.
    """
    return Entry.of_file(
        dataset,
        Place(store, each.key, each.stat.mark),
        each.stat.size,
        sums_of(each),
        datetime.fromtimestamp(each.stat.modified, UTC),
    )


def sums_of(each: Hashed) -> dict[str, str]:
    """The checksums of what was hashed, by their names in DRS."""
    found = each.digests
    return {} if found is None else {"sha-256": found.sha256, "md5": found.md5, "crc32c": found.crc32c}


def _batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    coming = iter(entries)
    while batch := list(islice(coming, _AT_ONCE)):
        yield batch

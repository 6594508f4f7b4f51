"""Bundles of folders: each holds its files and the bundles of its folders, as they are registered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from database.engine import Database
from drs.domain.entries import Entry
from drs.domain.identifiers import unlike
from drs.registering.registrar import Registrar, Report
from drs.storage.location import Location

_FILES = """
SELECT location.key, object.id, object.size, object.checksums, object.created_at
FROM drs.location JOIN drs.object ON object.id = location.object
WHERE location.dataset = %s AND location.store = %s AND (%s = '' OR starts_with(location.key, %s || '/'))
    AND object.state = 'ready'
ORDER BY location.key COLLATE "C"
"""
_PAGE = 10_000
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

Member = tuple[str, int, Mapping[str, str]]


@dataclass(slots=True)
class _Folder:
    path: tuple[str, ...]
    members: dict[str, Member] = field(default_factory=dict)
    newest: datetime = _NEVER

    def add(self, name: str, member: Member, created: datetime) -> None:
        # A file may have the name of a folder beside it only where the store has no folders.
        self.members[name if name not in self.members else f"{name}_"] = member
        self.newest = max(self.newest, created)


class Bundling:
    """Makes bundles for the folders under a place, from the innermost outwards."""

    def __init__(self, database: Database, dataset: str, report: Report) -> None:
        self._database = database
        self._registrar = Registrar(database)
        self._dataset = dataset
        self._report = report

    def run(self, where: Location) -> str | None:
        """The id of the bundle of the place itself; None where nothing of it is registered."""
        top = tuple(part for part in where.key.split("/") if part)
        open_: list[_Folder] = []
        made: str | None = None
        for key, member, created in self._files(where):
            *path, name = key.split("/")
            while open_ and open_[-1].path != tuple(path[: len(open_[-1].path)]):
                self._close(open_)
            while not open_ or open_[-1].path != tuple(path):
                depth = len(open_[-1].path) + 1 if open_ else len(top)
                open_.append(_Folder(tuple(path[:depth])))
            open_[-1].add(name, member, created)
        while open_:
            made = self._close(open_)
        return made

    def _close(self, open_: list[_Folder]) -> str:
        folder = open_.pop()
        names = unlike(folder.members)
        name = folder.path[-1] if folder.path else None
        entry = Entry.of_bundle(
            self._dataset,
            name,
            {names[each]: member for each, member in folder.members.items()},
            folder.newest,
        )
        [found] = self._registrar.register([entry], self._report)
        if open_:
            open_[-1].add(folder.path[-1], (found.id, entry.size, entry.checksums), folder.newest)
        return found.id

    def _files(self, where: Location) -> Iterator[tuple[str, Member, datetime]]:
        """Of one moment, page by page, while bundles are registered beside it."""
        with self._database.unit_of_work() as work:
            cursor: Any = work.raw.cursor(name="bundling")
            cursor.itersize = _PAGE
            cursor.execute(_FILES, (self._dataset, where.store, where.key, where.key))
            for key, identifier, size, checksums, created in cursor:
                yield key, (identifier, size, checksums), created

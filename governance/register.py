"""The register of datasets: what is governed here, and what each gives to whom."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypedDict, Unpack

from database.engine import Database
from database.moments import Moment
from governance.datasets import Circle, Dataset, Protection, Tier
from governance.errors import DatasetExists, DatasetInvalid, DatasetUnknown, shown
from governance.store import datasets as store
from governance.terms import columns

COUNTER = store.COUNTER
"""What moves with every change (`database.moments`)."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


class Terms(TypedDict, total=False):
    """What can be said of a dataset beside its name: see `Dataset`. Lists replace those of before."""

    test: bool
    registered: Tier
    controlled: Tier
    compute: Circle
    download: Circle
    grants: Iterable[str]
    sources: Iterable[str]
    duo: Iterable[str]
    jurisdiction: str | None
    confidential: bool
    protection: Protection


class Changes(Terms, total=False):
    """What can be changed of a dataset."""

    anonymous: Tier
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class _Known:
    """The register as it was at a version."""

    version: int
    datasets: tuple[Dataset, ...]
    by_id: Mapping[str, Dataset]


class DatasetRegister:
    """The datasets of a site.

    Reading asks the database for the register's version only, and for the datasets when that has moved: a
    change made by any process is seen by every call that begins after it. Safe between threads.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: _Known | None = None

    def all(self, moment: Moment | None = None) -> tuple[Dataset, ...]:
        """Every dataset, by id; as of `moment` or later, and then mostly without a query."""
        return self._current(moment).datasets

    def get(self, identifier: str) -> Dataset:
        """The dataset of that id.

        Raises:
            DatasetUnknown: there is none.
        """
        found = self._current().by_id.get(identifier)
        if found is None:
            raise DatasetUnknown(identifier)
        return found

    def add(
        self,
        identifier: str,
        assembly: str,
        anonymous: Tier = Tier.NONE,
        name: str | None = None,
        description: str = "",
        **also: Unpack[Terms],
    ) -> Dataset:
        """The new dataset; named by its id where no name is given, giving nothing where nothing is said.

        Raises:
            DatasetInvalid: the id, a text or a term cannot be registered; says what to change.
            DatasetExists: there is one of that id.
        """
        if not _ID.fullmatch(identifier):
            raise DatasetInvalid(
                f"{shown(identifier) or 'An empty text'} cannot be the id of a dataset: use 1 to 64 letters, "
                "digits, dots, dashes and underscores, the first a letter or digit."
            )
        said = {"assembly": assembly, "anonymous": anonymous, "description": description, **also}
        values = columns(said | {"name": identifier if name is None else name})
        with self._database.unit_of_work() as work:
            added = store.insert(work.connection, {"id": identifier, **values})
            if added is None:
                raise DatasetExists(identifier)
            work.commit()
        return added

    def change(self, identifier: str, **changes: Unpack[Changes]) -> Dataset:
        """The changed dataset; what is not named stays as it was.

        Raises:
            DatasetInvalid: a text or a term cannot be registered; says what to change.
            DatasetUnknown: there is none of that id.
        """
        values = columns(changes)
        with self._database.unit_of_work() as work:
            known = _ID.fullmatch(identifier)
            changed = store.update(work.connection, {"id": identifier, **values}) if known else None
            if changed is None:
                raise DatasetUnknown(identifier)
            work.commit()
        return changed

    def remove(self, identifier: str) -> None:
        """The dataset gives nothing from now on. What other rooms hold of it is theirs to remove.

        Raises:
            DatasetUnknown: there is none of that id.
        """
        with self._database.unit_of_work() as work:
            if not (_ID.fullmatch(identifier) and store.delete(work.connection, identifier)):
                raise DatasetUnknown(identifier)
            work.commit()

    def _current(self, moment: Moment | None = None) -> _Known:
        known = self._known
        if known is not None and moment is not None and moment[COUNTER] == known.version:
            return known
        with self._database.reading() as connection:
            if known is None or store.version(connection) != known.version:
                known = self._known = _known(*store.snapshot(connection))
        return known


def _known(version: int, datasets: tuple[Dataset, ...]) -> _Known:
    return _Known(version, datasets, {each.id: each for each in datasets})

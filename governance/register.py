"""The register of datasets: what is governed here, and what each gives to whom."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from database.engine import Database
from database.moments import Moment
from governance.datasets import Dataset, Tier
from governance.errors import DatasetExists, DatasetInvalid, DatasetUnknown, shown
from governance.store import datasets as store

COUNTER = store.COUNTER
"""What moves with every change (`database.moments`)."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


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
        *,
        test: bool = False,
    ) -> Dataset:
        """The new dataset; named by its id where no name is given, giving nothing where nothing is said.

        Raises:
            DatasetInvalid: the id or a text cannot be registered; says what to change.
            DatasetExists: there is one of that id.
        """
        if not _ID.fullmatch(identifier):
            raise DatasetInvalid(
                f"{shown(identifier) or 'An empty text'} cannot be the id of a dataset: use 1 to 64 letters, "
                "digits, dots, dashes and underscores, the first a letter or digit."
            )
        values = {
            "id": identifier,
            "assembly": _text(assembly, "assembly", least=1, most=64),
            "anonymous": int(Tier(anonymous)),
            "name": _text(identifier if name is None else name, "name", least=1, most=200),
            "description": _text(description, "description", least=0, most=10_000),
            "test": test,
        }
        with self._database.unit_of_work() as work:
            added = store.insert(work.connection, values)
            if added is None:
                raise DatasetExists(identifier)
            work.commit()
        return added

    def change(
        self,
        identifier: str,
        *,
        anonymous: Tier | None = None,
        name: str | None = None,
        description: str | None = None,
    ) -> Dataset:
        """The changed dataset; what is None stays as it was.

        Raises:
            DatasetInvalid: a text cannot be registered; says what to change.
            DatasetUnknown: there is none of that id.
        """
        values = {
            "id": identifier,
            "anonymous": None if anonymous is None else int(Tier(anonymous)),
            "name": None if name is None else _text(name, "name", least=1, most=200),
            "description": None
            if description is None
            else _text(description, "description", least=0, most=10_000),
        }
        with self._database.unit_of_work() as work:
            changed = store.update(work.connection, values) if _ID.fullmatch(identifier) else None
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


def _text(value: Any, what: str, *, least: int, most: int) -> str:
    text = str(value).strip()
    if not least <= len(text) <= most:
        raise DatasetInvalid(
            f"The {what} of a dataset has {least} to {most} characters; this one has {len(text)}."
        )
    if not all(each.isprintable() or each in "\n\t" for each in text):
        raise DatasetInvalid(f"The {what} of a dataset may not hold control characters.")
    return text

"""The current releases of all datasets, kept in the process until any of them moves."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from database.engine import Database
from database.moments import Moment
from variants.domain.dataset import Place, Release

COUNTER = "variants.version"
_CURRENT = """
SELECT r.dataset, r.generation, r.sequence, g.assembly, r.samples, r.alleles, r.loaded_at, r.reach,
       r.long_alleles, r.annotated, r.one_sample_each, r.people, r.roll
FROM variants.release r JOIN variants.generation g ON g.id = r.generation ORDER BY r.dataset
"""
_PLACES = """
SELECT s.generation, p.name, p.ordinal, p.length, p.accession
FROM variants.release r JOIN variants.generation g ON g.id = r.generation
JOIN variants.generation_place s ON s.generation = g.id
JOIN variants.place p ON p.ordinal = s.ordinal AND p.assembly = g.assembly ORDER BY p.ordinal
"""


class Releases:
    """One for each process. A switch made by any process is seen by the next call."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: tuple[int, Mapping[str, Release]] = (-1, MappingProxyType({}))

    def current(self, moment: Moment | None = None) -> Mapping[str, Release]:
        """The current release of every dataset that has one, as of `moment` or later where one is given.

        While nothing has moved, one query of one row; none under a moment.
        """
        known, releases = self._known
        if moment is not None and moment[COUNTER] == known:
            return releases
        with self._database.reading() as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT number FROM {COUNTER}")
            number = cursor.fetchone()[0]
            known, releases = self._known
            if number == known:
                return releases
            # The number was read first: should a release move meanwhile, the next call looks again.
            releases = MappingProxyType(_read(cursor))
        self._known = (number, releases)
        return releases


def _read(cursor: Any) -> dict[str, Release]:
    cursor.execute(_PLACES)
    places: dict[int, dict[str, Place]] = {}
    for generation, name, ordinal, length, accession in cursor.fetchall():
        places.setdefault(generation, {})[name] = Place(name, ordinal, length, accession)
    cursor.execute(_CURRENT)
    return {
        dataset: Release(
            dataset,
            generation,
            sequence,
            assembly,
            samples,
            alleles,
            loaded_at,
            places.get(generation, {}),
            reach,
            long_alleles,
            annotated,
            one_sample_each,
            people,
            roll,
        )
        for (
            dataset,
            generation,
            sequence,
            assembly,
            samples,
            alleles,
            loaded_at,
            reach,
            long_alleles,
            annotated,
            one_sample_each,
            people,
            roll,
        ) in cursor.fetchall()
    }


def moved(cursor: Any) -> None:
    """Tells every process to look again, once the transaction is committed."""
    cursor.execute("UPDATE variants.version SET number = number + 1")

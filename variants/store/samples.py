"""The samples of a release and the people they are of."""

from collections import OrderedDict
from threading import Lock
from typing import Any

from pyroaring import BitMap

from variants.domain.dataset import Release, Sample

_COLUMNS = "ordinal, name, biosample, person, sex"
_KEPT = 200_000  # samples of all releases together that a process keeps


class Samples:
    """Looks samples up, keeping those of the releases asked last. `version` is `Releases.version`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[tuple[int, int, int], list[Sample]] = OrderedDict()

    def of(self, connection: Any, release: Release, version: int) -> list[Sample]:
        """All samples of a release, by ordinal."""
        key = (version, release.generation, release.samples)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = _read(connection, release, "TRUE", ())
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > 1 and sum(map(len, self._kept.values())) > _KEPT:
                self._kept.popitem(last=False)
        return found


def named(connection: Any, release: Release, names: dict[str, str]) -> list[Sample]:
    """The samples with exactly these values in the columns name, biosample or person."""
    where = " AND ".join(f"{column} = %s" for column in names)
    return _read(connection, release, where, tuple(names.values()))


def people(samples: list[Sample], ordinals: BitMap) -> int:
    """How many distinct persons the samples are of."""
    return len({samples[ordinal].person for ordinal in ordinals})


def _read(connection: Any, release: Release, where: str, values: tuple[str, ...]) -> list[Sample]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM variants.sample "
            f"WHERE generation = %s AND ordinal < %s AND {where} ORDER BY ordinal",
            (release.generation, release.samples, *values),
        )
        return [Sample(*row) for row in cursor.fetchall()]

"""The samples of a release and the people they are of."""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Any

from pyroaring import BitMap

from variants.domain.cases import Everybody
from variants.domain.dataset import Release, Sample
from variants.domain.sexes import Sex
from variants.store.generations import FOREVER
from variants.store.releases import moved

_COLUMNS = "ordinal, name, biosample, person, sex, written, source"
_KEPT = 200_000  # samples of all releases together that a process keeps


class Samples:
    """Looks samples up, keeping those of the releases asked last: what one says of them never changes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[tuple[int, int, int], Everybody] = OrderedDict()

    def of(self, connection: Any, release: Release) -> Everybody:
        """All samples of a release, by ordinal."""
        key = (release.generation, release.samples, release.people)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = Everybody(tuple(_read(connection, release, "TRUE", ())))
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > 1 and sum(len(each.samples) for each in self._kept.values()) > _KEPT:
                self._kept.popitem(last=False)
        return found


def named(connection: Any, release: Release, names: dict[str, str]) -> list[Sample]:
    """The samples with exactly these values in the columns name, biosample or person."""
    where = " AND ".join(f"{column} = %s" for column in names)
    return _read(connection, release, where, tuple(names.values()))


def people(samples: Sequence[Sample], ordinals: BitMap) -> int:
    """How many distinct persons the samples are of."""
    return len({samples[ordinal].person for ordinal in ordinals})


def _read(connection: Any, release: Release, where: str, values: tuple[str, ...]) -> list[Sample]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM variants.sample "
            "WHERE generation = %s AND ordinal < %s AND since <= %s AND until > %s "
            f"AND {where} ORDER BY ordinal",
            (release.generation, release.samples, release.people, release.people, *values),
        )
        return _samples(cursor)


def _samples(cursor: Any) -> list[Sample]:
    once: dict[str | None, str | None] = {}  # thousands of samples come of few files
    return [
        Sample(ordinal, name, biosample, person, Sex(sex), *(once.setdefault(each, each) for each in origin))
        for ordinal, name, biosample, person, sex, *origin in cursor.fetchall()
    ]


# --- what is said of the samples


def said(cursor: Any, release: Release) -> list[Sample]:
    """What is known now of the samples of the current release, by ordinal."""
    cursor.execute(
        f"SELECT {_COLUMNS} FROM variants.sample "
        f"WHERE generation = %s AND ordinal < %s AND until = {FOREVER} ORDER BY ordinal",
        (release.generation, release.samples),
    )
    return _samples(cursor)


def say(cursor: Any, release: Release, changed: Sequence[Sample], *, one_sample_each: bool) -> None:
    """Has readers know this of these samples once the transaction is committed; questions under way go on.

    Call it with the current release, while holding the dataset (`registry.alone`).
    """
    number, ordinals = release.people + 1, [each.ordinal for each in changed]
    # What was superseded a while ago nobody reads any more.
    cursor.execute(
        "DELETE FROM variants.sample s USING variants.release r WHERE r.dataset = %s AND "
        "s.generation = r.generation AND s.until <= r.people AND r.people_at < now() - interval '1 minute'",
        (release.dataset_id,),
    )
    cursor.execute(
        f"UPDATE variants.sample SET until = %s WHERE generation = %s AND until = {FOREVER} "
        "AND ordinal = ANY(%s)",
        (number, release.generation, ordinals),
    )
    cursor.execute(
        "INSERT INTO variants.sample (generation, ordinal, name, load, written, source, since, biosample, "
        "person, sex) SELECT s.generation, s.ordinal, s.name, s.load, s.written, s.source, %s, n.biosample, "
        "n.person, n.sex "
        "FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[]) AS n (ordinal, biosample, person, sex) "
        "JOIN variants.sample s ON s.generation = %s AND s.ordinal = n.ordinal AND s.until = %s",
        (
            number,
            ordinals,
            [each.biosample for each in changed],
            [each.person for each in changed],
            [each.sex.value for each in changed],
            release.generation,
            number,
        ),
    )
    cursor.execute(
        "UPDATE variants.release SET people = %s, people_at = now(), one_sample_each = %s WHERE dataset = %s",
        (number, one_sample_each, release.dataset_id),
    )
    moved(cursor)


def inherit(cursor: Any, dataset: str, generation: int, load: int) -> None:
    """Gives the samples that a load brought what was said before, in the transaction that shows them.

    In a generation that takes another's place, a sample keeps what was said of its name. A new one that has
    the name of a known biosample or person is of that one, with that person's sex. Idempotent.
    """
    cursor.execute(
        "UPDATE variants.sample n SET biosample = o.biosample, person = o.person, sex = o.sex "
        "FROM variants.sample o JOIN variants.release r ON r.generation = o.generation "
        f"WHERE r.dataset = %s AND r.generation <> %s AND o.ordinal < r.samples AND o.until = {FOREVER} "
        "AND n.generation = %s AND n.load = %s AND n.name = o.name",
        (dataset, generation, generation, load),
    )
    for column, gained in (("biosample", "person = o.person, sex = o.sex"), ("person", "sex = o.sex")):
        cursor.execute(
            f"UPDATE variants.sample n SET {gained} FROM variants.sample o WHERE n.generation = %s "
            f"AND n.load = %s AND n.biosample = n.name AND n.person = n.name AND n.sex = 'unknown' "
            f"AND o.generation = n.generation AND o.until = {FOREVER} AND o.ordinal <> n.ordinal "
            f"AND o.{column} = n.{column}",
            (generation, load),
        )

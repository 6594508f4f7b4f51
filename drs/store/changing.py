"""Changing what is registered: states, marks, removal, and which index belongs to which file."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from drs.domain.objects import DrsObject
from drs.store import objects

_STATE = (
    "UPDATE drs.object SET state = %s, said = %s WHERE id = %s AND (state, said) IS DISTINCT FROM (%s, %s)"
)
_MARK = "UPDATE drs.location SET mark = %s WHERE dataset = %s AND store = %s AND key = %s AND object = %s"
_SUMS = """
UPDATE drs.object SET checksums = %s::jsonb || checksums, size = %s, state = 'ready', said = NULL
WHERE id = %s
"""
_PREPARING = f"""
SELECT {objects.FIELDS} FROM drs.object WHERE state = 'preparing'
ORDER BY registered_at FOR UPDATE SKIP LOCKED LIMIT 1
"""
_UNREACHED = "UPDATE drs.object SET registered_at = now() WHERE id = %s"
# Every file whose name says that it is the index of another one, and that other one.
_PAIRS = """
INSERT INTO drs.companion (object, kind, index_object)
SELECT DISTINCT ON (base.object, pair.kind) base.object, pair.kind, index.object
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[]) AS
    pair(dataset, store, key, index_key, kind)
JOIN drs.location base ON base.dataset = pair.dataset AND base.store = pair.store AND base.key = pair.key
JOIN drs.location index ON index.dataset = pair.dataset AND index.store = pair.store
    AND index.key = pair.index_key
ORDER BY base.object, pair.kind, pair.index_key
ON CONFLICT (object, kind) DO UPDATE SET index_object = excluded.index_object
WHERE companion.index_object <> excluded.index_object
"""

Pair = tuple[str, str, str, str, str]
"""Dataset, store, key of the file, key of its index, kind of index."""


def set_state(cursor: Any, identifier: str, state: str, said: str | None) -> None:
    """Says whether an object's bytes can be had, and why not."""
    cursor.execute(_STATE, (state, said, identifier, state, said))


def set_mark(cursor: Any, found: DrsObject, number: int, mark: str) -> None:
    """Notes the mark of a file that was found to have the object's content."""
    place = found.places[number]
    cursor.execute(_MARK, (mark, found.dataset, place.store, place.key, found.id))


def set_checksums(cursor: Any, identifier: str, checksums: Mapping[str, str], size: int) -> None:
    """What was being prepared is ready."""
    cursor.execute(_SUMS, (orjson.dumps(dict(checksums)).decode(), size, identifier))


def next_preparing(cursor: Any) -> DrsObject | None:
    """An object to be prepared that nobody else is at, held until the transaction ends."""
    cursor.execute(_PREPARING)
    row = cursor.fetchone()
    return None if row is None else objects.made(row)


def put_back(cursor: Any, identifier: str) -> None:
    """Has the others that are to be prepared come first."""
    cursor.execute(_UNREACHED, (identifier,))


def pair(cursor: Any, pairs: Iterable[Pair]) -> int:
    """Notes which indexes belong to which files, of those pairs whose both files are there."""
    columns = list(zip(*pairs, strict=True))
    if not columns:
        return 0
    cursor.execute(_PAIRS, tuple(list(each) for each in columns))
    return int(cursor.rowcount)


def remove(cursor: Any, identifiers: Sequence[str]) -> int:
    """How many of these there were; they are gone, with their places and aliases."""
    cursor.execute("DELETE FROM drs.object WHERE id = ANY(%s)", (list(identifiers),))
    return int(cursor.rowcount)


def drop(cursor: Any, dataset: str) -> int:
    """How many objects a dataset had; they are gone."""
    cursor.execute(
        "DELETE FROM drs.content USING drs.object WHERE object.id = content.bundle AND object.dataset = %s",
        (dataset,),
    )
    cursor.execute("DELETE FROM drs.object WHERE dataset = %s", (dataset,))
    return int(cursor.rowcount)

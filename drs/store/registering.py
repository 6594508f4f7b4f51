"""Writing objects, many at a time: what is sent by COPY is merged with what is there by a few statements.

A file that is registered again is the same object: by its id, or else by its place where nothing speaks
against its being the same content. Where another content lies at a place, the place goes to a new object, and
the old one has one place less.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from database.copying import copy_rows
from drs.domain.entries import Entry

_COLUMNS = (
    "number", "id", "given", "dataset", "bundle", "name", "size", "checksums", "mime_type",
    "description", "version",
    "created", "updated", "store", "key", "mark", "aliases",
)  # fmt: skip
_INCOMING = """
CREATE TEMP TABLE IF NOT EXISTS incoming (
    number integer, id text, given boolean, dataset text, bundle boolean, name text, size bigint,
    checksums jsonb,
    mime_type text, description text, version text, created double precision, updated double precision,
    store text, key text, mark text, aliases text[], wrong text, fresh boolean NOT NULL DEFAULT false
) ON COMMIT DELETE ROWS
"""
_ALONE = "SELECT pg_advisory_xact_lock(hashtext('drs.register'), hashtext(%s))"
# True where two descriptions are of one content: something in common, and nothing against it.
_AGREE = """
(here.size = incoming.size AND here.bundle = incoming.bundle AND
 (SELECT bool_and(here.checksums->>said.key = said.value) FROM jsonb_each_text(incoming.checksums) said
  WHERE here.checksums ? said.key))
"""
# Who chose no id meant the file: it is the object that is known at its place, if it can be.
_SAME_PLACE = f"""
UPDATE incoming SET id = here.id FROM drs.location
JOIN drs.object here ON here.id = location.object
WHERE NOT incoming.given AND location.dataset = incoming.dataset AND location.store = incoming.store
    AND location.key = incoming.key AND here.id <> incoming.id
    AND ({_AGREE} OR (here.size = incoming.size AND location.mark = incoming.mark
        AND '{{}}' IN (here.checksums, incoming.checksums)))
"""
_NOT_AN_ALIAS = """
UPDATE incoming SET wrong = 'its id is an alias of another object'
FROM drs.alias WHERE alias.alias = incoming.id AND alias.object <> incoming.id
"""
_NEW = """
WITH made AS (
    INSERT INTO drs.object (id, dataset, bundle, name, size, checksums, mime_type, description, version,
        created_at, updated_at, state)
    SELECT DISTINCT ON (id) id, dataset, bundle, name, size, checksums, mime_type, description, version,
        to_timestamp(created), to_timestamp(updated),
        CASE WHEN checksums = '{}' THEN 'preparing' ELSE 'ready' END
    FROM incoming WHERE wrong IS NULL ORDER BY id, number
    ON CONFLICT (id) DO NOTHING RETURNING id
)
UPDATE incoming SET fresh = true FROM made WHERE made.id = incoming.id AND incoming.wrong IS NULL
"""
_OTHER = f"""
UPDATE incoming SET wrong = 'there is an object of this id already, of another content or dataset'
FROM drs.object here WHERE here.id = incoming.id AND incoming.wrong IS NULL
    AND (here.dataset <> incoming.dataset
        OR NOT coalesce({_AGREE}, '{{}}' IN (here.checksums, incoming.checksums)))
"""
_MORE_SUMS = """
UPDATE drs.object SET checksums = incoming.checksums || object.checksums,
    state = CASE WHEN object.state = 'preparing' THEN 'ready' ELSE object.state END
FROM incoming WHERE incoming.id = object.id AND incoming.wrong IS NULL AND NOT incoming.fresh
    AND NOT object.checksums @> incoming.checksums
"""
_PLACES = """
INSERT INTO drs.location (dataset, store, key, object, mark)
SELECT DISTINCT ON (dataset, store, key) dataset, store, key, id, mark FROM incoming
WHERE wrong IS NULL AND key IS NOT NULL ORDER BY dataset, store, key, number DESC
ON CONFLICT (dataset, store, key) DO UPDATE SET object = excluded.object, mark = excluded.mark
WHERE (location.object, location.mark) IS DISTINCT FROM (excluded.object, excluded.mark)
"""
# What was found to be gone and has been put back is well again.
_WELL = """
UPDATE drs.object SET state = 'ready', said = NULL FROM incoming
WHERE object.id = incoming.id AND incoming.wrong IS NULL AND object.state = 'broken'
    AND incoming.mark IS NOT NULL
"""
_ALIASES = """
INSERT INTO drs.alias (alias, object)
SELECT DISTINCT ON (word) word, incoming.id FROM incoming CROSS JOIN unnest(aliases) AS word
WHERE wrong IS NULL AND NOT EXISTS (SELECT FROM drs.object WHERE object.id = word) ORDER BY word, number
ON CONFLICT DO NOTHING
"""
_ALIASES_LOST = """
SELECT number, word FROM incoming CROSS JOIN unnest(aliases) AS word LEFT JOIN drs.alias ON alias.alias = word
WHERE wrong IS NULL AND word <> incoming.id AND alias.object IS DISTINCT FROM incoming.id
ORDER BY number, word
"""
_CONTENT = """
INSERT INTO drs.content (bundle, name, member)
SELECT bundle, name, member FROM jsonb_to_recordset(%s::jsonb) AS (bundle text, name text, member text)
"""
_KNOWN_CONTENT = "SELECT bundle, name, member FROM drs.content WHERE bundle = ANY(%s)"
_OTHER_MEMBERS = "there is a bundle of this id already, with other members"
_FOUND = "SELECT number, id, fresh, wrong FROM incoming ORDER BY number"


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of each entry, in order: its id and whether it is new, or why it was not registered."""

    id: str
    fresh: bool
    wrong: str | None = None
    lost: Sequence[str] = ()
    """Aliases that it did not get, for they are somebody else's."""


def merge(connection: Any, entries: Sequence[Entry]) -> list[Merged]:
    """What becomes of files and bundles, within the psycopg2 connection's transaction.

    Members of bundles have to be registered before, and be of the bundle's dataset.
    """
    with connection.cursor() as cursor:
        for dataset in sorted({each.dataset for each in entries}):
            cursor.execute(_ALONE, (dataset,))
        cursor.execute(_INCOMING)
        cursor.execute("TRUNCATE incoming")
        copy_rows(connection, "incoming", _COLUMNS, (_row(*each) for each in enumerate(entries)))
        cursor.execute("ANALYZE incoming")
        for statement in (_SAME_PLACE, _NOT_AN_ALIAS, _NEW, _OTHER, _MORE_SUMS, _PLACES, _WELL, _ALIASES):
            cursor.execute(statement)
        lost: dict[int, list[str]] = {}
        cursor.execute(_ALIASES_LOST)
        for number, word in cursor.fetchall():
            lost.setdefault(number, []).append(word)
        cursor.execute(_FOUND)
        found = [
            Merged(identifier, fresh, wrong, lost.get(number, ()))
            for number, identifier, fresh, wrong in cursor.fetchall()
        ]
        return _filled(cursor, entries, found)


def _row(number: int, entry: Entry) -> tuple[Any, ...]:
    place = entry.place
    return (
        number, entry.id, entry.given, entry.dataset, entry.members is not None, entry.name, entry.size,
        dict(entry.checksums), entry.mime_type, entry.description, entry.version, entry.created.timestamp(),
        _seconds(entry.updated), place and place.store, place and place.key, place and place.mark,
        list(entry.aliases),
    )  # fmt: skip


def _seconds(when: datetime | None) -> float | None:
    return None if when is None else when.timestamp()


def _filled(cursor: Any, entries: Sequence[Entry], found: Sequence[Merged]) -> list[Merged]:
    """Puts members into the bundles that are new, and sees that those of the others are the same."""
    bundles = {
        made.id: (entry.members, made.fresh)
        for entry, made in zip(entries, found, strict=True)
        if entry.members is not None and made.wrong is None
    }
    rows = [
        {"bundle": identifier, "name": name, "member": member}
        for identifier, (members, fresh) in bundles.items()
        if fresh
        for name, member in members
    ]
    if rows:
        cursor.execute(_CONTENT, (orjson.dumps(rows).decode(),))
    known: dict[str, set[tuple[str, str]]] = {}
    cursor.execute(_KNOWN_CONTENT, ([each for each, (_, fresh) in bundles.items() if not fresh],))
    for identifier, name, member in cursor.fetchall():
        known.setdefault(identifier, set()).add((name, member))
    others = {each for each, members in known.items() if members != set(bundles[each][0])}
    return [replace(each, wrong=_OTHER_MEMBERS) if each.id in others else each for each in found]

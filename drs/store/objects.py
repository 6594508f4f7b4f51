"""Reading objects. An id is looked for as it is, then as an alias, then without the site's prefix."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from database.prepared import execute_prepared
from drs.domain.objects import Content, DrsObject, Place, State

FIELDS = (
    "object.id, object.dataset, object.bundle, object.name, object.size, object.checksums, "
    "object.created_at, object.updated_at, object.mime_type, object.description, object.version, "
    "object.state, "
    "ARRAY(SELECT alias FROM drs.alias WHERE alias.object = object.id ORDER BY alias), "
    "ARRAY(SELECT ARRAY[store, key, mark] FROM drs.location WHERE location.object = object.id "
    "ORDER BY store, key)"
)
# One query for any number of ids, always planned as look-ups by key.
_FIND = f"""
SELECT asked.id, {FIELDS}
FROM unnest(%s::text[], %s::text[]) AS asked(id, bare) JOIN drs.object ON object.id = coalesce(
    (SELECT exact.id FROM drs.object exact WHERE exact.id = asked.id),
    (SELECT alias.object FROM drs.alias WHERE alias.alias = asked.id),
    (SELECT exact.id FROM drs.object exact WHERE exact.id = asked.bare))
"""
_PAGE = f"""
SELECT NULL, {FIELDS} FROM drs.object WHERE dataset = %s AND id > %s ORDER BY id LIMIT %s
"""
_DIRECT = """
SELECT content.bundle, content.name, member, object.bundle
FROM drs.content JOIN drs.object ON object.id = member
WHERE content.bundle = ANY(%s) ORDER BY content.name COLLATE "C" LIMIT %s
"""
_TREE = """
WITH RECURSIVE inside AS (
    SELECT unnest(%s::text[]) AS bundle
    UNION
    SELECT member FROM inside JOIN drs.content ON content.bundle = inside.bundle
    JOIN drs.object ON object.id = member
    WHERE object.bundle
)
SELECT inside.bundle, content.name, member, object.bundle
FROM inside JOIN drs.content ON content.bundle = inside.bundle JOIN drs.object ON object.id = member
ORDER BY content.name COLLATE "C" LIMIT %s
"""
_COUNT = """
SELECT count(*), coalesce(sum(size) FILTER (WHERE NOT bundle), 0)::bigint FROM drs.object
WHERE dataset = ANY(%s)
"""
_COMPANIONS = f"""
SELECT companion.kind, {FIELDS} FROM drs.companion JOIN drs.object ON object.id = companion.index_object
WHERE companion.object = %s
"""
_HOLDERS = "SELECT DISTINCT bundle FROM drs.content WHERE member = %s ORDER BY bundle LIMIT %s"

Row = tuple[Any, ...]
Members = Mapping[str, Sequence[tuple[str, str, bool]]]
"""Of each bundle its members: name, id, and whether it is a bundle itself."""


def find(connection: Any, asked: Sequence[str], bare: Sequence[str]) -> dict[str, DrsObject]:
    """The objects, each by what was asked for; `bare` has the same ids without prefixes."""
    with connection.cursor() as cursor:
        execute_prepared(cursor, _FIND, (list(asked), list(bare)))
        return {row[0]: made(row[1:]) for row in cursor.fetchall()}


def page(connection: Any, dataset: str, after: str, most: int) -> list[DrsObject]:
    """The objects of a dataset whose ids come after that one, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(_PAGE, (dataset, after, most))
        return [made(row[1:]) for row in cursor.fetchall()]


def everything(connection: Any, dataset: str, size: int = 1_000) -> Iterator[DrsObject]:
    """All objects of a dataset, page by page."""
    found = page(connection, dataset, "", size)
    while found:
        yield from found
        found = page(connection, dataset, found[-1].id, size)


def members(connection: Any, bundles: Iterable[str], most: int, *, expand: bool) -> Members:
    """What bundles hold, and with `expand` what those in them hold; a row more than `most` at most."""
    found: dict[str, list[tuple[str, str, bool]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_TREE if expand else _DIRECT, (list(bundles), most + 1))
        for bundle, name, member, nested in cursor.fetchall():
            found.setdefault(bundle, []).append((name, member, nested))
    return found


def contents(bundle: str, known: Members, *, expand: bool) -> tuple[Content, ...]:
    """A bundle's contents, as a tree where `expand` says so."""
    return tuple(
        Content(name, member, contents(member, known, expand=True) if expand and nested else None)
        for name, member, nested in known.get(bundle, ())
    )


def count(connection: Any, datasets: Sequence[str]) -> tuple[int, int]:
    """How many objects these datasets have, and how many bytes their files."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, (list(datasets),))
        objects, size = cursor.fetchone()
        return objects, size


def companions(connection: Any, identifier: str) -> dict[str, DrsObject]:
    """The indexes of a file, by kind."""
    with connection.cursor() as cursor:
        execute_prepared(cursor, _COMPANIONS, (identifier,))
        return {row[0]: made(row[1:]) for row in cursor.fetchall()}


def holders(connection: Any, identifier: str, most: int = 10) -> list[str]:
    """The ids of bundles that hold an object."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLDERS, (identifier, most))
        return [row[0] for row in cursor.fetchall()]


def made(row: Row) -> DrsObject:
    """An object of a row of `FIELDS`."""
    (identifier, dataset, bundle, name, size, checksums, created, updated, mime_type, description, version,
     state, aliases, places) = row  # fmt: skip
    return DrsObject(
        id=identifier,
        dataset=dataset,
        bundle=bundle,
        name=name,
        size=size,
        checksums=checksums,
        created=created,
        updated=updated,
        mime_type=mime_type,
        description=description,
        version=version,
        state=State(state),
        aliases=tuple(aliases),
        places=tuple(Place(*each) for each in places),
    )

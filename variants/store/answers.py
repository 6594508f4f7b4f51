"""Answers of one release: whether, how many, which and who.

Each takes a lent connection and is one snapshot; `step` is how many rows are held in memory at once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from operator import itemgetter
from typing import Any

from pyroaring import BitMap

from database.copying import read_rows
from database.prepared import execute_prepared
from variants.domain import carriers as sets
from variants.domain.allele import AlleleRow
from variants.domain.dataset import Release
from variants.domain.target import Interval, Target
from variants.domain.trying import tried
from variants.domain.witnesses import Stored, is_rest, parts, witnesses
from variants.store import generations, rows, tiles
from variants.store.selection import Condition, fragments, perhaps_carried_by

Connection = Any


# Columns as `rows.ASKED`; who carries an allele how is left to whom it matters.
_HOW = frozenset({"hom", "hemi", "half", "missing"})
_BARE = ", ".join("NULL::bytea" if name in _HOW else name for name in rows.ASKED)
_FIRST = 32  # rows fetched at first
_FEW = 16  # alleles that are taken at once, where no more are likely


def exists(connection: Connection, release: Release, target: Target, step: int) -> bool:
    """True where any allele matches. One query, unless it matters who carries it."""
    if _by_hand(target, release):
        with _matching(connection, release, target, step) as found:
            return next(found, None) is not None
    if _span(target) is not None:
        return count(connection, release, target, step) > 0  # from the tiles, where the width does not matter
    pieces = fragments(target, release)
    if not pieces:
        return False
    table = generations.alleles(release.generation)
    return bool(
        _one(
            connection,
            [f"EXISTS (SELECT 1 FROM {table} WHERE {piece.sql})" for piece in pieces],
            " OR ",
            pieces,
        )
    )


def count(connection: Connection, release: Release, target: Target, step: int) -> int:
    """How many alleles match. One query, unless it matters who carries them."""
    if _by_hand(target, release):
        with _matching(connection, release, target, step) as found:
            return sum(1 for _ in found)
    if target == Target():
        return release.alleles
    table = generations.alleles(release.generation)
    span = _span(target)
    if span is None:
        pieces = fragments(target, release)
        queries = [f"(SELECT count(*) FROM {table} WHERE {piece.sql})" for piece in pieces]
        return int(_one(connection, queries, " + ", pieces)) if pieces else 0
    covered = tiles.cover(span)
    pieces = tiles.beside(span, covered.edges, release)
    queries = [f"(SELECT count(*) FROM {table} WHERE {piece.sql})" for piece in pieces]
    whole = tiles.in_runs(covered.runs, release)
    name = generations.tiles(release.generation)
    queries.append(f"(SELECT coalesce(sum(alleles), 0)::bigint FROM {name} WHERE {whole.sql})")
    return int(_one(connection, queries, " + ", [*pieces, whole]))


def page(
    connection: Connection, release: Release, target: Target, offset: int, limit: int, *, step: int
) -> list[AlleleRow]:
    """Matching alleles by place, reference and alternate bases: at most `limit`, from `offset` on."""
    if limit <= 0:
        return []
    if _by_hand(target, release):
        return _carried_page(connection, release, target, offset, limit, step=step)
    pieces = fragments(target, release)
    if not pieces:
        return []
    query, values = _ordered(", ".join(rows.ASKED), release, pieces, offset + limit)
    with connection.cursor() as cursor:
        cursor.execute(f"{query} LIMIT {int(limit)} OFFSET {int(offset)}", values)
        return [rows.from_stored(found, release) for found in cursor.fetchall()]


def _named_alleles(connection: Connection, release: Release, target: Target, limit: int) -> list[AlleleRow]:
    """The alleles that a target names, by place, without whatever only a record tells of their carriers."""
    pieces = fragments(target, release)
    if not pieces:
        return []
    query, values = _ordered(_BARE, release, pieces, limit)
    with connection.cursor() as cursor:
        execute_prepared(cursor, f"{query} LIMIT {int(limit)}", values)
        return [rows.from_stored(found, release) for found in cursor.fetchall()]


def carriers(connection: Connection, release: Release, target: Target, step: int) -> BitMap:
    """Everybody who carries a matching allele, in the way and being one of those who are asked for."""
    if not release.has_samples:
        return BitMap()
    if target.carried_by is not None:
        with _matching(connection, release, target, step) as found:
            return _union((data for _, data in found), release, step) & BitMap(target.carried_by)
    span = _everything(release) if target == Target() else _span(target)
    if span is not None:
        return _by_tiles(connection, release, span)
    pieces = fragments(target, release)
    if not pieces:
        return BitMap()
    if _narrow_or_named(target):
        return sets.union(_sets(connection, release, target, pieces), release.samples)
    who = _who(target)
    with _scan(connection, *_unordered(_sets_of(target), release, pieces), step) as found:
        return _union(map(who, found), release, step)


def _by_tiles(connection: Connection, release: Release, span: Interval) -> BitMap:
    covered = tiles.cover(span)
    whole = tiles.in_runs(covered.runs, release)
    name = generations.tiles(release.generation)
    found = read_rows(
        connection, f"SELECT carriers FROM {name} WHERE {whole.sql}", whole.values, types=("bytea",)
    )
    everybody = sets.union((data for (data,) in found), release.samples)
    if len(everybody) == release.samples:
        return everybody  # whatever else overlaps, nobody can be added
    return everybody | sets.union(
        _sets(connection, release, Target(), tiles.beside(span, covered.edges, release)), release.samples
    )


def _span(target: Target) -> Interval | None:
    """The one interval that is all a target asks, where tiles are worth the while; else None."""
    if target.within is not None and target == Target(within=target.within):
        return target.within
    if target.intervals is not None and len(target.intervals) == 1 and target.only_intervals:
        interval = target.intervals[0]
        return interval if interval.stop - interval.start >= tiles.WORTH else None
    return None


def _everything(release: Release) -> Interval:
    return Interval(0, (max(place.ordinal for place in release.places.values()) + 1) << 32)


def _narrow_or_named(target: Target) -> bool:
    """True where so little is asked that all its rows fit in memory."""
    return _named(target) or _narrow(target)


def _named(target: Target) -> bool:
    """True where the target says what alleles it means, rather than where they lie."""
    return target.spots is not None or target.spellings is not None or target.identified is not None


def _narrow(target: Target) -> bool:
    """True where the places asked are so narrow that all their rows fit in memory."""
    if target.intervals is None or target.genes:
        return False
    return sum(interval.stop - interval.start for interval in target.intervals) < 1 << 20


def _sets(
    connection: Connection, release: Release, target: Target, pieces: list[Condition]
) -> Iterator[Stored]:
    if pieces:
        query, values = _unordered(_sets_of(target), release, pieces)
        types = ("bytea",) * len(parts(target.zygosities))
        yield from map(_who(target), read_rows(connection, query, values, types=types))


def _sets_of(target: Target) -> str:
    """The columns that say who carries an allele in the way that is asked for; `_who` takes them."""
    return ", ".join(parts(target.zygosities))


def _who(target: Target) -> Callable[[Sequence[Any]], Stored]:
    """Whoever carries an allele in the way that is asked for, from the last columns of a row."""
    if not target.zygosities:
        return itemgetter(-1)
    how, columns = target.zygosities, len(parts(target.zygosities))
    return lambda row: witnesses(how, row[-columns:])


def _union(found: Iterable[Stored], release: Release, step: int) -> BitMap:
    """The union of many sets in steps, given up once nobody is left to be added."""
    everybody, rest = BitMap(), iter(found)
    while some := list(islice(rest, step)):
        everybody |= sets.union(some, release.samples)
        if len(everybody) == release.samples:
            break
    return everybody


# --- rows, filtered by who carries them


def _by_hand(target: Target, release: Release) -> bool:
    """True where the sets of each row must be looked into: the database cannot say for sure who carries."""
    if target.carried_by is not None:
        return True
    if target.zygosities and target.least_carriers is not None:
        return True
    return bool(target.zygosities) and is_rest(target.zygosities) and not sets.countable(release.samples)


@contextmanager
def _matching(
    connection: Connection, release: Release, target: Target, step: int, *, in_order: bool = False
) -> Iterator[Iterator[tuple[str, Stored]]]:
    """Row address of the matching alleles, and who carries them in the way asked, in bounded memory.

    Ends at the block's end.
    """
    inside = target.carried_by
    pieces = fragments(target, release) if inside is None or inside else []
    if not pieces:
        yield iter(())
        return
    if inside is not None:
        some = perhaps_carried_by(inside)
        pieces = [piece.and_(some) for piece in pieces]
    columns = f"ctid, {_sets_of(target)}"
    if in_order:
        query, values = _ordered(columns, release, pieces, None)
    else:
        query, values = _unordered(columns, release, pieces)
    who, is_one = _who(target), _is_one(target)
    with _scan(connection, query, values, step, few=in_order) as found:
        seen = ((row[0], who(row)) for row in found)
        yield ((address, data) for address, data in seen if is_one(data))


def _is_one(target: Target) -> Callable[[Stored], bool]:
    """Whether those who carry an allele in the way asked are whom the target asks about, and enough."""
    inside, least = target.carried_by, target.least_carriers
    if least is not None:
        number = _number(_asked_of(target))
        return lambda data: number(data) >= least
    return sets.Mask(inside).touches if inside is not None else _anybody


def _asked_of(target: Target) -> BitMap | None:
    """Whom the target asks about, once for all rows; None where everybody."""
    return None if target.carried_by is None else BitMap(target.carried_by)


def _number(inside: BitMap | None) -> Callable[[Stored], int]:
    """How many of those asked about carry an allele."""
    if inside is None:
        return lambda data: len(sets.decode(data))
    return lambda data: inside.intersection_cardinality(sets.decode(data))


def _asked(data: Stored, inside: BitMap | None) -> BitMap:
    found = sets.decode(data)
    return found if inside is None else found & inside


def _anybody(data: Stored) -> bool:
    return data is not None


Carried = tuple[AlleleRow, int, Stored]
"""An allele, how many samples carry it in the way asked, and which."""


def in_place(
    connection: Connection, release: Release, target: Target, line: int, *, step: int
) -> list[Carried]:
    """The first matching alleles by place that are tried, and the first that at least `line` samples carry.

    Nothing after that one. Which are tried says `trying.tried`.
    """
    near = tried(target)
    found = [] if near is None else _up_to_common(connection, release, near, line, step=step)
    if found and found[-1][1] >= line:
        return found
    common = replace(target, least_carriers=max(line, target.least_carriers or 0))
    return found + _up_to_common(connection, release, common, line, step=step)


def _up_to_common(
    connection: Connection, release: Release, target: Target, line: int, *, step: int
) -> list[Carried]:
    """The first matching alleles by place, up to the first that at least `line` samples carry."""
    if target.carried_by is None and not target.zygosities and _narrow_or_named(target):
        some = page(connection, release, target, 0, _FEW + 1, step=step)
        if len(some) <= _FEW:
            return _to_line([_carried(row) for row in some if row.carried], line)
    inside = _asked_of(target)
    with _matching(connection, release, target, step, in_order=True) as found:
        seen = ((address, _asked(data, inside)) for address, data in found)
        wanted = dict(_first(seen, line))
        if not wanted:
            return []
        table = generations.alleles(release.generation)
        with connection.cursor() as cursor:  # still in the snapshot in which the addresses hold
            cursor.execute(
                f"SELECT ctid, {', '.join(rows.ASKED)} FROM {table} WHERE ctid = ANY(%s::tid[])",
                (list(wanted),),
            )
            by_address = {row[0]: rows.from_stored(row[1:], release) for row in cursor.fetchall()}
    return [(by_address[each], len(who), sets.encode_bitmap(who)) for each, who in wanted.items()]


def _first(found: Iterator[tuple[str, BitMap]], line: int) -> Iterator[tuple[str, BitMap]]:
    for address, who in found:
        yield address, who
        if len(who) >= line:
            return


def _to_line(found: list[Carried], line: int) -> list[Carried]:
    last = next((place for place, (_, number, _) in enumerate(found) if number >= line), len(found))
    return found[: last + 1]


def named(connection: Connection, release: Release, target: Target, limit: int) -> list[Carried] | None:
    """The alleles found by a target that says which it means, in order of place: one query.

    None where it says something else, may find more than `limit`, or asks how they are carried or by whom.
    """
    if target.carried_by is not None or target.zygosities or not _named(target):
        return None
    found = _named_alleles(connection, release, target, limit + 1)
    return [_carried(row) for row in found if row.carried] if len(found) <= limit else None


def _carried(row: AlleleRow) -> Carried:
    return row, row.carried, row.carriers


def _carried_page(
    connection: Connection, release: Release, target: Target, offset: int, limit: int, *, step: int
) -> list[AlleleRow]:
    with _matching(connection, release, target, step, in_order=True) as found:
        addresses = [address for address, _ in islice(found, offset, offset + limit)]
        if not addresses:
            return []
        table = generations.alleles(release.generation)
        with connection.cursor() as cursor:  # still in the snapshot in which the addresses hold
            cursor.execute(
                f"SELECT {', '.join(rows.ASKED)} FROM {table} "
                f"WHERE ctid = ANY(%s::tid[]) ORDER BY {rows.ORDER}",
                (addresses,),
            )
            return [rows.from_stored(row, release) for row in cursor.fetchall()]


@contextmanager
def _scan(
    connection: Connection, query: str, values: list[Any], step: int, *, few: bool = False
) -> Iterator[Iterator[Any]]:
    """The rows of a query, `step` at a time, in one snapshot that ends with the block.

    `few` says that the first rows are likely to be enough.
    """
    with connection.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            cursor.execute("SET LOCAL cursor_tuple_fraction = %s", (0.00001 if few else 1.0,))
            cursor.execute(f"DECLARE found NO SCROLL CURSOR FOR {query}", values)
            yield _fetched(connection, step)
        finally:
            if not connection.closed:
                cursor.execute("ROLLBACK")


def _fetched(connection: Connection, step: int) -> Iterator[Any]:
    size = min(_FIRST, step)  # whoever wants one row does not wait for thousands
    with connection.cursor() as cursor:
        while True:
            cursor.execute(f"FETCH {int(size)} FROM found")
            some = cursor.fetchall()
            yield from some
            if len(some) < size:
                return
            size = min(2 * size, step)


# --- SQL


def _unordered(columns: str, release: Release, pieces: list[Condition]) -> tuple[str, list[Any]]:
    table = generations.alleles(release.generation)
    queries = [f"SELECT {columns} FROM {table} WHERE {piece.sql}" for piece in pieces]
    return " UNION ALL ".join(queries), [value for piece in pieces for value in piece.values]


def _ordered(
    columns: str, release: Release, pieces: list[Condition], most: int | None
) -> tuple[str, list[Any]]:
    """The rows of all pieces in order; of several pieces, each by itself gives no more than `most`."""
    table = generations.alleles(release.generation)
    if len(pieces) == 1:
        return f"SELECT {columns} FROM {table} WHERE {pieces[0].sql} ORDER BY {rows.ORDER}", list(
            pieces[0].values
        )
    limit = "" if most is None else f" LIMIT {int(most)}"
    keys = "start AS k1, stop AS k2, ref AS k3, alt AS k4, length AS k5"
    queries = [
        f"(SELECT {columns}, {keys} FROM {table} WHERE {piece.sql} ORDER BY {rows.ORDER}{limit})"
        for piece in pieces
    ]
    every = " UNION ALL ".join(queries)
    query = f"SELECT {columns} FROM ({every}) AS found ORDER BY k1, k2, k3, k4, k5 NULLS FIRST"
    return query, [value for piece in pieces for value in piece.values]


def _one(connection: Connection, queries: list[str], joined_by: str, pieces: list[Condition]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {joined_by.join(queries)}", [value for piece in pieces for value in piece.values]
        )
        return cursor.fetchone()[0]

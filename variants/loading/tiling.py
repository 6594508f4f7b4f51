"""Tiles of a load's rows, joined with those that the generation has."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from pyroaring import BitMap

from database.copying import copy_rows
from variants.domain.carriers import decode, encode_bitmap
from variants.loading.load import Load
from variants.store import generations
from variants.store.generations import NEVER
from variants.store.tiles import COARSE, FINE

_COLUMNS = ("level", "tile", "since", "alleles", "carriers")
_STEP = 500  # tiles held in memory at once


def write_tiles(connection: Any, load: Load, source: str) -> None:
    """Writes the tiles that the rows of `source` change, under the load's sequence, and closes the old ones.

    `source` is the generation's own table for a first load, else the stage, before it is merged in.
    """
    name = generations.tiles(load.generation)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE added (tile bigint, alleles bigint, carriers bytea) ON COMMIT DROP"
        )
        cursor.execute(f"INSERT INTO added (tile, alleles) {_counts(load, source)}")
        cursor.execute(
            "INSERT INTO added SELECT tile, 0, carriers FROM variants.part_tile WHERE load = %s", (load.id,)
        )
        cursor.execute(f"CREATE TEMPORARY TABLE fresh (LIKE {name} INCLUDING DEFAULTS) ON COMMIT DROP")
        for level in (FINE, COARSE):
            _write_level(connection, load, level)
        cursor.execute(
            f"UPDATE {name} t SET until = %s FROM fresh f "
            "WHERE t.level = f.level AND t.tile = f.tile AND t.until > %s",
            (load.sequence, load.sequence),
        )
        cursor.execute(f"INSERT INTO {name} SELECT * FROM fresh")
        cursor.execute("DROP TABLE added, fresh")


def _counts(load: Load, source: str) -> str:
    """How many alleles start in each tile that the generation does not hold already."""
    if not load.staged:
        return f"SELECT start >> {FINE}, count(*) FROM {source} WHERE until > {NEVER} GROUP BY 1"
    table = generations.alleles(load.generation)
    return (
        f"SELECT b.start >> {FINE}, count(*) FROM {source} b WHERE b.until > {NEVER} "
        f"AND NOT EXISTS (SELECT FROM {table} a "
        "WHERE a.start = b.start AND a.stop = b.stop AND a.ref = b.ref AND a.alt = b.alt "
        f"AND a.length IS NOT DISTINCT FROM b.length AND a.until > {load.sequence}) GROUP BY 1"
    )


def _write_level(connection: Any, load: Load, level: int) -> None:
    shift, name = level - FINE, generations.tiles(load.generation)
    query = (
        f"SELECT tile >> {shift} AS tile, alleles, carriers FROM added UNION ALL "
        f"SELECT t.tile, t.alleles, t.carriers FROM {name} t "
        f"WHERE t.level = {level} AND t.until > {load.sequence} "
        f"AND t.tile IN (SELECT tile >> {shift} FROM added) ORDER BY tile"
    )
    with connection.cursor(f"tiles_{level}") as source:
        source.itersize = _STEP
        source.execute(query)
        for some in _steps(_joined(source)):
            copy_rows(
                connection,
                "fresh",
                _COLUMNS,
                ((level, tile, load.sequence, n, data) for tile, n, data in some),
            )


def _joined(rows: Any) -> Iterator[tuple[int, int, bytes | None]]:
    for tile, same in groupby(rows, key=itemgetter(0)):
        count, everybody = 0, BitMap()
        for _, alleles, data in same:
            count += alleles
            if data is not None:
                everybody |= decode(data)
        yield tile, count, encode_bitmap(everybody)


def _steps(found: Iterator[tuple[int, int, bytes | None]]) -> Iterator[list[tuple[int, int, bytes | None]]]:
    some = []
    for one in found:
        some.append(one)
        if len(some) == _STEP:
            yield some
            some = []
    yield some

"""The tables of one generation of a dataset: its alleles and its tiles.

An allele's row never changes but for `until`: it is part of every release whose sequence is in [since,
until). A row that ends `NEVER` has begun is part of none: a file lists an allele that nobody in it carries.
That allele does not exist in the dataset, but the file's samples count among those called once somebody in
another file carries it.

Tables are made without indexes, filled, and indexed once.
"""

from typing import Any

LONG = 1024  # bases of reference; alleles that cover more are found through the index of long alleles
FOREVER = 2**31 - 1
NEVER = 0

ALLELE_TYPES = {
    "start": "bigint NOT NULL",
    "stop": "bigint NOT NULL",
    "mate": "bigint",
    "panel": "bigint",
    "since": "integer NOT NULL",
    "until": f"integer NOT NULL DEFAULT {FOREVER}",
    "length": "integer",
    "carried": "integer NOT NULL",
    "ac": "integer",
    "an": "integer",
    "kind": "smallint NOT NULL",
    "roll": "smallint",
    "ref": 'text COLLATE "C" NOT NULL',
    "alt": 'text COLLATE "C" NOT NULL',
    "anchor": "text",
    "copy_change": "text",
    "ids": "text[]",
    "carriers": "bytea",
    "hom": "bytea",
    "hemi": "bytea",
    "half": "bytea",
    "missing": "bytea",
    "single": "bytea",
    "genes": "text[]",
    "changes": "text[]",
    "hgvs": "text[]",
    "consequences": "text[]",
    "frequencies": "jsonb",
    "detail": "jsonb",
}
_SETS = ("carriers", "hom", "hemi", "half", "missing", "single")


def alleles(generation: int) -> str:
    """The name of a generation's allele table."""
    return f"variants.allele_g{generation}"


def tiles(generation: int) -> str:
    """The name of a generation's tile table."""
    return f"variants.tile_g{generation}"


def stage(load: int) -> str:
    """The name of the table in which a load that adds to a generation gathers its rows."""
    return f"variants.stage_l{load}"


def create_generation(cursor: Any, generation: int) -> None:
    """Makes a generation's tables, empty and without indexes."""
    create_alleles(cursor, alleles(generation))
    cursor.execute(
        f"CREATE TABLE {tiles(generation)} (level smallint NOT NULL, tile bigint NOT NULL, "
        f"since integer NOT NULL, until integer NOT NULL DEFAULT {FOREVER}, "
        "alleles bigint NOT NULL, carriers bytea)"
    )
    _keep_sets_raw(cursor, tiles(generation), ("carriers",))
    cursor.execute(f"CREATE INDEX ON {tiles(generation)} (level, tile)")


def create_alleles(cursor: Any, table: str) -> None:
    """Makes an empty table of allele rows.

    Sets of samples are packed already: trying to compress them again costs time and gains nothing, and rows
    of up to a page stay in one place.
    """
    columns = ", ".join(f"{name} {kind}" for name, kind in ALLELE_TYPES.items())
    cursor.execute(f"CREATE TABLE {table} ({columns}) WITH (toast_tuple_target = 8160)")
    _keep_sets_raw(cursor, table, _SETS)


def _keep_sets_raw(cursor: Any, table: str, columns: tuple[str, ...]) -> None:
    for column in columns:
        cursor.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")


def index_places(cursor: Any, table: str) -> None:
    """Makes the index of places, which merging needs, too. Idempotent.

    It holds whatever counting asks, so that counts read no row.
    """
    cursor.execute(
        f"CREATE INDEX IF NOT EXISTS {table.removeprefix('variants.')}_place ON {table} "
        "(start, stop) INCLUDE (since, until, kind, length, carried)"
    )


def index_alleles(cursor: Any, generation: int) -> None:
    """Makes the other indexes that are not there yet. Idempotent; the table is not written to meanwhile."""
    table, short = alleles(generation), f"allele_g{generation}"
    columns = {
        "long": f"USING gist (int8range(start, stop)) WHERE stop - start > {LONG}",
        "mate": "(mate) WHERE mate IS NOT NULL",
        "genes": "USING gin (genes) WITH (fastupdate = off) WHERE genes IS NOT NULL",
        "changes": "USING gin (changes) WITH (fastupdate = off) WHERE changes IS NOT NULL",
        "hgvs": "USING gin (hgvs) WITH (fastupdate = off) WHERE hgvs IS NOT NULL",
        "consequences": "USING gin (consequences) WITH (fastupdate = off) WHERE consequences IS NOT NULL",
    }
    for name, definition in columns.items():
        cursor.execute(f"CREATE INDEX IF NOT EXISTS {short}_{name} ON {table} {definition}")


def drop_generation(cursor: Any, generation: int) -> None:
    """Drops a generation's tables, there or not. Waits for readers as lock_timeout says."""
    cursor.execute(f"DROP TABLE IF EXISTS {alleles(generation)}, {tiles(generation)}")

"""Alleles that a table holds more than once become one row each."""

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from database.copying import copy_rows
from variants.loading.merging import Stored, merged
from variants.loading.panels import Panels
from variants.store.generations import FOREVER, NEVER
from variants.store.rows import KEY, ORDER, STORED

_STEP = 500  # rows held in memory at once
_SAME = (
    "a.start = b.start AND a.stop = b.stop AND a.ref = b.ref AND a.alt = b.alt AND "
    "a.length IS NOT DISTINCT FROM b.length"
)


def merge_within(connection: Any, table: str, generation: int) -> tuple[int, int]:
    """Merges the duplicates of a table, in the connection's transaction.

    Places held by one row only are passed over by the index alone. Gives how many alleles that exist
    went into others, and the contradictions.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE twice ON COMMIT DROP AS "
            f"SELECT start, stop, ref, alt, length FROM {table} WHERE (start, stop) IN "
            f"(SELECT start, stop FROM {table} GROUP BY start, stop HAVING count(*) > 1) "
            "GROUP BY start, stop, ref, alt, length HAVING count(*) > 1"
        )
        if cursor.rowcount == 0:
            cursor.execute("DROP TABLE twice")
            return 0, 0
        cursor.execute("CREATE INDEX ON twice (start, stop)")
        cursor.execute("ANALYZE twice")
        cursor.execute(f"CREATE TEMPORARY TABLE joined (LIKE {table}) ON COMMIT DROP")
        query = f"SELECT a.* FROM {table} a JOIN twice b ON {_SAME} ORDER BY {_ordered('a')}"
        conflicts = _write_joined(connection, cursor, query, generation)
        cursor.execute(
            f"WITH gone AS (DELETE FROM {table} a USING twice b WHERE {_SAME} RETURNING a.until) "
            f"SELECT (SELECT count(*) FROM gone WHERE until > {NEVER}) "
            f"- (SELECT count(*) FROM joined WHERE until > {NEVER})"
        )
        fewer = cursor.fetchone()[0]
        cursor.execute(f"INSERT INTO {table} SELECT * FROM joined")
        cursor.execute("DROP TABLE joined, twice")
    return fewer, conflicts


def merge_into(connection: Any, stage: str, table: str, generation: int, sequence: int) -> tuple[int, int]:
    """Adds a stage's rows to a generation under a new sequence, in the connection's transaction.

    Rows of alleles that are there already are closed and superseded by merged ones. Gives how many
    alleles of the stage existed already, and the contradictions.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE met ON COMMIT DROP AS "
            f"SELECT a.ctid AS old, b.ctid AS new, a.until > {NEVER} AND b.until > {NEVER} AS existed "
            f"FROM {stage} b JOIN {table} a ON {_SAME} WHERE a.until > {sequence} OR a.until = {NEVER}"
        )
        cursor.execute("ANALYZE met")
        cursor.execute(f"CREATE TEMPORARY TABLE joined (LIKE {table}) ON COMMIT DROP")
        query = (
            f"SELECT * FROM (SELECT a.* FROM {table} a JOIN met ON a.ctid = met.old UNION ALL "
            f"SELECT b.* FROM {stage} b JOIN met ON b.ctid = met.new) AS a ORDER BY {_ordered('a')}"
        )
        conflicts = _write_joined(connection, cursor, query, generation)
        cursor.execute("UPDATE joined SET since = %s", (sequence,))
        cursor.execute(f"DELETE FROM {table} a USING met WHERE a.ctid = met.old AND a.until = {NEVER}")
        cursor.execute(f"UPDATE {table} a SET until = {sequence} FROM met WHERE a.ctid = met.old")
        cursor.execute(f"INSERT INTO {table} SELECT * FROM joined")
        cursor.execute(
            f"INSERT INTO {table} SELECT b.* FROM {stage} b "
            "WHERE NOT EXISTS (SELECT FROM met WHERE met.new = b.ctid)"
        )
        cursor.execute("SELECT count(*) FROM met WHERE existed")
        existed = cursor.fetchone()[0]
        cursor.execute("DROP TABLE joined, met")
    return existed, conflicts


def _ordered(name: str) -> str:
    return ", ".join(f"{name}.{column}" for column in ORDER.split(", "))


def _write_joined(connection: Any, cursor: Any, query: str, generation: int) -> int:
    """Merges the rows of the query, in order, and copies the outcome into `joined` by and by."""
    panels = Panels(cursor, generation)
    conflicts = 0
    with connection.cursor("observations") as source:
        source.itersize = _STEP
        source.execute(query)
        for some in _steps(_merged(source, panels)):
            conflicts += sum(more for _, more in some)
            copy_rows(connection, "joined", STORED, ([row[name] for name in STORED] for row, _ in some))
    return conflicts


def _merged(rows: Iterable[Any], panels: Panels) -> Iterator[tuple[Stored, int]]:
    for _, same in groupby(rows, key=itemgetter(*map(STORED.index, KEY))):
        row, conflicts = _united(same, panels)
        # Without samples whatever is listed exists; with them, what somebody carries.
        row["until"] = FOREVER if row["panel"] is None or row["carried"] else NEVER
        yield row, conflicts


def _united(same: Iterable[Any], panels: Panels) -> tuple[Stored, int]:
    """One row of many, a step of which is in memory at once: an allele may stand in each of many files."""
    row: Stored | None = None
    rest, conflicts = iter(same), 0
    while some := list(islice(rest, _STEP)):
        rows = [dict(zip(STORED, each, strict=True)) for each in some]
        row, more = merged(rows if row is None else [row, *rows], panels)
        conflicts += more
    if row is None:
        raise ValueError("nothing to unite")
    return row, conflicts


def _steps(found: Iterator[tuple[Stored, int]]) -> Iterator[list[tuple[Stored, int]]]:
    some: list[tuple[Stored, int]] = []
    for one in found:
        some.append(one)
        if len(some) == _STEP:
            yield some
            some = []
    if some:
        yield some

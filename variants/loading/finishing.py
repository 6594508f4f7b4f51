"""From parts that are all there to a release: merge, index, tiles, switch. Each step may be repeated."""

from dataclasses import dataclass
from typing import Any

from psycopg2.extras import Json

from database.engine import Database
from variants.errors import LoadConflict
from variants.loading.duplicates import merge_into, merge_within
from variants.loading.load import Load, LoadReport
from variants.loading.tiling import write_tiles
from variants.reading.report import Report
from variants.store import generations
from variants.store.generations import FOREVER, LONG, NEVER
from variants.store.releases import moved
from variants.store.samples import inherit

_INDEX_MEMORY = "256MB"
_SCATTERED = 0.2  # of rows gone in merging: beyond it the table is written anew in order of place

_ANNOTATED = "genes IS NOT NULL OR changes IS NOT NULL OR hgvs IS NOT NULL OR consequences IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Held:
    """What a table of alleles holds."""

    alleles: int
    long_alleles: int
    reach: int
    annotated: bool
    roll: int


def finish(database: Database, load: Load, report: LoadReport) -> LoadReport:
    """Makes the load's rows the dataset's new release, in one switch; gives the completed report.

    Readers see the old release until the switch and the new one after it. Killed at any moment, it can be
    called again.
    """
    if load.staged:
        return _finish_addition(database, load, report)
    return _finish_first(database, load, report)


def _finish_first(database: Database, load: Load, report: LoadReport) -> LoadReport:
    table = generations.alleles(load.generation)
    with database.unit_of_work() as work:
        cursor = _cursor(work.raw)
        _hold(cursor, load)
        generations.index_places(cursor, table)
        gone, contradictions = merge_within(work.raw, table, load.generation)
        _remember(cursor, load, gone, contradictions)
        work.commit()
    with database.unit_of_work() as work:
        cursor = _cursor(work.raw)
        _hold(cursor, load)
        gone, contradictions = _remembered(cursor, load)
        held = _held(cursor, table, load)
        if _is_scattered(cursor, load, gone, held):
            cursor.execute(f"CLUSTER {table} USING allele_g{load.generation}_place")
        generations.index_alleles(cursor, load.generation)
        work.commit()
    vacuum(database, table)
    with database.unit_of_work() as work:
        cursor = _cursor(work.raw)
        _hold(cursor, load)
        write_tiles(work.raw, load, table)
        done = _switched(cursor, load, held, report, merged=gone, contradictions=contradictions)
        work.commit()
    vacuum(database, generations.tiles(load.generation))
    return done


def _finish_addition(database: Database, load: Load, report: LoadReport) -> LoadReport:
    stage, table = generations.stage(load.id), generations.alleles(load.generation)
    with database.unit_of_work() as work:
        cursor = _cursor(work.raw)
        _hold(cursor, load)
        generations.index_places(cursor, stage)
        gone, contradictions = merge_within(work.raw, stage, load.generation)
        _remember(cursor, load, gone, contradictions)
        work.commit()
    vacuum(database, stage)
    with database.unit_of_work() as work:
        cursor = _cursor(work.raw)
        _hold(cursor, load)
        gone, contradictions = _remembered(cursor, load)
        _purge(cursor, load)
        staged = _held(cursor, stage, load)
        write_tiles(work.raw, load, stage)
        there, more = merge_into(work.raw, stage, table, load.generation, load.sequence)
        held = _together(cursor, load, staged, there)
        done = _switched(
            cursor, load, held, report, merged=gone + there, contradictions=contradictions + more
        )
        cursor.execute(f"DROP TABLE {stage}")
        work.commit()
    for name in (table, generations.tiles(load.generation)):
        vacuum(database, name)
    return done


def vacuum(database: Database, table: str) -> None:
    """Lets counts be answered from the index alone, and tells the planner what the table holds."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"VACUUM (ANALYZE) {table}")


def _cursor(connection: Any) -> Any:
    cursor = connection.cursor()
    cursor.execute(f"SET LOCAL maintenance_work_mem = '{_INDEX_MEMORY}'")
    return cursor


def _hold(cursor: Any, load: Load) -> None:
    """Lets nobody else finish the load in this transaction, nor anybody one that is finished already.

    Whoever holds the dataset has lost it unawares where the database was started anew meanwhile.
    """
    cursor.execute("SELECT state FROM variants.load WHERE id = %s FOR UPDATE", (load.id,))
    row = cursor.fetchone()
    if row is None or row[0] != "running":
        raise LoadConflict(f"another command has ended load {load.id} of dataset {load.dataset} meanwhile")


def _remember(cursor: Any, load: Load, gone: int, contradictions: int) -> None:
    """Adds what merging found; called again after an interruption it has nothing left to merge."""
    cursor.execute(
        "UPDATE variants.load SET merged = merged + %s, contradictions = contradictions + %s WHERE id = %s",
        (gone, contradictions, load.id),
    )


def _remembered(cursor: Any, load: Load) -> tuple[int, int]:
    cursor.execute("SELECT merged, contradictions FROM variants.load WHERE id = %s", (load.id,))
    merged, contradictions = cursor.fetchone()
    return merged, contradictions


def _held(cursor: Any, table: str, load: Load) -> Held:
    cursor.execute(
        f"SELECT count(*), count(*) FILTER (WHERE stop - start > {LONG}), "
        f"coalesce(max(stop - start) FILTER (WHERE stop - start <= {LONG}), 1) "
        f"FROM {table} WHERE until > {NEVER}"
    )
    alleles, long_alleles, reach = cursor.fetchone()
    cursor.execute(f"SELECT EXISTS (SELECT FROM {table} WHERE {_ANNOTATED})")
    annotated = cursor.fetchone()[0]
    return Held(alleles, long_alleles, max(1, reach), annotated, _roll(cursor, table, load))


def _roll(cursor: Any, table: str, load: Load) -> int:
    """The furthest that an allele rolls. Without a reference genome none is known to, and no row is read."""
    if load.reference is None:
        return 0
    cursor.execute(f"SELECT coalesce(max(roll), 0) FROM {table} WHERE until > {NEVER}")
    return int(cursor.fetchone()[0])


def _together(cursor: Any, load: Load, staged: Held, there: int) -> Held:
    """What the generation holds with the stage's rows, `there` of whose alleles it had already."""
    cursor.execute(
        "SELECT alleles, long_alleles, reach, annotated, roll FROM variants.release WHERE dataset = %s",
        (load.dataset,),
    )
    alleles, long_alleles, reach, annotated, roll = cursor.fetchone()
    return Held(
        alleles + staged.alleles - there,
        # Where none were long before or now, none are; else an upper bound serves: it only says where to
        # look.
        long_alleles + staged.long_alleles,
        max(reach, staged.reach),
        annotated or staged.annotated,
        max(roll, staged.roll),
    )


def _is_scattered(cursor: Any, load: Load, gone: int, held: Held) -> bool:
    cursor.execute("SELECT count(*) FROM variants.file WHERE load = %s", (load.id,))
    return cursor.fetchone()[0] > 1 or gone > _SCATTERED * (held.alleles + gone)


def _purge(cursor: Any, load: Load) -> None:
    """Deletes the rows that no release shows any more; what was superseded just now may still be read."""
    cursor.execute(
        "SELECT sequence FROM variants.release "
        "WHERE dataset = %s AND loaded_at < now() - interval '1 minute'",
        (load.dataset,),
    )
    row = cursor.fetchone()
    if row is not None:
        for name in (generations.alleles(load.generation), generations.tiles(load.generation)):
            cursor.execute(f"DELETE FROM {name} WHERE until > {NEVER} AND until <= %s", (row[0],))


def _switched(
    cursor: Any, load: Load, held: Held, report: LoadReport, *, merged: int, contradictions: int
) -> LoadReport:
    """Points the dataset at the new release, in the transaction that made it."""
    inherit(cursor, load.dataset, load.generation, load.id)
    cursor.execute(
        "SELECT count(*), count(*) FILTER (WHERE load = %s), count(DISTINCT person) = count(*) "
        f"FROM variants.sample WHERE generation = %s AND until = {FOREVER}",
        (load.id, load.generation),
    )
    samples, new_samples, one_sample_each = cursor.fetchone()
    cursor.execute(
        "SELECT alleles FROM variants.release WHERE dataset = %s AND generation = %s",
        (load.dataset, load.generation),
    )
    before = cursor.fetchone()
    done = LoadReport(
        load.dataset, load.id, report.files, held.alleles, held.alleles - (before[0] if before else 0),
        samples, new_samples, merged, contradictions, load.known_files, report.seconds,
    )  # fmt: skip
    cursor.execute(
        "UPDATE variants.generation SET retired_at = now() "
        "WHERE dataset = %s AND id <> %s AND retired_at IS NULL",
        (load.dataset, load.generation),
    )
    cursor.execute(
        "INSERT INTO variants.release (dataset, generation, sequence, samples, alleles, long_alleles, reach, "
        "annotated, one_sample_each, roll) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
        "ON CONFLICT (dataset) DO UPDATE SET "
        "generation = EXCLUDED.generation, sequence = EXCLUDED.sequence, samples = EXCLUDED.samples, "
        "alleles = EXCLUDED.alleles, long_alleles = EXCLUDED.long_alleles, reach = EXCLUDED.reach, "
        "annotated = EXCLUDED.annotated, one_sample_each = EXCLUDED.one_sample_each, "
        "roll = EXCLUDED.roll, loaded_at = now()",
        (
            load.dataset,
            load.generation,
            load.sequence,
            samples,
            held.alleles,
            held.long_alleles,
            held.reach,
            held.annotated,
            one_sample_each,
            held.roll,
        ),
    )
    cursor.execute(
        "UPDATE variants.load SET state = 'done', finished_at = now(), report = %s WHERE id = %s",
        (Json(done.as_json()), load.id),
    )
    moved(cursor)
    return done


def summed(cursor: Any, load: Load) -> dict[str, Report]:
    """The report of each file, its parts added in their order."""
    cursor.execute(
        "SELECT f.path, p.report FROM variants.part p JOIN variants.file f ON f.id = p.file "
        "WHERE p.load = %s AND p.done ORDER BY p.number",
        (load.id,),
    )
    found: dict[str, Report] = {}
    for path, report in cursor.fetchall():
        found[path] = found.get(path, Report()) + Report.from_json(report)
    return found

"""Generations, loads and files: what was loaded, and what is thrown away."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg2
import psycopg2.errors

from database.engine import Database
from variants.errors import LoadConflict
from variants.store import generations
from variants.store.releases import moved

_FILES = """
SELECT f.path, f.bytes, octet_length(f.ordinals) / 4, l.finished_at FROM variants.file f JOIN
variants.load l ON l.id = f.load JOIN variants.release r ON r.generation = f.generation WHERE r.dataset =
%s AND l.state = 'done' ORDER BY f.id
"""
_LOADS = """
SELECT id, state, started_at, finished_at, reason, report FROM variants.load WHERE dataset = %s ORDER BY
id DESC
"""
DROP_WAIT = "5s"  # how long a table that is read waits before it is left for the next time


def history(connection: Any, dataset: str) -> tuple[tuple[dict[str, Any], ...], tuple[dict[str, Any], ...]]:
    """The files of the current release, and all loads, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(_FILES, (dataset,))
        files = [
            dict(zip(("path", "bytes", "samples", "loaded_at"), row, strict=True))
            for row in cursor.fetchall()
        ]
        cursor.execute(_LOADS, (dataset,))
        names = ("id", "state", "started", "finished", "reason", "report")
        loads = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return tuple(files), tuple(loads)


@contextmanager
def alone(database: Database, dataset: str) -> Iterator[None]:
    """Holds a dataset for loading or removal by one process; let go of when the process dies.

    Raises:
        LoadConflict: another process holds it.
    """
    with database.unit_of_work() as work:
        with work.raw.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(hashtext('variants.load'), hashtext(%s))", (dataset,))
            if not cursor.fetchone()[0]:
                raise LoadConflict(f"another load of dataset {dataset} is running: wait until it has ended")
        work.commit()  # the lock belongs to the session; no transaction stays open for the length of a load
        try:
            yield
        finally:
            # Where the connection is gone the lock is, too.
            with suppress(psycopg2.OperationalError, psycopg2.InterfaceError), work.raw.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_unlock(hashtext('variants.load'), hashtext(%s))", (dataset,)
                )
                work.commit()


def discard(cursor: Any, load: int, reason: str) -> None:
    """Gives a running load up: nobody sees or continues it, and its tables go with the next sweep."""
    cursor.execute(
        "UPDATE variants.load SET state = 'failed', reason = %s, finished_at = now() "
        "WHERE id = %s AND state = 'running'",
        (reason, load),
    )
    cursor.execute("DELETE FROM variants.sample WHERE load = %s", (load,))
    cursor.execute(
        "UPDATE variants.generation g SET retired_at = now() FROM variants.load l "
        "WHERE l.id = %s AND g.id = l.generation AND NOT l.staged",
        (load,),
    )


def drop(database: Database, dataset: str) -> None:
    """Removes all of a dataset: first out of sight, then its tables. Idempotent.

    Raises:
        LoadConflict: a load of the dataset is running.
    """
    with alone(database, dataset):
        with database.unit_of_work() as work:
            with work.raw.cursor() as cursor:
                cursor.execute(
                    "SELECT id FROM variants.load WHERE dataset = %s AND state = 'running'", (dataset,)
                )
                for (load,) in cursor.fetchall():
                    discard(cursor, load, "the dataset was removed")
                cursor.execute("DELETE FROM variants.release WHERE dataset = %s", (dataset,))
                cursor.execute(
                    "UPDATE variants.generation SET retired_at = now() WHERE dataset = %s", (dataset,)
                )
                moved(cursor)
            work.commit()
        sweep(database, 0.0)
        with database.unit_of_work() as work:
            work.raw.cursor().execute("DELETE FROM variants.load WHERE dataset = %s", (dataset,))
            work.commit()


def sweep(database: Database, grace_seconds: float) -> None:
    """Drops the generations that were replaced longer ago than the grace, and what ended loads left.

    A table that is being read for long stays until the next sweep.
    """
    with database.unit_of_work() as work, work.raw.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{DROP_WAIT}'")
        cursor.execute(
            "SELECT id FROM variants.generation WHERE retired_at <= now() - make_interval(secs => %s)",
            (grace_seconds,),
        )
        for (generation,) in cursor.fetchall():
            _unless_used(cursor, _drop_generation, generation)
        cursor.execute(
            "SELECT DISTINCT l.id FROM variants.load l JOIN variants.part p ON p.load = l.id "
            "WHERE l.state <> 'running'"
        )
        for (load,) in cursor.fetchall():
            _unless_used(cursor, _drop_working_data, load)
        work.commit()


def _unless_used(cursor: Any, drop_one: Callable[[Any, int], None], number: int) -> None:
    cursor.execute("SAVEPOINT before_drop")
    try:
        drop_one(cursor, number)
    except psycopg2.errors.LockNotAvailable:
        cursor.execute("ROLLBACK TO before_drop")


def _drop_generation(cursor: Any, generation: int) -> None:
    cursor.execute("SELECT id FROM variants.load WHERE generation = %s", (generation,))
    for (load,) in cursor.fetchall():
        _drop_working_data(cursor, load)
    generations.drop_generation(cursor, generation)
    cursor.execute("DELETE FROM variants.generation WHERE id = %s", (generation,))


def _drop_working_data(cursor: Any, load: int) -> None:
    cursor.execute(f"DROP TABLE IF EXISTS {generations.stage(load)}")
    cursor.execute("DELETE FROM variants.part_tile WHERE load = %s", (load,))
    cursor.execute("DELETE FROM variants.part WHERE load = %s", (load,))

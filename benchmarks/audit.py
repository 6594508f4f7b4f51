"""What a row of the audit trail costs: how long a caller waits for it, and the processor time it takes.

Threads of one process record as fast as they can, each waiting for its row to be on disk, in the database and
in the head file. `rows a commit` says how many of those that came together shared a transaction. "empty
commits" is what the machine allows: as many threads committing one row each, without chain and head file.
Then the whole trail is verified in a stream.
"""

import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles

import governance
from benchmarks.tables import Cell, table
from database.engine import Database
from database.migrations import Room, migrate
from database.opening import open_database
from database.settings import DatabaseSettings
from governance.audit.checking import verify_trail
from governance.audit.entries import Entry, Told, moment
from governance.audit.trail import Trail
from governance.caller import Caller, Identity, Visa
from governance.datasets import Dataset, Tier
from governance.policy.actions import Action
from governance.policy.decision import Decision
from governance.settings import AuditSettings

THREADS = (1, 4, 16)
ROOM = Room("governance", Path(governance.__path__[0]) / "store" / "migrations")
DATASET = Dataset("cohort-1", "GRCh38", Tier.COUNT, "Cohort 1", "", moment(0), moment(0))
IDENTITY = Identity("https://login.example.org", "248289761001")


def measure(*, quick: bool, seconds: float) -> str:
    """The tables, in Markdown."""
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="insitu-audit-")))
        database = open_database(DatabaseSettings(), folder)
        opened.callback(database.dispose)
        migrate(database, [ROOM])
        trail = Trail(database, folder, AuditSettings())
        opened.callback(trail.close)
        rows = [_recording(trail, threads, seconds) for threads in THREADS]
        rows += [_bare(database, threads, seconds) for threads in THREADS if threads < 10]
        return f"{table(_COLUMNS, rows)}\n\n{_verifying(trail, 2_000 if quick else 100_000)}"


_COLUMNS = ["threads", "", "rows/s", "median ms", "99 % ms", "processor ms a row", "rows a commit"]


def _recording(trail: Trail, threads: int, seconds: float) -> list[Cell]:
    before = _transactions(trail.database)
    waits, spent = _together(threads, seconds, lambda number: trail.record(_entry(number)))
    commits = _transactions(trail.database) - before
    return [threads, "audit trail", *_figures(waits, spent, seconds), len(waits) / commits]


def _bare(database: Database, threads: int, seconds: float) -> list[Cell]:
    with database.unit_of_work() as work, work.raw.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bare (body text)")
        work.commit()

    def insert(number: int) -> None:
        with database.unit_of_work() as work, work.raw.cursor() as cursor:
            cursor.execute("INSERT INTO bare VALUES (%s)", (str(number),))
            work.commit()

    waits, spent = _together(threads, seconds, insert)
    return [threads, "empty commits", *_figures(waits, spent, seconds), 1.0]


def _together(threads: int, seconds: float, act: Callable[[int], None]) -> tuple[list[float], float]:
    """How long each call took, in seconds, and the processor time of this process, of `threads` at once."""
    act(0)
    waits: list[list[float]] = [[] for _ in range(threads)]
    until = time.perf_counter() + seconds

    def run(mine: list[float]) -> None:
        while (begun := time.perf_counter()) < until:
            act(len(mine))
            mine.append(time.perf_counter() - begun)

    before = time.process_time()
    running = [threading.Thread(target=run, args=(each,)) for each in waits]
    for each in running:
        each.start()
    for each in running:
        each.join()
    return [one for mine in waits for one in mine], time.process_time() - before


def _figures(waits: list[float], spent: float, seconds: float) -> list[Cell]:
    last = quantiles(waits, n=100)[-1]
    return [len(waits) / seconds, median(waits) * 1000, last * 1000, spent / len(waits) * 1000]


def _transactions(database: Database) -> int:
    """How many transactions wrote the rows that are there."""
    with database.reading() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM governance.audit")
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _verifying(trail: Trail, least: int) -> str:
    while trail.checkpoint().sequence < least:
        writing = [threading.Thread(target=_write, args=(trail, 100)) for _ in range(64)]
        for each in writing:
            each.start()
        for each in writing:
            each.join()
    begun = time.perf_counter()
    report = verify_trail(trail)
    took = time.perf_counter() - begun
    if not report.whole:
        raise RuntimeError(f"the trail is not whole: {report.findings[:3]}")
    return f"Verifying {report.rows:,} rows took {took:.1f} s: {report.rows / took:,.0f} rows/s."


def _write(trail: Trail, count: int) -> None:
    for number in range(count):
        trail.record(_entry(number))


def _entry(number: int) -> Entry:
    """A count asked by a researcher with two visas."""
    visas = tuple(_visa(each) for each in ("ResearcherStatus", "ControlledAccessGrants"))
    return Entry(
        when=moment(time.time()),
        request=f"{number:032x}",
        caller=Caller(IDENTITY, visas=visas),
        action=Action.BEACON_COUNT,
        decisions=(Decision(DATASET, Action.BEACON_COUNT, Tier.COUNT, "site.cedar#grants"),),
        outcome="answered",
        told={"cohort-1": Told(number)},
        policy="0f" * 16,
        question={"referenceName": "20", "start": [number], "referenceBases": "A", "alternateBases": "T"},
    )


def _visa(kind: str) -> Visa:
    value = "https://ega-archive.org/datasets/EGAD1"
    return Visa(kind, value, "https://ega-archive.org", "dac", IDENTITY, 1, 2, "ab" * 32)


if __name__ == "__main__":
    print(measure(quick=False, seconds=3.0))

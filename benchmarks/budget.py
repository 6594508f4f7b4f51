"""What the budget costs: an allele that 5, 150 and 100,000 people carry, told to new identities and again.

A common allele asks the books nothing. A count of many people costs what it takes to go through them.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.tables import machine
from database.embedded import EmbeddedPostgres
from database.engine import Database
from database.migrations import migrate
from governance.caller import Caller, Identity
from governance.datasets import PROTECTIONS, Dataset, Tier
from governance.disclosure.control import Disclosure, Guard
from governance.disclosure.ledger import Ledger
from governance.disclosure.secret import Secret
from governance.policy.actions import Action
from governance.policy.decision import Decision
from insitu.house import ROOMS

PEOPLE = 200_000
CARRIED = (5, 12, 150, 100_000)
TIMES = 200


def measure(folder: Path, *, times: int = TIMES) -> str:
    """The table, as Markdown: milliseconds, the median."""
    rows = [
        "| carriers | rows written | told first, ms | told again | counted first | counted again |",
        "|---|---|---|---|---|---|",
    ]
    with _disclosure(folder) as (disclosure, database):
        rows += [_row(disclosure, database, carried, times) for carried in CARRIED]
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine()}\n\n" + "\n".join(rows)


def _row(disclosure: Disclosure, database: Database, carried: int, times: int) -> str:
    people = {f"P{each}" for each in range(carried)}
    few = max(3, min(times, 200_000 // carried))
    before = _rows(database)
    once = f"once {carried}"
    _tell(_guard(disclosure, once), people)
    written = _rows(database) - before
    figures = (
        _each(times, lambda number: _tell(_guard(disclosure, f"{carried} {number}"), people)),
        _each(times, lambda _: _tell(_guard(disclosure, once), people)),
        _each(few, lambda number: _guard(disclosure, f"c{carried} {number}").count(people, PEOPLE)),
        _each(few, lambda _: _guard(disclosure, f"c{carried} 0").count(people, PEOPLE)),
    )
    return f"| {carried:,} | {written} | " + " | ".join(f"{each:.3f}" for each in figures) + " |"


def _tell(guard: Guard, people: set[str]) -> bool:
    """As the Beacon goes about it: common alleles never ask the books."""
    return len(people) >= guard.unwritten(PEOPLE) or guard.tell("x", people, PEOPLE) > 0


def _each(times: int, work: Callable[[int], object]) -> float:
    taken = []
    for number in range(times):
        begun = time.perf_counter()
        work(number)
        taken.append(1000 * (time.perf_counter() - begun))
    return median(taken)


def _rows(database: Database) -> int:
    with database.reading() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM governance.disclosure_spent")
        return int(cursor.fetchone()[0])


def _guard(disclosure: Disclosure, name: str) -> Guard:
    identity = Identity("https://issuer.example", name)
    now = datetime.now(UTC)
    protection = PROTECTIONS["default"]
    dataset = Dataset("d", "GRCh37", Tier.COUNT, "d", "", now, now, protection=protection)
    decision = Decision(dataset, Action.BEACON_COUNT, Tier.COUNT, "benchmark", vouched=True)
    return disclosure.guard(Caller(identity=identity, person=identity), decision)


@contextmanager
def _disclosure(folder: Path) -> Iterator[tuple[Disclosure, Database]]:
    server = EmbeddedPostgres(folder / "budget-postgres")
    database = Database(server.start())
    try:
        migrate(database, ROOMS)
        with database.unit_of_work() as work:
            work.connection.exec_driver_sql("TRUNCATE governance.disclosed, governance.disclosure_spent")
            work.commit()
        yield Disclosure(Ledger(database), Secret(bytes(32))), database
    finally:
        database.dispose()
        server.stop()


if __name__ == "__main__":
    target = Path(__file__).resolve().parents[1] / ".insitu" / "bench"
    target.mkdir(parents=True, exist_ok=True)
    print(measure(target))

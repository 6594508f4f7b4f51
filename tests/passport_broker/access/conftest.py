"""A broker's visas over a real PostgreSQL, with a trail, keys on a loopback server, and a clock to turn."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from database.engine import Database
from governance.audit.trail import Trail
from governance.register import DatasetRegister
from passport_broker.visas.desk import Desk
from passport_broker.visas.lifetimes import Lifetimes
from passport_broker.visas.looking import Revocations
from passport_broker.visas.service import Visas
from tests.issuer import Issuer
from tests.passport_broker.access.signers import Keys

if TYPE_CHECKING:
    from tests.passport_broker.access.applying import Desks

NOBODY = "nobody"


class Clock:
    """Unix time that a test turns forward."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Office:
    """A broker's visas: where they are issued, signed and looked up."""

    database: Database
    trail: Trail
    server: Issuer
    keys: Keys
    clock: Clock
    desk: Desk
    visas: Visas

    @property
    def issuer(self) -> str:
        return self.server.url

    def another(self) -> "Office":
        """The same broker in another process: the same database, nothing in memory."""
        return office_of(self.database, self.trail, self.server, self.clock)

    def revocations(self) -> Revocations:
        """What its own site looks at; asked each time, for the clock of tests stands still."""
        ticks = iter(range(10**9))
        return Revocations(self.database, self.issuer, Lifetimes(), lambda: float(next(ticks)))


def office_of(database: Database, trail: Trail, server: Issuer, clock: Clock) -> Office:
    keys = Keys(server)
    desk = Desk(database, trail, server.url, lambda subject: subject != NOBODY, clock)
    return Office(
        database, trail, server, keys, clock, desk, Visas(database, keys, server.url, Lifetimes(), clock)
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def trail(site_database: Database, tmp_path: Path) -> Iterator[Trail]:
    """A trail of its own for each test."""
    from tests.governance.audit.trails import emptied

    emptied(site_database)
    kept = Trail(site_database, tmp_path)
    yield kept
    kept.close()


TABLES = ("reminder", "application_step", "application", "visa_revocation", "visa")


def forgotten(database: Database) -> None:
    """Leaves nothing of other tests behind: as the tables' owner, who may do what the triggers refuse."""
    with database.unit_of_work() as work:
        for each in TABLES:
            table = f"passport_broker.{each}"
            work.connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            work.connection.execute(text(f"DELETE FROM {table}"))
            work.connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
        work.commit()


@pytest.fixture
def office(site_database: Database, trail: Trail, clock: Clock) -> Iterator[Office]:
    forgotten(site_database)
    with Issuer("ES256", clock=clock) as server:
        yield office_of(site_database, trail, server, clock)


@pytest.fixture
def register(site_database: Database) -> DatasetRegister:
    from tests.passport_broker.access.applying import registered

    found = DatasetRegister(site_database)
    registered(found)
    return found


@pytest.fixture
def desks(office: Office, register: DatasetRegister) -> "Desks":
    from tests.passport_broker.access.applying import desks_of

    return desks_of(office, register)

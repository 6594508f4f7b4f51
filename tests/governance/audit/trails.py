"""Trails to test on, and what somebody with the database's password would do to them."""

import dataclasses
import json
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from sqlalchemy import text

from database.engine import Database
from governance.audit.acts import record_act
from governance.audit.chain import Row, row_hash
from governance.audit.checking import verify_trail
from governance.audit.entries import Entry, Told
from governance.audit.reading import stored
from governance.audit.report import Report
from governance.audit.trail import Trail
from governance.caller import ANONYMOUS, Caller, Identity, Visa
from governance.datasets import Dataset, Tier
from governance.policy.actions import Action
from governance.policy.decision import Decision
from governance.settings import AuditSettings

SEALED = import_module("governance.store.migrations.versions.0009_audit_sealed").SEALED
NOW = datetime(2026, 11, 21, 22, 0, 0, 5, tzinfo=UTC)
ANNA = Identity("https://idp.example", "anna")
DATASET = Dataset("cohort-1", "GRCh38", Tier.COUNT, "Cohort 1", "", NOW, NOW)
TABLES = ("audit", "audit_checkpoint", "audit_pruned")
FIELDS = ("sequence", "at", "kind", "body", "previous", "hash")


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: float = NOW.timestamp()) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def visa(type_: str = "ResearcherStatus", value: str = "https://doi.org/x", holder: Identity = ANNA) -> Visa:
    return Visa(type_, value, "https://source.example", "so", holder, 1, 2, "ab" * 32)


def caller(subject: str = "anna", *visas: Visa) -> Caller:
    return Caller(Identity("https://idp.example", subject), visas=visas, client="app-1", registered=True)


def entry(number: int = 0, who: Caller = ANONYMOUS, **changed: object) -> Entry:
    decision = Decision(DATASET, Action.BEACON_COUNT, Tier.COUNT, "site.cedar#open-count")
    made = Entry(
        when=NOW,
        request=f"request-{number}",
        caller=who,
        action=Action.BEACON_COUNT,
        decisions=(decision,),
        outcome="answered",
        told={"cohort-1": Told(number, None)},
        policy="v1",
        question={"start": [number], "referenceName": "20"},
    )
    return dataclasses.replace(made, **changed)


def trail(database: Database, folder: Path, clock=None, **settings: object) -> Trail:
    return Trail(database, folder, AuditSettings(**settings), clock or Clock())


def emptied(database: Database) -> None:
    """Leaves no trail behind: as its owner, not as a test of what the triggers allow."""
    with as_owner(database) as connection:
        for table in (*TABLES, "audit_pseudonym", "audit_secret"):
            connection.execute(text(f"DELETE FROM governance.{table}"))


@contextmanager
def as_owner(database: Database):
    """A transaction of somebody who owns the tables and has switched the triggers off."""
    with database.unit_of_work() as work:
        for table in TABLES:
            work.connection.execute(text(f"ALTER TABLE governance.{table} DISABLE TRIGGER USER"))
        work.connection.execute(text("ALTER TABLE governance.audit DROP CONSTRAINT sealed"))
        yield work.connection
        work.connection.execute(text(SEALED))
        for table in TABLES:
            work.connection.execute(text(f"ALTER TABLE governance.{table} ENABLE TRIGGER USER"))
        work.commit()


def rows_of(database: Database) -> list[Row]:
    with stored(database) as found:
        return list(found.rows)


def replaced(database: Database, rows: Sequence[Row]) -> None:
    """Has the table hold these rows instead."""
    with as_owner(database) as connection:
        connection.execute(text("DELETE FROM governance.audit"))
        for row in rows:
            connection.execute(
                text("INSERT INTO governance.audit VALUES (:sequence, :at, :kind, :body, :previous, :hash)"),
                {name: getattr(row, name) for name in FIELDS},
            )


def rechained(rows: Sequence[Row], first: int) -> list[Row]:
    """The rows with numbers and hashes as they would be, from the index `first` on."""
    made = list(rows[:first])
    for row in rows[first:]:
        sequence = made[-1].sequence + 1 if made else 1
        previous = made[-1].hash if made else bytes(32)
        hash_ = row_hash(sequence, previous, row.body)
        made.append(dataclasses.replace(row, sequence=sequence, previous=previous, hash=hash_))
    return made


def verified(kept: Trail) -> Report:
    return verify_trail(kept)


def bodies(database: Database) -> list[dict]:
    return [json.loads(row.body) for row in rows_of(database)]


def act(kept: Trail, what: str = "dataset.added", **about: object) -> None:
    record_act(kept, what, **about)

"""Books that were written before accounts were linked in them, and books that go back to that."""

from collections.abc import Iterator
from importlib import import_module

import pytest
from alembic import command

from database.engine import Database
from database.migrations import _config
from insitu.house import ROOMS
from tests.governance.disclosure.books import VICTIM, charge, emptied, link, spent

ROOM = next(each for each in ROOMS if each.name == "governance")
WITH = "0006"
BEFORE = import_module(f"governance.store.migrations.versions.{WITH}_accounts").down_revision


def to(database: Database, revision: str) -> None:
    """Brings the room's tables to a revision, whichever way that is."""
    with database.unit_of_work() as work:
        go = command.downgrade if revision == BEFORE else command.upgrade
        go(_config(ROOM, work.connection), revision)
        work.commit()


@pytest.fixture
def database(site_database: Database) -> Iterator[Database]:
    to(emptied(site_database), BEFORE)
    yield site_database
    to(site_database, "head")


def old(database: Database, *who: bytes) -> float:
    """What the victim lost as the books had it: the account that is charged, and that which asked."""
    with database.reading() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(nats), 0) FROM governance.disclosure_spent "
            "WHERE identity = ANY(%s) AND person = %s",
            (list(who), VICTIM),
        )
        return float(cursor.fetchone()[0])


def test_what_was_spent_and_told_before_counts(database: Database) -> None:
    assert charge(database, [b"A"], "1")  # A alone, and B under A
    assert charge(database, [b"A", b"B"], "2")
    assert old(database, b"A") == pytest.approx(0.2)
    to(database, WITH)
    assert charge(database, [b"A"], "1")
    assert spent(database, b"A") == pytest.approx(0.2)
    link(database, b"B", b"A")
    assert charge(database, [b"B"], "2")
    assert not charge(database, [b"B"], "3")


def test_without_links_nobody_has_a_budget_back(database: Database) -> None:
    to(database, WITH)
    assert charge(database, [b"C"], "1")
    assert charge(database, [b"A", b"B"], "2")
    link(database, b"B", b"C")
    assert charge(database, [b"other"], "1")
    to(database, BEFORE)
    for each in (b"A", b"B", b"C"):
        assert old(database, each) == pytest.approx(0.2)
        assert charge(database, [each], "1")  # told again
        assert charge(database, [each], "2")
        assert not charge(database, [each], "3")
    assert old(database, b"other") == pytest.approx(0.1)
    to(database, WITH)
    assert not charge(database, [b"B"], "3")

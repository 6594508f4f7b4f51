"""The books of disclosure control, written to and looked at directly."""

from collections.abc import Iterable

from database.engine import Database
from governance.disclosure.ledger import Ledger, Price

BUDGET = 0.27
VICTIM = b"victim"
TABLES = ("disclosed", "disclosure_spent", "disclosure_account")


def charge(database: Database, who: Iterable[bytes], thing: str, nats: float = 0.1) -> bool:
    """Whether these accounts are told something that betrays the victim by so much."""
    price = Price((nats,), 1, BUDGET)
    return Ledger(database).charge(list(who), thing.encode(), [VICTIM], price) > 0


def link(database: Database, *who: bytes) -> None:
    """Lets accounts of one person ask, and be refused."""
    assert not charge(database, who, "too dear", nats=9)


def spent(database: Database, *who: bytes) -> float:
    """What the victim has lost to the person who has these accounts."""
    return Ledger(database).most_spent(who, [VICTIM])


def roots(database: Database) -> dict[bytes, bytes]:
    """The root of each account that is linked to another."""
    with database.reading() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT account, root FROM governance.disclosure_account")
        return {bytes(account): bytes(root) for account, root in cursor.fetchall()}


def emptied(database: Database) -> Database:
    """The database with empty books."""
    with database.unit_of_work() as work:
        work.connection.exec_driver_sql("TRUNCATE " + ", ".join(f"governance.{each}" for each in TABLES))
        work.commit()
    return database

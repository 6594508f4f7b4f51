"""Of what people were reminded, in the database."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, text

from database.engine import Database
from passport_broker.store.asking import row, rows

_CLAIM = text("SELECT pg_try_advisory_xact_lock(hashtextextended('passport_broker.reminder ' || :key, 0))")
_TOLD = text("SELECT told_at IS NOT NULL FROM passport_broker.reminder WHERE key = :key")
_TELL = text("""
INSERT INTO passport_broker.reminder AS old (key, application, told_at, how)
VALUES (:key, :application, now(), :how)
ON CONFLICT (key) DO UPDATE SET told_at = now(), how = excluded.how WHERE old.told_at IS NULL
""")
_FAIL = text("""
INSERT INTO passport_broker.reminder AS old (key, application, failed_at) VALUES (:key, :application, now())
ON CONFLICT (key) DO UPDATE SET failed_at = now() WHERE old.told_at IS NULL
""")
_FAILING = """
SELECT EXISTS (SELECT FROM passport_broker.reminder WHERE told_at IS NULL AND failed_at > coalesce(
    (SELECT max(told_at) FROM passport_broker.reminder WHERE how = 'mail'), '-infinity'))
"""
_ALL = "SELECT key, told_at FROM passport_broker.reminder WHERE key = ANY(%s) AND told_at IS NOT NULL"


def claim(connection: Connection, key: str) -> bool:
    """Whether it is this transaction's to tell: nobody has told it, and nobody else is at it just now."""
    if not connection.execute(_CLAIM, {"key": key}).scalar_one():
        return False
    return not connection.execute(_TOLD, {"key": key}).scalar()


def tell(connection: Connection, key: str, application: str, how: str) -> None:
    """It was told, by `mail` or in the `log`."""
    connection.execute(_TELL, {"key": key, "application": application, "how": how})


def fail(connection: Connection, key: str, application: str) -> None:
    """It could not be told."""
    connection.execute(_FAIL, {"key": key, "application": application})


def failing(database: Database) -> bool:
    """Whether mail failed the last time that it was tried."""
    found = row(database, _FAILING)
    return found is not None and bool(found[0])


def told(database: Database, keys: Iterable[str]) -> Mapping[str, datetime]:
    """When these were told, of those that were."""
    return {each[0]: each[1] for each in rows(database, _ALL, list(keys))}

"""SQL of the register. Each change moves the register's version in its own transaction."""

from typing import Any

from sqlalchemy import Connection, text

from governance.datasets import Dataset, Tier

COUNTER = "governance.version"
FIELDS = "id, assembly, anonymous, name, description, created_at, updated_at, test"

_SNAPSHOT = f"""
SELECT version.number, {FIELDS}
FROM governance.version LEFT JOIN governance.dataset ON true ORDER BY id COLLATE "C"
"""
_INSERT = f"""
INSERT INTO governance.dataset (id, assembly, anonymous, name, description, test)
VALUES (:id, :assembly, :anonymous, :name, :description, :test) ON CONFLICT (id) DO NOTHING RETURNING {FIELDS}
"""
_UPDATE = f"""
UPDATE governance.dataset SET updated_at = now(), anonymous = coalesce(:anonymous, anonymous),
    name = coalesce(:name, name), description = coalesce(:description, description)
WHERE id = :id RETURNING {FIELDS}
"""


def version(connection: Any) -> int:
    """The register's version, from a psycopg2 connection."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT number FROM {COUNTER}")
        number: int = cursor.fetchone()[0]
        return number


def snapshot(connection: Any) -> tuple[int, tuple[Dataset, ...]]:
    """The version and every dataset as of that version, by id, from a psycopg2 connection."""
    with connection.cursor() as cursor:
        cursor.execute(_SNAPSHOT)
        rows = cursor.fetchall()
    return rows[0][0], tuple(_dataset(row[1:]) for row in rows if row[1] is not None)


def insert(connection: Connection, values: dict[str, Any]) -> Dataset | None:
    """The new dataset; None where there is one of that id."""
    row = connection.execute(text(_INSERT), values).one_or_none()
    return _changed(connection, row)


def update(connection: Connection, values: dict[str, Any]) -> Dataset | None:
    """The changed dataset, a value of None left as it was; None where there is none of that id."""
    row = connection.execute(text(_UPDATE), values).one_or_none()
    return _changed(connection, row)


def delete(connection: Connection, identifier: str) -> bool:
    """True where there was one of that id; it is gone."""
    statement = text(f"DELETE FROM governance.dataset WHERE id = :id RETURNING {FIELDS}")
    return _changed(connection, connection.execute(statement, {"id": identifier}).one_or_none()) is not None


def _changed(connection: Connection, row: Any) -> Dataset | None:
    if row is None:
        return None
    connection.execute(text("UPDATE governance.version SET number = number + 1"))
    return _dataset(row)


def _dataset(row: Any) -> Dataset:
    identifier, assembly, anonymous, name, description, created, updated, test = row
    return Dataset(identifier, assembly, Tier(anonymous), name, description, created, updated, test)

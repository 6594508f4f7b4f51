"""SQL of the register. Each change moves the register's version in its own transaction."""

from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, text

from governance.datasets import Circle, Dataset, Protection, Tier

COUNTER = "governance.version"
FIELDS = (
    "id, assembly, anonymous, name, description, created_at, updated_at, test, registered, controlled, "
    "grants, sources, duo, jurisdiction, confidential, threshold, budget, rounding, compute, download"
)
WRITTEN = tuple(each for each in FIELDS.split(", ") if not each.endswith("_at"))
"""The columns that a change may name; `id` among them, which it may not change."""

_SNAPSHOT = f"""
SELECT version.number, {FIELDS}
FROM governance.version LEFT JOIN governance.dataset ON true ORDER BY id COLLATE "C"
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
    """The new dataset of these columns; None where there is one of that id."""
    columns = [each for each in WRITTEN if each in values]
    statement = (
        f"INSERT INTO governance.dataset ({', '.join(columns)}) VALUES (:{', :'.join(columns)}) "
        f"ON CONFLICT (id) DO NOTHING RETURNING {FIELDS}"
    )
    return _changed(connection, connection.execute(text(statement), values).one_or_none())


def update(connection: Connection, values: dict[str, Any]) -> Dataset | None:
    """The changed dataset: the columns that are named, no others; None where there is none of that id."""
    settings = [f"{each} = :{each}" for each in WRITTEN if each in values and each != "id"]
    statement = (
        f"UPDATE governance.dataset SET {', '.join(['updated_at = now()', *settings])} "
        f"WHERE id = :id RETURNING {FIELDS}"
    )
    return _changed(connection, connection.execute(text(statement), values).one_or_none())


def delete(connection: Connection, identifier: str) -> bool:
    """True where there was one of that id; it is gone."""
    statement = text(f"DELETE FROM governance.dataset WHERE id = :id RETURNING {FIELDS}")
    return _changed(connection, connection.execute(statement, {"id": identifier}).one_or_none()) is not None


def moved(connection: Connection) -> None:
    """Moves the register's version: whoever has read it reads again."""
    connection.execute(text("UPDATE governance.version SET number = number + 1"))


def _changed(connection: Connection, row: Any) -> Dataset | None:
    if row is None:
        return None
    moved(connection)
    return _dataset(row)


def _dataset(row: Any) -> Dataset:
    found = SimpleNamespace(**dict(zip(FIELDS.split(", "), row, strict=True)))
    return Dataset(
        id=found.id,
        assembly=found.assembly,
        anonymous=Tier(found.anonymous),
        name=found.name,
        description=found.description,
        created=found.created_at,
        updated=found.updated_at,
        test=found.test,
        registered=Tier(found.registered),
        controlled=Tier(found.controlled),
        compute=Circle(found.compute),
        download=Circle(found.download),
        grants=tuple(found.grants),
        sources=tuple(found.sources),
        duo=tuple(found.duo),
        jurisdiction=found.jurisdiction,
        confidential=found.confidential,
        protection=Protection(found.threshold, found.budget, found.rounding),
    )

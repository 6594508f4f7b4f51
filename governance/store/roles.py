"""SQL of roles. Each change moves the register's version in its own transaction."""

from typing import Any

from sqlalchemy import Connection, text

from governance.store.datasets import moved

_INSERT = """
INSERT INTO governance.role (issuer, subject, role) VALUES (:issuer, :subject, :role)
ON CONFLICT DO NOTHING RETURNING role
"""
_DELETE = """
DELETE FROM governance.role WHERE issuer = :issuer AND subject = :subject AND role = :role RETURNING role
"""
_EVERYBODY = """
SELECT issuer, subject, role, given_at FROM governance.role
ORDER BY issuer COLLATE "C", subject COLLATE "C", role COLLATE "C"
"""


def everybody(connection: Any) -> list[Any]:
    """Issuer, subject, role and since when, from a psycopg2 connection."""
    with connection.cursor() as cursor:
        cursor.execute(_EVERYBODY)
        rows: list[Any] = cursor.fetchall()
        return rows


def insert(connection: Connection, issuer: str, subject: str, role: str) -> bool:
    """False where the account had the role already."""
    return _changed(connection, _INSERT, issuer, subject, role)


def delete(connection: Connection, issuer: str, subject: str, role: str) -> bool:
    """False where the account did not have the role."""
    return _changed(connection, _DELETE, issuer, subject, role)


def _changed(connection: Connection, statement: str, issuer: str, subject: str, role: str) -> bool:
    values = {"issuer": issuer, "subject": subject, "role": role}
    if connection.execute(text(statement), values).one_or_none() is None:
        return False
    moved(connection)
    return True

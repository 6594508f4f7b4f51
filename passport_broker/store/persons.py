"""Identities at providers of others, and accounts of one person."""

from typing import Any

from sqlalchemy import Connection

from database.engine import Database
from governance.caller import Identity
from passport_broker.domain.accounts import Account
from passport_broker.domain.persons import Member, Person, Way
from passport_broker.store.accounts import FIELDS, account_of
from passport_broker.store.asking import Row, done, row, rows

_BY_IDENTITY = f"""
SELECT {FIELDS}, upstream_identity.founding FROM passport_broker.upstream_identity
JOIN passport_broker.account ON account.subject = upstream_identity.account
WHERE upstream_identity.issuer = %s AND upstream_identity.subject = %s
"""
_MEMBERS = f"""
SELECT {FIELDS}, account.login, person.visa FROM passport_broker.account
LEFT JOIN passport_broker.person ON person.account = account.subject
WHERE account.subject = %s
      OR person.person = (SELECT mine.person FROM passport_broker.person mine WHERE mine.account = %s)
ORDER BY account.subject
"""
_WAYS = """
SELECT issuer, subject, account, founding, since FROM passport_broker.upstream_identity
WHERE account = ANY(%s) ORDER BY issuer, subject
"""
_INSERT = f"""
INSERT INTO passport_broker.account AS account (subject, kind, name, email) VALUES (%s, %s, %s, %s)
RETURNING {FIELDS}
"""
_ATTACH = """
INSERT INTO passport_broker.upstream_identity (issuer, subject, account, founding) VALUES (%s, %s, %s, %s)
"""
_PUT = """
INSERT INTO passport_broker.person (account, person, visa) VALUES (%s, %s, %s)
ON CONFLICT (account) DO UPDATE SET person = excluded.person, visa = excluded.visa
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('passport_broker persons', 0))"
_TOLD = "UPDATE passport_broker.account SET name = %s, email = %s WHERE subject = %s"


def by_identity(database: Database, identity: Identity) -> tuple[Account, bool] | None:
    """The account that an identity logs in, and whether it was made for it."""
    found = row(database, _BY_IDENTITY, identity.issuer, identity.subject)
    return None if found is None else (account_of(found), found[5])


def person_of(database: Database, subject: str) -> Person:
    """The person whose account that is."""
    members = tuple(map(_member, rows(database, _MEMBERS, subject, subject)))
    ways = rows(database, _WAYS, [each.account.subject for each in members])
    return Person(members, tuple(map(_way, ways)))


def told(database: Database, subject: str, name: str | None, email: str | None) -> None:
    """What somebody is called now."""
    done(database, _TOLD, name, email, subject)


def lock(connection: Connection) -> None:
    """Nobody else links or unlinks until this transaction ends."""
    connection.exec_driver_sql(_LOCK)


def locked_account(connection: Connection, identity: Identity) -> Account | None:
    """As `by_identity`, under the lock."""
    found = _all(connection, _BY_IDENTITY, identity.issuer, identity.subject)
    return account_of(found[0]) if found else None


def locked_person(connection: Connection, subject: str) -> Person:
    """As `person_of`, under the lock."""
    members = tuple(map(_member, _all(connection, _MEMBERS, subject, subject)))
    ways = _all(connection, _WAYS, [each.account.subject for each in members])
    return Person(members, tuple(map(_way, ways)))


def insert(connection: Connection, account: Account) -> None:
    """A new account without a login of its own."""
    values = (account.subject, account.kind, account.name, account.email)
    connection.exec_driver_sql(_INSERT, values)


def attach(connection: Connection, identity: Identity, account: str, *, founding: bool) -> None:
    """The identity logs in the account."""
    connection.exec_driver_sql(_ATTACH, (identity.issuer, identity.subject, account, founding))


def detach(connection: Connection, identity: Identity) -> None:
    """The identity logs in nobody."""
    sql = "DELETE FROM passport_broker.upstream_identity WHERE issuer = %s AND subject = %s"
    connection.exec_driver_sql(sql, (identity.issuer, identity.subject))


def put(connection: Connection, account: str, person: str, visa: str | None) -> None:
    """The account is one of that person's, and a visa says with what it is linked."""
    connection.exec_driver_sql(_PUT, (account, person, visa))


def _all(connection: Connection, sql: str, *values: Any) -> list[Row]:
    return [tuple(each) for each in connection.exec_driver_sql(sql, values)]


def _member(found: Row) -> Member:
    return Member(account_of(found), found[5], found[6])


def _way(found: Row) -> Way:
    return Way(Identity(found[0], found[1]), found[2], found[3], found[4])

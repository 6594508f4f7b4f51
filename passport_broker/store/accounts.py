"""Accounts in the database."""

from typing import Any

from database.engine import Database
from passport_broker.domain.accounts import Account, ListedAccount
from passport_broker.store.asking import Row, done, row, rows

FIELDS = "account.subject, account.name, account.email, account.kind, account.disabled, account.epoch"

_INSERT = f"""
INSERT INTO passport_broker.account AS account (subject, kind, login, password, name, email)
VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (login) DO NOTHING RETURNING {FIELDS}
"""
_BY_LOGIN = f"""
SELECT {FIELDS}, account.password FROM passport_broker.account
WHERE login = %s AND kind IN ('local', 'demonstration')
"""
_ALL = f"""
SELECT {FIELDS}, account.login, account.created_at,
       array_agg(identity.issuer ORDER BY identity.issuer, identity.subject)
           FILTER (WHERE identity.issuer IS NOT NULL),
       array_agg(identity.subject ORDER BY identity.issuer, identity.subject)
           FILTER (WHERE identity.issuer IS NOT NULL)
FROM passport_broker.account LEFT JOIN passport_broker.upstream_identity identity
    ON identity.account = account.subject
GROUP BY account.subject ORDER BY account.login COLLATE "C" NULLS LAST, account.subject COLLATE "C"
"""
# Whoever is disabled, or has a new password, is signed out everywhere, and nothing they allowed holds on.
# What is begun meanwhile these statements do not see: it has the epoch of before, and does not hold either.
_SIGNED_OUT = """
, gone AS (DELETE FROM passport_broker.session USING changed WHERE session.subject = changed.subject),
devices AS (DELETE FROM passport_broker.device USING changed WHERE device.subject = changed.subject),
ended AS (UPDATE passport_broker.family SET revoked_at = now() FROM changed
          WHERE family.subject = changed.subject AND revoked_at IS NULL)
"""
_DISABLED = f"""
WITH changed AS (UPDATE passport_broker.account SET disabled = true, epoch = epoch + 1
                 WHERE subject = %s RETURNING *)
{_SIGNED_OUT} SELECT {FIELDS} FROM changed AS account
"""
_ENABLED = f"""
UPDATE passport_broker.account AS account SET disabled = false WHERE subject = %s RETURNING {FIELDS}
"""
_PASSWORD = f"""
WITH changed AS (UPDATE passport_broker.account SET password = %s, epoch = epoch + 1
                 WHERE subject = %s AND login IS NOT NULL AND epoch = coalesce(%s, epoch)
                 RETURNING *)
{_SIGNED_OUT} SELECT {FIELDS} FROM changed AS account
"""


def account_of(found: Row | list[Any]) -> Account:
    """The account of a row that begins with `FIELDS`."""
    return Account(*found[:6])


def insert(database: Database, account: Account, login: str | None, password: str | None) -> Account | None:
    """The new account; None where there is one of that login."""
    values = (account.subject, account.kind, login, password, account.name, account.email)
    found = done(database, _INSERT, *values)
    return None if found is None else account_of(found)


def by_login(database: Database, login: str) -> tuple[Account, str | None] | None:
    """The account of a login and the hash of its password."""
    found = row(database, _BY_LOGIN, login)
    return None if found is None else (account_of(found), found[6])


def by_subject(database: Database, subject: str) -> Account | None:
    """The account of that subject."""
    found = row(database, f"SELECT {FIELDS} FROM passport_broker.account WHERE subject = %s", subject)
    return None if found is None else account_of(found)


def login_of(database: Database, subject: str) -> str | None:
    """The login of an account that has a password."""
    asked = "SELECT login FROM passport_broker.account WHERE subject = %s AND password IS NOT NULL"
    found = row(database, asked, subject)
    return None if found is None else found[0]


def everybody(database: Database) -> list[ListedAccount]:
    """Every account: by login, then those that are logged in elsewhere."""
    return [
        ListedAccount(
            account_of(each), each[6], each[7], tuple(zip(each[8] or (), each[9] or (), strict=True))
        )
        for each in rows(database, _ALL)
    ]


def disable(database: Database, subject: str) -> Account | None:
    """The account, which is signed out and can do nothing any more; None where there is none."""
    found = done(database, _DISABLED, subject)
    return None if found is None else account_of(found)


def enable(database: Database, subject: str) -> Account | None:
    """The account, which may log in again; None where there is none."""
    found = done(database, _ENABLED, subject)
    return None if found is None else account_of(found)


def set_password(database: Database, subject: str, hashed: str, epoch: int | None = None) -> Account | None:
    """The account with another password, signed out everywhere; None where there is none of that epoch.

    One that has no login has no password.
    """
    found = done(database, _PASSWORD, hashed, subject, epoch)
    return None if found is None else account_of(found)


def demonstration(database: Database) -> list[Account]:
    """The demonstration accounts that are open."""
    asked = f"SELECT {FIELDS} FROM passport_broker.account WHERE kind = 'demonstration' AND NOT disabled"
    return [account_of(each) for each in rows(database, asked)]


def rehash(database: Database, subject: str, before: str, hashed: str) -> None:
    """The same password, hashed anew; where there is another one meanwhile, that stays."""
    statement = "UPDATE passport_broker.account SET password = %s WHERE subject = %s AND password = %s"
    done(database, statement, hashed, subject, before)

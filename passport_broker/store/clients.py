"""Clients and consents in the database."""

from dataclasses import dataclass
from datetime import datetime

from database.engine import Database
from passport_broker.domain.clients import Client
from passport_broker.store.asking import Row, done, row, rows

_FIELDS = "id, name, secret, redirect_uris, grants, scopes, audiences, serves, id_token_algorithm, created_at"
_INSERT = """
INSERT INTO passport_broker.client
    (id, name, secret, redirect_uris, grants, scopes, audiences, serves, id_token_algorithm)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING RETURNING id
"""
# What is kept is replaced as a whole: were it added up, scopes of one could be had at the sites of another.
_CONSENT = """
INSERT INTO passport_broker.consent AS old (subject, client, scopes, audiences, kept_scopes, kept_audiences)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (subject, client) DO UPDATE SET given_at = now(),
    scopes = ARRAY(SELECT DISTINCT unnest(old.scopes || excluded.scopes)),
    audiences = ARRAY(SELECT DISTINCT unnest(old.audiences || excluded.audiences)),
    kept_scopes = CASE WHEN excluded.kept_scopes = '{}' THEN old.kept_scopes ELSE excluded.kept_scopes END,
    kept_audiences =
        CASE WHEN excluded.kept_scopes = '{}' THEN old.kept_audiences ELSE excluded.kept_audiences END
"""
_CONSENTED = """
SELECT kept_scopes @> %s::text[] AND kept_audiences @> %s::text[] FROM passport_broker.consent
WHERE subject = %s AND client = %s
"""
# What came of a consent ends with it.
_WITHDRAWN = """
WITH ended AS (UPDATE passport_broker.family SET revoked_at = now()
               WHERE subject = %s AND client = %s AND revoked_at IS NULL),
     devices AS (DELETE FROM passport_broker.device WHERE subject = %s AND client = %s)
DELETE FROM passport_broker.consent WHERE subject = %s AND client = %s RETURNING client
"""
_GIVEN = """
SELECT client.id, client.name, consent.scopes, consent.audiences, consent.given_at,
       cardinality(consent.kept_scopes) > 0
FROM passport_broker.consent JOIN passport_broker.client ON client.id = consent.client
WHERE subject = %s ORDER BY client.name, client.id
"""


@dataclass(frozen=True, slots=True)
class Consent:
    """What somebody lets a client do, until they take it back; `kept` where they need not be asked again."""

    client: str
    name: str
    scopes: tuple[str, ...]
    audiences: tuple[str, ...]
    given: datetime
    kept: bool


def insert(database: Database, client: Client) -> bool:
    """False where there is a client of that id."""
    listed = (client.redirect_uris, client.grants, client.scopes, client.audiences, client.serves)
    arrays = [list(each) for each in listed]
    values = (client.id, client.name, client.secret, *arrays, client.id_token_algorithm)
    return done(database, _INSERT, *values) is not None


def find(database: Database, identifier: str) -> Client | None:
    """The client of that id."""
    if "\0" in identifier:
        return None
    found = row(database, f"SELECT {_FIELDS} FROM passport_broker.client WHERE id = %s", identifier)
    return None if found is None else _client(found)


def everyone(database: Database) -> list[Client]:
    """Every client, by id."""
    statement = f'SELECT {_FIELDS} FROM passport_broker.client ORDER BY id COLLATE "C"'
    return [_client(each) for each in rows(database, statement)]


def delete(database: Database, identifier: str) -> bool:
    """False where there is none; all that people let it do goes with it."""
    statement = "DELETE FROM passport_broker.client WHERE id = %s RETURNING id"
    return done(database, statement, identifier) is not None


def consent(database: Database, subject: str, client: str, scopes: tuple[str, ...],
            audiences: tuple[str, ...], *, keep: bool = False) -> None:  # fmt: skip
    """What somebody lets a client do, beside what they did before; `keep`: without being asked again."""
    given = [list(scopes), list(audiences)]
    done(database, _CONSENT, subject, client, *given, *(given if keep else ([], [])))


def consented(database: Database, subject: str, client: str, scopes: tuple[str, ...],
              audiences: tuple[str, ...]) -> bool:  # fmt: skip
    """Whether they have let it do all of that already, and said that they need not be asked again."""
    found = row(database, _CONSENTED, list(scopes), list(audiences), subject, client)
    return found is not None and bool(found[0])


def consents(database: Database, subject: str) -> list[Consent]:
    """All that somebody lets clients do."""
    return [
        Consent(each[0], each[1], tuple(each[2]), tuple(each[3]), each[4], each[5])
        for each in rows(database, _GIVEN, subject)
    ]


def withdraw(database: Database, subject: str, client: str) -> bool:
    """False where there was no consent; else it and every token that came of it are no more."""
    return done(database, _WITHDRAWN, *(subject, client) * 3) is not None


def _client(found: Row) -> Client:
    kept = None if found[2] is None else bytes(found[2])
    uris, grants, scopes, audiences, serves = (tuple(each) for each in found[3:8])
    return Client(found[0], found[1], kept, uris, grants, scopes, audiences, serves, *found[8:])

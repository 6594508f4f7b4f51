"""Families of tokens in the database: codes, refresh tokens, and what was taken back."""

from collections.abc import Mapping
from typing import Any

from database.engine import Database
from passport_broker.domain.families import Code, Family, Refreshable, clients_of, family_of, tokens_of
from passport_broker.store.accounts import FIELDS, account_of
from passport_broker.store.asking import Row, done, row

_FAMILY = f"""
family.id, family.client, family.scopes, family.audiences,
extract(epoch FROM family.authenticated_at)::bigint, extract(epoch FROM family.ends_at)::bigint,
family.consent, {FIELDS}
"""
# A family that holds: neither revoked nor over, its person's account, if any, is not disabled and was not
# signed out everywhere since, and the consent that it came of is still there.
_HOLDS = """
family.revoked_at IS NULL AND family.ends_at > now() AND account.disabled IS NOT true
AND (family.subject IS NULL OR family.epoch = account.epoch)
AND (family.consent IS NULL
     OR EXISTS (SELECT FROM passport_broker.consent WHERE consent.number = family.consent))
"""

GRACE = "10 seconds"
"""For how long a client that has not got the answer to a refresh may ask for it once more."""

# Codes and refresh tokens that come after it wait for the disk, and it with them. A family that has only an
# access token does not: what a crash takes with it is a token that holds no more.
_BEGIN = """
WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO passport_broker.family
    (id, client, subject, epoch, consent, scopes, audiences, authenticated_at, ends_at)
SELECT %s, %s, %s, %s::bigint, %s::bigint, %s::text[], %s::text[], to_timestamp(%s), to_timestamp(%s)
FROM quick
"""
_CODE = """
INSERT INTO passport_broker.code (hash, family, redirect_uri, challenge, nonce, ends_at)
VALUES (%s, %s, %s, %s, %s, now() + %s * interval '1 second')
"""
# One statement, so that of two who redeem a code at once only one does.
_REDEEM = f"""
WITH code AS (UPDATE passport_broker.code SET used_at = now() FROM passport_broker.family
              WHERE code.hash = %s AND code.used_at IS NULL AND code.ends_at > now()
                    AND family.id = code.family AND family.client = %s
              RETURNING code.*)
SELECT {_FAMILY}, code.redirect_uri, code.challenge, code.nonce
FROM code JOIN passport_broker.family ON family.id = code.family
     LEFT JOIN passport_broker.account USING (subject)
WHERE {_HOLDS}
"""
_USED_CODE = """
UPDATE passport_broker.family SET revoked_at = now() FROM passport_broker.code
WHERE code.hash = %s AND code.used_at IS NOT NULL AND family.id = code.family AND family.client = %s
      AND family.revoked_at IS NULL
RETURNING family.subject
"""
_REFRESHABLE = f"""
SELECT {_FAMILY} FROM passport_broker.refresh_token JOIN passport_broker.family
    ON family.id = refresh_token.family LEFT JOIN passport_broker.account USING (subject)
WHERE refresh_token.hash = %s AND refresh_token.used_at IS NULL AND {_HOLDS}
"""
_ROTATE = """
WITH used AS (UPDATE passport_broker.refresh_token SET used_at = now(), successor = %s
              WHERE hash = %s AND used_at IS NULL RETURNING family)
INSERT INTO passport_broker.refresh_token (hash, family) SELECT %s, family FROM used RETURNING family
"""
# An answer may be lost on its way. Whoever brings the token of before at once, and has not used the one that
# the answer had, gets another in its place; the lost one, should it turn up, is one that was used long ago.
_AGAIN = f"""
SELECT {_FAMILY} FROM passport_broker.refresh_token
    JOIN passport_broker.refresh_token AS lost ON lost.hash = refresh_token.successor
    JOIN passport_broker.family ON family.id = refresh_token.family
    LEFT JOIN passport_broker.account USING (subject)
WHERE refresh_token.hash = %s AND refresh_token.used_at > now() - interval '{GRACE}' AND lost.used_at IS NULL
      AND {_HOLDS}
"""
_REPLACE = f"""
WITH before AS (SELECT hash, successor FROM passport_broker.refresh_token
                WHERE hash = %s AND used_at > now() - interval '{GRACE}' FOR UPDATE),
     lost AS (UPDATE passport_broker.refresh_token SET used_at = '-infinity' FROM before
              WHERE refresh_token.hash = before.successor AND used_at IS NULL
              RETURNING refresh_token.family, before.hash AS before),
     linked AS (UPDATE passport_broker.refresh_token SET successor = %s FROM lost
                WHERE refresh_token.hash = lost.before)
INSERT INTO passport_broker.refresh_token (hash, family) SELECT %s, family FROM lost RETURNING family
"""
_USED_REFRESH = """
UPDATE passport_broker.family SET revoked_at = now() FROM passport_broker.refresh_token
WHERE refresh_token.hash = %s AND refresh_token.used_at IS NOT NULL AND family.id = refresh_token.family
      AND family.revoked_at IS NULL
RETURNING family.subject
"""
_LIVE = f"""
SELECT {_FAMILY} FROM passport_broker.family LEFT JOIN passport_broker.account USING (subject)
WHERE family.id = %s AND {_HOLDS}
      AND NOT EXISTS (SELECT FROM passport_broker.revoked_token WHERE revoked_token.id = ANY(%s))
      AND (SELECT count(*) FROM passport_broker.client WHERE client.id = ANY(%s)) = %s
"""
_TAKE_BACK = """
INSERT INTO passport_broker.revoked_token (id, ends_at) VALUES (%s, to_timestamp(%s)) ON CONFLICT DO NOTHING
"""
_SWEEP = """
WITH families AS (DELETE FROM passport_broker.family WHERE ends_at < now() - interval '1 day'),
     tokens AS (DELETE FROM passport_broker.revoked_token WHERE ends_at < now() - interval '1 hour'),
     rates AS (DELETE FROM passport_broker.rate WHERE ends_at < now()),
     sessions AS (DELETE FROM passport_broker.session WHERE ends_at < now())
DELETE FROM passport_broker.device WHERE ends_at < now() - interval '1 day'
"""


def begin(database: Database, family: Family) -> None:
    """A new family."""
    account = family.account
    of = (None, None) if account is None else (account.subject, account.epoch)
    listed = (list(family.scopes), list(family.audiences))
    times = (family.authenticated, family.ends)
    done(database, _BEGIN, family.id, family.client, *of, family.consent, *listed, *times)


def add_code(database: Database, kept: bytes, code: Code, seconds: int) -> None:
    """A code that may be redeemed once, for so long."""
    values = (kept, code.family.id, code.redirect_uri, code.challenge, code.nonce, seconds)
    done(database, _CODE, *values)


def redeem(database: Database, kept: bytes, client: str) -> Code | None:
    """What the code was made for, the first time that its client brings it; None ever after."""
    found = done(database, _REDEEM, kept, client)
    return None if found is None else Code(_family(found), *found[13:])


def revoke_of_used_code(database: Database, kept: bytes, client: str) -> Row | None:
    """Ends the family of a code that was redeemed before; whose it was, where this is what ended it."""
    return done(database, _USED_CODE, kept, client)


def add_refresh(database: Database, kept: bytes, family: str) -> None:
    """A refresh token, which holds as long as its family."""
    done(database, "INSERT INTO passport_broker.refresh_token (hash, family) VALUES (%s, %s)", kept, family)


def refreshable(database: Database, kept: bytes) -> Refreshable | None:
    """A refresh token that holds and was not used."""
    found = row(database, _REFRESHABLE, kept)
    return None if found is None else Refreshable(kept, _family(found))


def rotate(database: Database, kept: bytes, fresh: bytes) -> bool:
    """Puts a new refresh token into the place of one; False where somebody else has done so."""
    return done(database, _ROTATE, fresh, kept, fresh) is not None


def again(database: Database, kept: bytes) -> Refreshable | None:
    """A refresh token that was used a moment ago, and the one in its place not yet."""
    found = row(database, _AGAIN, kept)
    return None if found is None else Refreshable(kept, _family(found))


def replace(database: Database, kept: bytes, fresh: bytes) -> bool:
    """Puts a new refresh token into the place of the one that came of `kept`; False where `again` is over."""
    return done(database, _REPLACE, kept, fresh, fresh) is not None


def revoke_of_used_refresh(database: Database, kept: bytes) -> Row | None:
    """Ends the family of a refresh token that was used before; as `revoke_of_used_code`."""
    return done(database, _USED_REFRESH, kept)


def live(database: Database, claims: Mapping[str, Any]) -> Family | None:
    """The family of an access token; None where either was taken back, or is over.

    So it is where it was exchanged for one that was taken back, or by a client that is no more.
    """
    clients = clients_of(claims)
    values = (family_of(claims["jti"]), tokens_of(claims), clients, len(clients))
    found = row(database, _LIVE, *values)
    return None if found is None else _family(found)


def revoke(database: Database, family: str) -> None:
    """Nothing of the family holds any more."""
    done(database, "UPDATE passport_broker.family SET revoked_at = now() WHERE id = %s", family)


def revoke_token(database: Database, token: str, ends: int) -> None:
    """The access token of that `jti` holds no more."""
    done(database, _TAKE_BACK, token, ends)


def taken_back(database: Database) -> int:
    """A number that moves with each transaction that takes anything back."""
    found = row(database, "SELECT number FROM passport_broker.token_version")
    return 0 if found is None else int(found[0])


def sweep(database: Database) -> None:
    """Forgets what is over."""
    done(database, _SWEEP)


def _family(found: Row) -> Family:
    account = None if found[7] is None else account_of(found[7:13])
    return Family(found[0], found[1], account, tuple(found[2]), tuple(found[3]), *found[4:7])

"""Families of tokens in the database: codes, refresh tokens, and what was taken back."""

from database.engine import Database
from passport_broker.domain.families import Code, Family, Refreshable
from passport_broker.store.accounts import FIELDS, account_of
from passport_broker.store.asking import Row, done, row

_FAMILY = f"""
family.id, family.client, family.scopes, family.audiences,
extract(epoch FROM family.authenticated_at)::bigint, extract(epoch FROM family.ends_at)::bigint, {FIELDS}
"""
# A family that holds: neither revoked nor over, and its person's account, if any, is not disabled.
_HOLDS = "family.revoked_at IS NULL AND family.ends_at > now() AND account.disabled IS NOT true"

# Codes and refresh tokens that come after it wait for the disk, and it with them. A family that has only an
# access token does not: what a crash takes with it is a token that holds no more.
_BEGIN = """
WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO passport_broker.family (id, client, subject, scopes, audiences, authenticated_at, ends_at)
SELECT %s, %s, %s, %s::text[], %s::text[], to_timestamp(%s), to_timestamp(%s) FROM quick
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
WITH used AS (UPDATE passport_broker.refresh_token SET used_at = now()
              WHERE hash = %s AND used_at IS NULL RETURNING family)
INSERT INTO passport_broker.refresh_token (hash, family) SELECT %s, family FROM used RETURNING family
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
      AND NOT EXISTS (SELECT FROM passport_broker.revoked_token WHERE revoked_token.id = %s)
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
    subject = None if family.account is None else family.account.subject
    listed = (list(family.scopes), list(family.audiences))
    done(database, _BEGIN, family.id, family.client, subject, *listed, family.authenticated, family.ends)


def add_code(database: Database, kept: bytes, code: Code, seconds: int) -> None:
    """A code that may be redeemed once, for so long."""
    values = (kept, code.family.id, code.redirect_uri, code.challenge, code.nonce, seconds)
    done(database, _CODE, *values)


def redeem(database: Database, kept: bytes, client: str) -> Code | None:
    """What the code was made for, the first time that its client brings it; None ever after."""
    found = done(database, _REDEEM, kept, client)
    return None if found is None else Code(_family(found), *found[11:])


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
    return done(database, _ROTATE, kept, fresh) is not None


def revoke_of_used_refresh(database: Database, kept: bytes) -> Row | None:
    """Ends the family of a refresh token that was used before; as `revoke_of_used_code`."""
    return done(database, _USED_REFRESH, kept)


def live(database: Database, family: str, token: str) -> Family | None:
    """The family of an access token; None where either was taken back, or is over."""
    found = row(database, _LIVE, family, token)
    return None if found is None else _family(found)


def revoke(database: Database, family: str) -> None:
    """Nothing of the family holds any more."""
    done(database, "UPDATE passport_broker.family SET revoked_at = now() WHERE id = %s", family)


def revoke_token(database: Database, token: str, ends: int) -> None:
    """The access token of that `jti` holds no more."""
    done(database, _TAKE_BACK, token, ends)


def sweep(database: Database) -> None:
    """Forgets what is over."""
    done(database, _SWEEP)


def _family(found: Row) -> Family:
    account = None if found[6] is None else account_of(found[6:11])
    return Family(found[0], found[1], account, tuple(found[2]), tuple(found[3]), found[4], found[5])

"""Sessions of browsers in the database: of the cookie only a digest is kept."""

from dataclasses import dataclass

from database.engine import Database
from passport_broker.domain.accounts import Account
from passport_broker.store.accounts import FIELDS, account_of
from passport_broker.store.asking import done, row

IDLE = "1 hour"
"""How long a session that nobody uses lasts."""

_FIND = f"""
SELECT {FIELDS}, extract(epoch FROM session.authenticated_at)::bigint,
       session.seen_at < now() - interval '1 minute'
FROM passport_broker.session JOIN passport_broker.account USING (subject)
WHERE session.hash = %s AND session.ends_at > now() AND session.seen_at > now() - interval '{IDLE}'
      AND NOT account.disabled
"""
# The session of before goes as the new one comes: a cookie that somebody planted is worth nothing.
_BEGIN = """
WITH old AS (DELETE FROM passport_broker.session WHERE hash = %s OR ends_at < now())
INSERT INTO passport_broker.session (hash, subject, ends_at, authenticated_at)
VALUES (%s, %s, now() + %s * interval '1 hour', least(now(), to_timestamp(%s)))
"""


@dataclass(frozen=True, slots=True)
class Session:
    """Who is logged in, since when (seconds since 1970)."""

    account: Account
    authenticated: int


def find(database: Database, kept: bytes) -> Session | None:
    """The session of that cookie, which lives on for being used."""
    found = row(database, _FIND, kept)
    if found is None:
        return None
    if found[6]:
        done(database, "UPDATE passport_broker.session SET seen_at = now() WHERE hash = %s", kept)
    return Session(account_of(found), found[5])


def begin(
    database: Database, kept: bytes, before: bytes | None, subject: str, *, hours: int, since: int | None
) -> None:
    """A new session, in the place of the one before; of somebody who has logged in just now, or `since`."""
    done(database, _BEGIN, before, kept, subject, hours, since)


def end(database: Database, kept: bytes) -> None:
    """The session is no more."""
    done(database, "DELETE FROM passport_broker.session WHERE hash = %s", kept)

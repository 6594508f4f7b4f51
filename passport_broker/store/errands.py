"""Browsers that were sent to a provider of others and may come back, once."""

from dataclasses import dataclass

from database.engine import Database
from passport_broker.store.asking import done

_BEGIN = """
WITH over AS (DELETE FROM passport_broker.errand WHERE ends_at < now())
INSERT INTO passport_broker.errand (state, browser, provider, issuer, subject, back, since, ends_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, now() + %s * interval '1 second')
"""
# One statement, so that of two answers with the same state one is looked at; that of another browser is not.
_TAKE = """
DELETE FROM passport_broker.errand WHERE state = %s AND browser = %s AND provider = %s AND issuer = %s
RETURNING subject, back, since, ends_at > now()
"""


@dataclass(frozen=True, slots=True)
class Errand:
    """What a browser was sent to a provider for: to log in, or to link another identity to account `subject`.

    `back` is where it goes on afterwards. Whoever has to log in anew does so not before `since`.
    """

    browser: bytes
    provider: str
    issuer: str
    subject: str | None
    back: str
    since: int | None


def begin(database: Database, state: bytes, errand: Errand, seconds: int) -> None:
    """Keeps it for so long, under the digest of its state."""
    values = (errand.browser, errand.provider, errand.issuer, errand.subject, errand.back, errand.since)
    done(database, _BEGIN, state, *values, seconds)


def take(database: Database, state: bytes, browser: bytes, provider: str, issuer: str) -> Errand | None:
    """The errand, which is over with this; None where that browser was not sent there with that state."""
    found = done(database, _TAKE, state, browser, provider, issuer)
    if found is None or not found[3]:
        return None
    return Errand(browser, provider, issuer, found[0], found[1], found[2])

"""Devices that wait for somebody to type in a code."""

from database.engine import Database
from passport_broker.domain.accounts import Account
from passport_broker.domain.families import Device
from passport_broker.store.asking import done, row

_ADD = """
INSERT INTO passport_broker.device (hash, user_code, client, scopes, audiences, ends_at, pause)
VALUES (%s, %s, %s, %s, %s, now() + %s * interval '1 second', %s)
"""
# Who asks before the pause is over waits five seconds longer from now on (RFC 8628, 3.5). What is decided is
# given once.
_POLL = """
WITH before AS (
    SELECT hash, polled_at + pause * interval '1 second' > now() AS hasty FROM passport_broker.device
    WHERE hash = %s AND client = %s FOR UPDATE
)
UPDATE passport_broker.device SET polled_at = now(),
    pause = device.pause + CASE WHEN before.hasty AND device.allowed IS NULL THEN 5 ELSE 0 END,
    used_at = CASE WHEN device.allowed AND device.ends_at > now() AND device.used_at IS NULL THEN now()
              ELSE device.used_at END
FROM before, passport_broker.device AS old
WHERE device.hash = before.hash AND old.hash = before.hash
RETURNING device.client, device.scopes, device.audiences, device.subject,
    extract(epoch FROM device.authenticated_at)::bigint, device.epoch, device.consent,
    CASE WHEN old.ends_at <= now() OR old.used_at IS NOT NULL THEN 'ended'
         WHEN device.allowed THEN 'allowed' WHEN NOT device.allowed THEN 'refused'
         WHEN before.hasty THEN 'hasty' ELSE 'waiting' END
"""
_WAITING = """
SELECT client, scopes, audiences FROM passport_broker.device
WHERE user_code = %s AND allowed IS NULL AND ends_at > now()
"""
_DECIDE = """
UPDATE passport_broker.device SET allowed = %s, subject = %s, epoch = %s, consent = %s,
    authenticated_at = to_timestamp(%s)
WHERE user_code = %s AND allowed IS NULL AND ends_at > now() RETURNING client
"""


def add(database: Database, kept: tuple[bytes, bytes], device: Device, seconds: int, pause: int) -> None:
    """A device that waits; of its code and of the one for its user digests are kept."""
    listed = (list(device.scopes), list(device.audiences))
    done(database, _ADD, *kept, device.client, *listed, seconds, pause)


def poll(database: Database, kept: bytes, client: str) -> Device | None:
    """How things stand with a device code of that client."""
    found = done(database, _POLL, kept, client)
    if found is None:
        return None
    return Device(found[0], tuple(found[1]), tuple(found[2]), found[7], *found[3:7])


def waiting(database: Database, user_code: bytes) -> Device | None:
    """The device whose code somebody typed in, where it still waits."""
    found = row(database, _WAITING, user_code)
    return None if found is None else Device(found[0], tuple(found[1]), tuple(found[2]), "waiting")


def decide(
    database: Database, user_code: bytes, account: Account, authenticated: int, consent: int | None
) -> bool:
    """False where it waits no more. `consent` is the number of what somebody said; None where they refuse."""
    who = (account.subject, account.epoch)
    return done(database, _DECIDE, consent is not None, *who, consent, authenticated, user_code) is not None

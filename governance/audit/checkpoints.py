"""Signed statements of how far the trail was, and with which hash: what a rewritten chain cannot imitate."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from governance.audit.chain import Head, written
from governance.audit.entries import moment
from governance.audit.errors import TrailBroken
from governance.keys.site import BadSignature, PublicKeys, SiteKey, verified

CHECKPOINT = "insitu-audit-checkpoint+jwt"
PRUNED = "insitu-audit-pruned+jwt"
HEAD = "insitu-audit-head+jwt"
EXPORT = "insitu-audit-export+jwt"

_LAST = "SELECT number, sequence, token FROM governance.audit_checkpoint ORDER BY number DESC LIMIT 1"
_INSERT = "INSERT INTO governance.audit_checkpoint (number, sequence, token) VALUES (%s, %s, %s)"
_ALL = "SELECT token, number, sequence FROM governance.audit_checkpoint ORDER BY number"
_PRUNINGS = "SELECT token, upto FROM governance.audit_pruned ORDER BY upto"


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept, with what its columns say of it; None in an export, which has none."""

    text: str
    number: int | None = None
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says. `accepted`: somebody has accepted a trail that was not whole.

    `unknown`: how many of its rows, of before there were seals, the file of the head did not know.
    """

    number: int
    head: Head
    at: str
    previous: str | None
    accepted: Any = None
    unknown: int = 0


NONE = Checkpoint(0, Head(), "", None)


def read_checkpoint(token: str, keys: PublicKeys) -> Checkpoint:
    """What the token says.

    Raises:
        BadSignature: it is no checkpoint that one of the keys signed.
    """
    claims = verified(token, CHECKPOINT, keys)
    try:
        head = Head(int(claims["sequence"]), bytes.fromhex(claims["hash"]))
        before = claims["previous"]
        said = claims.get("accepted"), int(claims.get("unknown", 0))
        made = Checkpoint(int(claims["number"]), head, str(claims["at"]), before, *said)
    except (KeyError, ValueError, TypeError):
        raise BadSignature("lacks what a checkpoint says") from None
    return made


def newest(connection: Any, keys: Callable[[], PublicKeys]) -> tuple[Checkpoint, str | None]:
    """The last checkpoint and the digest of its token, which the next one has to name.

    `keys` is asked after the token was read: the key may have been made for it just now.

    Raises:
        TrailBroken: it is not what the site signed.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LAST)
        row = cursor.fetchone()
    if row is None:
        return NONE, None
    number, sequence, token = row
    try:
        found = read_checkpoint(token, keys())
    except BadSignature as bad:
        raise TrailBroken(f"the last checkpoint of the audit trail {bad}") from None
    if (number, sequence) != (found.number, found.head.sequence):
        raise TrailBroken("the last checkpoint of the audit trail stands under another number than its own")
    return found, digest(token)


def last_digest(connection: Any) -> tuple[int, str | None]:
    """Number and digest of what stands last among the checkpoints, whatever it is worth."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST)
        row = cursor.fetchone()
    return (0, None) if row is None else (int(row[0]), digest(row[2]))


def add(
    connection: Any,
    key: SiteKey,
    head: Head,
    now: float,
    *,
    after: tuple[int, str | None],
    also: Mapping[str, Any],
) -> Head:
    """Adds a checkpoint at the head; its number and digest, as the file outside keeps them.

    Each holds the digest of the one before, so that none can be taken out. `also`: what else it says.
    """
    number = after[0] + 1
    claims = {
        "number": number,
        "sequence": head.sequence,
        "hash": head.hash.hex(),
        "at": written(moment(now)),
        "previous": after[1],
    }
    token = key.sign(CHECKPOINT, claims | dict(also))
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, (number, head.sequence, token))
    return Head(number, bytes.fromhex(digest(token)))


def digest(token: str) -> str:
    """What the next checkpoint calls a token by."""
    return hashlib.sha256(token.encode()).hexdigest()


def tokens(connection: Any) -> tuple[list[Token], list[Token]]:
    """The checkpoints and the records of pruning, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_ALL)
        signed = [Token(*row) for row in cursor]
        cursor.execute(_PRUNINGS)
        return signed, [Token(token, sequence=upto) for token, upto in cursor]

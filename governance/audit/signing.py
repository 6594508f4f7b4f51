"""Signing the end of the trail: only of rows that were found, by that very look, to be ours."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from database.engine import Database
from governance.audit import checkpoints
from governance.audit.appending import CHECKPOINT_LOCK, SEALS_LOCK
from governance.audit.chain import Head
from governance.audit.checkpoints import Checkpoint
from governance.audit.errors import TrailBroken
from governance.audit.keyring import Keyring
from governance.audit.prunings import last_pruning
from governance.audit.walking import holds, walk
from governance.keys.site import PublicKeys

_END = "SELECT sequence, hash FROM governance.audit ORDER BY sequence DESC LIMIT 1"
_STANDING = (
    "SELECT (SELECT max(sequence) FROM governance.audit), "
    "(SELECT extract(epoch FROM at) FROM governance.audit WHERE sequence > %s ORDER BY sequence LIMIT 1)"
)


@dataclass(frozen=True, slots=True)
class Signed:
    """What is signed now, and the newest checkpoint as the file outside keeps it; None for none new."""

    head: Head
    file: Head | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the trail is signed, where it ends, and when the first row that is not signed was written."""

    signed: int
    last: int
    since: float | None


def sign(database: Database, keys: Keyring, known: Head, now: float) -> Signed:
    """Signs the end of the trail, unless it is signed already. Makes no secret.

    `known` is a row that the database has to hold.

    Raises:
        TrailBroken: the trail is not what was written here; nothing is signed.
    """
    return _sign(database, keys, known, now, keys.sealing())


def sign_unsealed(database: Database, keys: Keyring, known: Head, now: float) -> Signed:
    """As `sign`, of rows of before there were seals; the checkpoint says how many stand behind `known`."""
    return _sign(database, keys, known, now, None)


def _sign(
    database: Database, keys: Keyring, known: Head, now: float, secret: bytes | None
) -> Signed:
    with database.unit_of_work() as work:
        with work.raw.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (CHECKPOINT_LOCK,))
            cursor.execute(_END)
            row = cursor.fetchone()
        if not holds(work.raw, known):
            raise TrailBroken(f"the audit trail does not hold row {known.sequence} as it was written here")
        if row is None:
            return Signed(Head(), None)
        last, named = checkpoints.newest(work.raw, keys.public)
        head = verified_end(work.raw, keys.public, secret, last, int(row[0]))
        if head == last.head:
            return Signed(head, None)
        unknown = 0 if secret is not None else head.sequence - max(known.sequence, last.head.sequence)
        also = {"unknown": unknown} if unknown > 0 else {}
        made = checkpoints.add(work.raw, keys.site, head, now, after=(last.number, named), also=also)
        work.commit()
    return Signed(head, made)


def begin_seals(database: Database, keys: Keyring, last: Callable[[], Head], now: float) -> None:
    """Makes the secret of the seals, after what the site has written without them was signed.

    The database has to hold the row that the site's own file knows as the last. Rows behind it are no fault:
    a process died before it wrote the file, or another machine recorded.

    Raises:
        TrailBroken: it does not hold it, or there are rows and no file.
    """
    with database.unit_of_work() as work:
        with work.raw.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (SEALS_LOCK,))
            cursor.execute(_END)
            row = cursor.fetchone()
        if keys.begun():
            return  # another process was first
        known = last()
        if row is not None and known.sequence == 0:
            raise TrailBroken(
                f"the audit trail ends with row {row[0]}, and no file here says that they are ours: "
                "rows without seals are taken for ours where the file of the head knows at least the first"
            )
        sign_unsealed(database, keys, known, now)
        _ = keys.seals


def take_unsealed(database: Database, keys: Keyring, expected: Head, now: float) -> None:
    """Signs rows of before there were seals that a backup has brought back; the seals begin then, if ever.

    Raises:
        TrailBroken: there are others among them.
    """
    sign_unsealed(database, keys, expected, now)
    _ = keys.seals


def verified_end(
    connection: Any,
    public: Callable[[], PublicKeys],
    secret: bytes | None,
    last: Checkpoint,
    upto: int,
) -> Head:
    """The row `upto`, after all rows behind the last checkpoint were found to be ours.

    Raises:
        TrailBroken: one of them is not, or the checkpoint's row is not the one that was signed.
    """
    pruned, writers = last_pruning(connection, public)
    start = last.head if last.number else pruned
    if upto < start.sequence or not holds(connection, start):
        raise TrailBroken(f"the audit trail does not hold row {start.sequence} as it was signed")
    return walk(connection, secret, start, upto, writers)


def accept(
    database: Database, keys: Keyring, now: float, accepted: Mapping[str, Any]
) -> Signed:
    """Signs the end as it is: that somebody has accepted what is wrong before it stands in what is signed."""
    with database.unit_of_work() as work:
        with work.raw.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (CHECKPOINT_LOCK,))
            cursor.execute(_END)
            sequence, hash_ = cursor.fetchone()
        head = Head(sequence, bytes(hash_))
        after = checkpoints.last_digest(work.raw)
        also = {"accepted": dict(accepted)}
        made = checkpoints.add(work.raw, keys.site, head, now, after=after, also=also)
        work.commit()
    return Signed(head, made)


def standing(database: Database, keys: Keyring) -> Standing:
    """How much is not signed, by the token of the last checkpoint rather than by its columns.

    Raises:
        TrailBroken: the last checkpoint is not what the site signed.
    """
    with database.reading() as connection:
        last, _ = checkpoints.newest(connection, keys.public)
        with connection.cursor() as cursor:
            cursor.execute(_STANDING, (last.head.sequence,))
            end, since = cursor.fetchone()
    return Standing(last.head.sequence, end or 0, None if since is None else float(since))

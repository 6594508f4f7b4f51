"""The signed records of rows that were pruned: where the chain goes on, and what its writers had counted."""

from collections.abc import Callable
from typing import Any

from governance.audit.chain import Head
from governance.audit.checkpoints import PRUNED
from governance.audit.errors import TrailBroken
from governance.keys.site import BadSignature, PublicKeys, verified

_LAST = "SELECT token FROM governance.audit_pruned ORDER BY upto DESC LIMIT 1"


def read_pruning(token: str, keys: PublicKeys) -> dict[str, Any]:
    """What the token says: `first`, `upto`, `hash`, `writers`, `at`, `by`.

    Raises:
        BadSignature: it is no record of pruning that one of the keys signed.
    """
    claims = verified(token, PRUNED, keys)
    try:
        writers = {str(each): int(last) for each, last in claims.get("writers", {}).items()}
        sound = {
            "first": int(claims["first"]),
            "upto": int(claims["upto"]),
            "hash": bytes.fromhex(claims["hash"]).hex(),
            "writers": writers,
        }
    except (KeyError, ValueError, TypeError, AttributeError):
        raise BadSignature("lacks what a record of pruning says") from None
    return {"at": None, "by": None} | claims | sound


def last_pruning(connection: Any, keys: Callable[[], PublicKeys]) -> tuple[Head, dict[str, int]]:
    """The last row that was pruned, and the last number of each writer up to it.

    Raises:
        TrailBroken: the last record of pruning is not what the site signed.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LAST)
        row = cursor.fetchone()
    if row is None:
        return Head(), {}
    try:
        claims = read_pruning(row[0], keys())
    except BadSignature as bad:
        raise TrailBroken(f"the last record of pruning {bad}") from None
    return Head(claims["upto"], bytes.fromhex(claims["hash"])), claims["writers"]

"""Are these rows ours? Asked of rows that nobody has verified yet, before they are signed or added to."""

from typing import Any

from governance.audit.chain import GENESIS, Head, Row, row_hash
from governance.audit.errors import TrailBroken
from governance.audit.reading import rows_between
from governance.audit.seals import BEGINNING, Counting, beginning, read_seal

_LAST_OF = (
    f"SELECT body FROM governance.audit WHERE left(body, {BEGINNING}) = %s AND sequence <= %s "
    "ORDER BY sequence DESC LIMIT 1"
)


def walk(
    connection: Any, secret: bytes | None, start: Head, upto: int, pruned: dict[str, int]
) -> Head:
    """The row `upto`, after every row behind `start` was found to be chained to it and sealed by the site.

    Without a `secret` no row may be sealed: they are of before there were seals. `pruned` has the last
    number of each writer whose rows were pruned.

    Raises:
        TrailBroken: one of them is not; says which.
    """
    counting = Counting(secret, lambda writer: _last_of(connection, writer, start.sequence, pruned))
    head = start
    for row in rows_between(connection, start.sequence, upto):
        fault = _unchained(row, head) or _unsealed(row, counting, secret)
        if fault is not None:
            raise TrailBroken(
                f"row {row.sequence} of the audit trail {fault}; nothing is signed or added behind it: "
                "`insitu audit verify` says what is wrong"
            )
        head = Head(row.sequence, row.hash)
    if head.sequence != upto:
        raise TrailBroken(f"the audit trail ends at row {head.sequence}, where row {upto} was to be signed")
    return head


def holds(connection: Any, known: Head) -> bool:
    """True where the database has that very row, or it was pruned."""
    if known.sequence == 0:
        return known.hash == GENESIS
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT hash, %(it)s <= coalesce((SELECT max(upto) FROM governance.audit_pruned), 0) "
            "FROM (VALUES (1)) one LEFT JOIN governance.audit ON sequence = %(it)s",
            {"it": known.sequence},
        )
        found, pruned = cursor.fetchone()
    return bool(pruned) if found is None else bytes(found) == known.hash


def _unchained(row: Row, head: Head) -> str | None:
    if row.sequence != head.sequence + 1 or row.previous != head.hash:
        return "does not follow the one before it"
    return None if row_hash(row.sequence, row.previous, row.body) == row.hash else "was changed"


def _unsealed(row: Row, counting: Counting, secret: bytes | None) -> str | None:
    seal = read_seal(row.body)
    if secret is None:
        return None if seal is None else "is sealed, and this site has no secret of seals"
    return "has no seal: it was put in by somebody else" if seal is None else counting.fault(seal)


def _last_of(connection: Any, writer: str, upto: int, pruned: dict[str, int]) -> int:
    """The number of the writer's last row up to that one, which was verified when it was signed."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST_OF, (beginning(writer), upto))
        row = cursor.fetchone()
    seal = None if row is None else read_seal(row[0])
    return pruned.get(writer, 0) if seal is None else seal.counter

"""Gene coordinates: names to intervals."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from database.copying import copy_rows
from variants.domain.target import Gene, Interval

_FOUND = """
WITH best AS (SELECT min(rank) AS rank FROM variants.gene_name WHERE assembly = %(assembly)s AND word =
%(word)s) SELECT g.symbol, g.ids, g.start, g.stop FROM variants.gene_name n JOIN best USING (rank) JOIN
variants.gene g ON g.id = n.gene WHERE n.assembly = %(assembly)s AND n.word = %(word)s ORDER BY g.start,
g.stop
"""


@dataclass(frozen=True, slots=True)
class GeneRow:
    """A gene to store. `ids` are identifiers, with and without version; `aliases` what else it is called."""

    symbol: str
    ids: tuple[str, ...]
    aliases: tuple[str, ...]
    start: int
    stop: int


def find(connection: Any, assembly: str, name: str) -> Gene | None:
    """The gene of a name in any case: by symbol, else by identifier, else by another name. None: unknown.

    A symbol on two sequences (the pseudoautosomal genes of X and Y) has two intervals.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, {"assembly": assembly, "word": name.lower()})
        found = cursor.fetchall()
    if not found:
        return None
    names = {name for symbol, ids, _, _ in found for name in (symbol, *ids)}
    return Gene(tuple(sorted(names)), tuple(_joined((start, stop) for _, _, start, stop in found)))


def _joined(intervals: Iterable[tuple[int, int]]) -> Iterable[Interval]:
    """Sorted intervals with those that touch made one."""
    whole: tuple[int, int] | None = None
    for start, stop in intervals:
        if whole is not None and start <= whole[1]:
            whole = (whole[0], max(whole[1], stop))
            continue
        if whole is not None:
            yield Interval(*whole)
        whole = (start, stop)
    if whole is not None:
        yield Interval(*whole)


def count(connection: Any, assembly: str) -> int:
    """How many genes an assembly has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM variants.gene WHERE assembly = %s", (assembly,))
        return int(cursor.fetchone()[0])


def replace(connection: Any, assembly: str, genes: Iterable[GeneRow]) -> int:
    """Puts these genes in the place of the assembly's, within the transaction; gives their number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"variants.gene {assembly}",))
        cursor.execute("DELETE FROM variants.gene WHERE assembly = %s", (assembly,))
    kept = list(genes)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('variants.gene', 'id')) FROM generate_series(1, %s)",
            (len(kept),),
        )
        numbers = [number for (number,) in cursor.fetchall()]
    rows = ((n, assembly, g.symbol, list(g.ids), g.start, g.stop) for n, g in zip(numbers, kept, strict=True))
    copy_rows(connection, "variants.gene", ("id", "assembly", "symbol", "ids", "start", "stop"), rows)
    words = (
        (assembly, word, rank, n) for n, g in zip(numbers, kept, strict=True) for word, rank in _words(g)
    )
    copy_rows(connection, "variants.gene_name", ("assembly", "word", "rank", "gene"), words)
    return len(kept)


def _words(gene: GeneRow) -> Iterable[tuple[str, int]]:
    """Each name once, under its best rank."""
    seen: set[str] = set()
    for rank, names in enumerate(((gene.symbol,), gene.ids, gene.aliases)):
        for name in names:
            word = name.lower()
            if word and word not in seen:
                seen.add(word)
                yield word, rank

"""One question as a list of plain tests that an allele passes or fails."""

import itertools
import re
from collections.abc import Callable, Iterable

from variants.domain.question import Question

from .seen import Gene, Seen, canonical, trimmed
from .vocabulary import is_of_type

Test = Callable[[Seen], bool]


def tests(question: Question, genes: Iterable[Gene]) -> list[Test]:
    """What an allele must pass, all of them, to be an answer."""
    return [test for test in _all_tests(question, tuple(genes)) if test is not None]


def _all_tests(q: Question, genes: tuple[Gene, ...]) -> list[Test | None]:
    return [
        _same_contig(canonical(q.reference)) if q.reference is not None else None,
        _where(q),
        _bases(q) if len(q.start) != 1 or q.end else None,
        (lambda a: is_of_type(q.variant_type, a.kind, a.alt)) if q.variant_type is not None else None,
        _of_gene(q.gene, genes) if q.gene is not None else None,
        (lambda a: q.aminoacid_change in a.annotated.changes) if q.aminoacid_change is not None else None,
        _short_form(q.short_form) if q.short_form is not None else None,
        (lambda a: a.length is not None and a.length >= q.min_length) if q.min_length is not None else None,
        (lambda a: a.length is not None and a.length <= q.max_length) if q.max_length is not None else None,
        (lambda a: a.mate == canonical(q.mate)) if q.mate is not None else None,
        (lambda a: q.consequence in a.annotated.consequences) if q.consequence is not None else None,
        (lambda a: bool(a.annotated.consequences.intersection(q.consequences))) if q.consequences else None,
        (lambda a: any(is_of_type(word, a.kind, a.alt) for word in q.classes)) if q.classes else None,
    ]


def _same_contig(contig: str) -> Test:
    return lambda a: a.contig == contig


def _where(q: Question) -> Test | None:
    if not q.start and not q.end:
        return None
    if len(q.start) == 2:
        (low, high), (first, last) = q.start, q.end
        return lambda a: low <= a.start < high and first <= a.end < last
    if q.end:
        return lambda a: overlaps(a.start, a.end, q.start[0], q.end[0])
    return _sequence(q.start[0], q.reference_bases, q.alternate_bases or "")


def overlaps(start: int, end: int, low: int, high: int) -> bool:
    """Any base in common; what has no base of its own touches the base before it and the base after it."""
    if start == end:
        return low <= start <= high
    return start < high and end > low


def _spellings(bases: str) -> list[str]:
    choices = ["ACGTN" if base == "N" else base for base in bases.upper()]
    return ["".join(each) for each in itertools.product(*choices)]


def _sequence(start: int, ref: str | None, alt: str) -> Test:
    alts = set(_spellings(alt))
    if ref is None:
        anchored = {(start, each) for each in alts}
        return lambda a: (a.start == start and a.alt in alts) or _vcf(a) in anchored
    wanted: dict[tuple[int, str, str], set[str | None]] = {}
    for before, after in itertools.product(_spellings(ref), alts):
        change = trimmed(start, before, after)
        wanted.setdefault(change, set()).add(_base_before(start, before, change))

    def is_wanted(a: Seen) -> bool:
        befores = wanted.get((a.start, a.ref, a.alt), set())
        return bool(befores) and (a.anchor is None or None in befores or a.anchor in befores)

    return is_wanted


def _base_before(start: int, ref: str, change: tuple[int, str, str]) -> str | None:
    """The base before an insertion or deletion, where the question named it: it must be the file's."""
    place, short, new = change
    return ref[place - start - 1] if place > start and not (short and new) else None


def _vcf(a: Seen) -> tuple[int, str] | None:
    """Where and what a VCF would write for an insertion or deletion."""
    return (a.start - 1, a.anchor + a.alt) if a.anchor else None


def _bases(q: Question) -> Test | None:
    if q.reference_bases is None and q.alternate_bases is None:
        return None
    refs = None if q.reference_bases is None else set(_spellings(q.reference_bases))
    alts = None if q.alternate_bases is None else set(_spellings(q.alternate_bases))

    def has_them(a: Seen) -> bool:
        before = a.anchor or ""
        spelt = {(a.ref, a.alt), (before + a.ref, before + a.alt)}
        return any((refs is None or ref in refs) and (alts is None or alt in alts) for ref, alt in spelt)

    return has_them


def _of_gene(gene: str, genes: tuple[Gene, ...]) -> Test:
    places = [place for place in genes if place.name.upper() == gene.upper()]

    def is_there(a: Seen) -> bool:
        by_place = any(p.contig == a.contig and overlaps(a.start, a.end, p.start, p.end) for p in places)
        return by_place or gene.upper() in {name.upper() for name in a.annotated.genes}

    return is_there


def _short_form(text: str) -> Test:
    genomic = re.fullmatch(
        r"([^:]+):g\.(\d+)(?:_(\d+))?([ACGTN]>[ACGTN]|del|delins[ACGTN]+|ins[ACGTN]+)[ACGTN]*", text
    )
    if genomic is None:
        return lambda a: text in a.annotated.hgvs
    contig, first, last = canonical(genomic[1]), int(genomic[2]), int(genomic[3] or genomic[2])
    return _genomic(contig, first, last, genomic[4])


def _genomic(contig: str, first: int, last: int, change: str) -> Test:
    if ">" in change:
        wanted = (first - 1, first, *change.split(">"))
        return lambda a: a.contig == contig and (a.start, a.end, a.ref, a.alt) == wanted
    if change == "del":
        return lambda a: a.contig == contig and (a.start, a.end, a.alt) == (first - 1, last, "")
    new = change.removeprefix("del").removeprefix("ins")
    place = (first, first) if change.startswith("ins") else (first - 1, last)
    return lambda a: a.contig == contig and (a.start, a.end, a.alt) == (*place, new)

"""Sequence alleles in normal form: trimmed of what both share, and left-aligned where bases are known."""

from collections.abc import Callable

from variants.domain.allele import Allele, Kind

Bases = Callable[[str, int, int], str]
"""Reference bases of (contig, start, end), 0-based half-open, upper case; shorter where the contig ends."""

_WINDOW = 128  # bases fetched at a time while an allele moves left
_KNOWN = frozenset("ACGT")


def trim(start: int, ref: str, alt: str) -> tuple[int, str, str]:
    """The allele without the bases common to both ends, suffix first, then prefix.

    >>> trim(9, "CAA", "CA")
    (10, 'A', '')
    """
    shared = 0
    most = min(len(ref), len(alt))
    while shared < most and ref[-1 - shared] == alt[-1 - shared]:
        shared += 1
    if shared:
        ref, alt, most = ref[:-shared], alt[:-shared], most - shared
    shared = 0
    while shared < most and ref[shared] == alt[shared]:
        shared += 1
    return start + shared, ref[shared:], alt[shared:]


def left_align(contig: str, start: int, ref: str, alt: str, bases: Bases) -> tuple[int, str, str]:
    """A trimmed allele at the leftmost place that spells the same sequence. Insertions and deletions move.

    Expects `trim`'s answer. Stops where the reference has no bases to tell, or bases that are not known (N).
    """
    if (ref and alt) or not (ref or alt):
        return start, ref, alt
    moved = ref or alt
    shift, size = 0, len(moved)
    before, first = "", start
    while start - shift > 0:
        at = start - shift - 1
        if at < first:
            first = max(0, at + 1 - _WINDOW)
            before = bases(contig, first, at + 1)
            if len(before) != at + 1 - first:
                break
        # Seen from the left, the sequence has turned by `shift` places: this is its last base.
        base = before[at - first]
        if base != moved[(size - 1 - shift) % size] or base not in _KNOWN:
            break
        shift += 1
    turn = shift % size
    moved = moved[size - turn :] + moved[: size - turn]
    return (start - shift, moved, "") if ref else (start - shift, "", moved)


def classify(ref: str, alt: str) -> Kind:
    """The kind of a trimmed sequence allele."""
    if not ref:
        return Kind.INS
    if not alt:
        return Kind.DEL
    if len(ref) == len(alt):
        return Kind.SNV if len(ref) == 1 else Kind.MNV
    return Kind.INDEL


def sequence_allele(contig: str, start: int, ref: str, alt: str, bases: Bases | None = None) -> Allele:
    """The normal form of `ref` → `alt` at `start` (0-based); left-aligned where reference bases are given.

    `ref` and `alt` differ and are upper case.
    """
    if len(ref) == 1 and len(alt) == 1:
        return Allele(contig, start, start + 1, ref, alt, Kind.SNV, 1)
    start, ref, alt = trim(start, ref, alt)
    if bases is not None:
        start, ref, alt = left_align(contig, start, ref, alt, bases)
    size = len(ref)
    return Allele(contig, start, start + size, ref, alt, classify(ref, alt), max(size, len(alt)))


def anchored(start: int, ref: str, alt: str, anchor: str) -> tuple[int, str, str]:
    """The VCF spelling of a trimmed insertion or deletion: with the base before it. 0-based start."""
    return start - 1, anchor + ref, anchor + alt

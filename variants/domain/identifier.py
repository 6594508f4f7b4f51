"""Identifiers of alleles: readable, the same at every site, and found again by their parts."""

import hashlib
import re
from dataclasses import dataclass

from variants.domain.allele import Allele, AlleleRow, Kind
from variants.domain.dataset import Release

_LONGEST = 60  # reference and alternate bases together; longer ones are digested
_BASES = re.compile(r"[ACGTN]+|\.")
_UNSAFE = re.compile(r"[^A-Za-z0-9._]")
_UNSAFE_HEAD = re.compile(r"[^A-Za-z0-9._-]")
_DIGEST = re.compile(r"[0-9a-f]{20}")


@dataclass(frozen=True, slots=True)
class Identified:
    """Where and what an identifier names: linear starts that it may mean, and the bases or the digest.

    No starts: it names nothing of this release.
    """

    starts: tuple[int, ...] = ()
    bases: tuple[str, str] | None = None
    digest: str | None = None


def identifier(assembly: str, row: AlleleRow) -> str:
    """`GRCh37-20-1000226-A-T`: assembly, sequence, 1-based position, bases in VCF's shortest spelling.

    An indel without a known base before it stands at its own first base, `.` being no bases. Symbolic,
    breakend and long alleles end in their kind and a digest. Letters, digits, `.`, `_` and `-` only.
    """
    allele = row.allele
    head = f"{_UNSAFE_HEAD.sub('_', assembly)}-{_safe(allele.contig)}"
    if not _spellable(allele):
        position = allele.start if allele.alt.startswith("<") else allele.start + 1
        return f"{head}-{position}-{allele.kind.name}-{digest(allele)}"
    if row.anchor and not (allele.ref and allele.alt):
        return f"{head}-{allele.start}-{row.anchor}{allele.ref}-{row.anchor}{allele.alt}"
    return f"{head}-{allele.start + 1}-{allele.ref or '.'}-{allele.alt or '.'}"


def digest(allele: Allele) -> str:
    """Twenty hexadecimal digits of what an allele is at its place; `DIGEST_SQL` is the same in the store."""
    length = "" if allele.length is None else allele.length
    text = f"{allele.end - allele.start}:{allele.ref}:{allele.alt}:{length}"
    return hashlib.sha256(text.encode()).hexdigest()[:20]


_TOLD_SQL = "concat(stop - start, ':', ref, ':', alt, ':', length)"
DIGEST_SQL = f"left(encode(sha256(convert_to({_TOLD_SQL}, 'UTF8')), 'hex'), 20)"


def identified(text: str, release: Release) -> Identified:
    """What an identifier means in a release. Whatever is not an identifier of its assembly names nothing."""
    head = _UNSAFE_HEAD.sub("_", release.assembly) + "-"
    parts = text.removeprefix(head).split("-")
    if not text.startswith(head) or len(parts) != 4 or not re.fullmatch(r"\d{1,10}", parts[1]):
        return Identified()
    contig, position, first, second = parts[0], int(parts[1]), parts[2], parts[3]
    bases = [place.ordinal << 32 for place in release.places.values() if _safe(place.name) == contig]
    if first in Kind.__members__ and _DIGEST.fullmatch(second):
        return Identified(tuple(at + position - back for at in bases for back in (0, 1)), digest=second)
    if not (_BASES.fullmatch(first) and _BASES.fullmatch(second)):
        return Identified()
    return _spelled(bases, position, "" if first == "." else first, "" if second == "." else second)


def _spelled(bases: list[int], position: int, ref: str, alt: str) -> Identified:
    anchored = ref[:1] == alt[:1] and ref != "" and 1 in {len(ref), len(alt)}
    start = position if anchored else position - 1
    spelt = (ref[1:], alt[1:]) if anchored else (ref, alt)
    return Identified(tuple(at + start for at in bases), bases=spelt)


def _spellable(allele: Allele) -> bool:
    return len(allele.ref) + len(allele.alt) <= _LONGEST and all(
        part == "" or (_BASES.fullmatch(part) and part != ".") for part in (allele.ref, allele.alt)
    )


def _safe(name: str) -> str:
    return _UNSAFE.sub("_", name)

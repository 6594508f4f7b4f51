"""Alleles that VCF describes instead of spelling: `<DEL>`, `<CN0>`, breakends."""

import re
from dataclasses import dataclass

from variants.domain.allele import Allele, Kind

_KINDS = {
    "DEL": Kind.DEL,
    "INS": Kind.INS,
    "DUP": Kind.DUP,
    "INV": Kind.INV,
    "CNV": Kind.CNV,
    "BND": Kind.BND,
    "TRA": Kind.BND,
    "CTX": Kind.BND,
}
_COPIES = re.compile(r"^<CN=?(\d{1,9})>$")
_BREAKEND = re.compile(r"^([A-Za-z.]*)([\[\]])(.+):(\d{1,10})\2([A-Za-z.]*)$")
_LONGEST_POSITION = (1 << 31) - 1
_SINGLE = re.compile(r"^(?:\.[A-Za-z]+|[A-Za-z]+\.)$")


def is_symbolic(alt: str) -> bool:
    """True for `<...>`."""
    return alt.startswith("<") and alt.endswith(">") and len(alt) > 2


def is_breakend(alt: str) -> bool:
    """True for the four forms with brackets and for single breakends (`G.`, `.G`)."""
    found = _BREAKEND.match(alt)
    return int(found[4]) <= _LONGEST_POSITION if found else bool(_SINGLE.match(alt))


def symbolic_kind(alt: str) -> Kind:
    """The kind that `<DEL:ME>` names by its first word; OTHER for words that VCF does not define."""
    if _COPIES.match(alt):
        return Kind.CNV
    return _KINDS.get(alt[1:-1].partition(":")[0].upper(), Kind.OTHER)


def copies(alt: str) -> int | None:
    """The copies that `<CN3>` says; None for any other allele."""
    found = _COPIES.match(alt)
    return int(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class Mate:
    """Where a breakend joins: contig as the file spells it, and the 0-based position of the adjacent base."""

    contig: str
    position: int


def mate(alt: str) -> Mate | None:
    """The far side of `G]17:198982]`; None for a single breakend."""
    found = _BREAKEND.match(alt)
    return Mate(found[3], max(0, int(found[4]) - 1)) if found else None


def breakend(contig: str, position: int, alt: str) -> Allele:
    """A breakend at a 1-based position: it lies on its own base (at telomere 0, before the first base)."""
    start = max(0, position - 1)
    return Allele(contig, start, max(position, start), "", alt, Kind.BND, None)


def symbolic_allele(
    contig: str, position: int, alt: str, *, end: int | None, svlen: int | None, svlen_first: bool = False
) -> Allele:
    """A symbolic allele at a 1-based position, which is the base before it.

    `end` is INFO END (1-based, inclusive), `svlen` this allele's SVLEN. Where both are given and differ,
    END wins, unless `svlen_first` (VCF 4.4 on, and records with several alternate alleles, whose END is the
    furthest of them). An insertion lies between two bases and has no extent. A breakend word (`<TRA>`) lies
    on its own base.
    """
    kind = symbolic_kind(alt)
    if kind is Kind.BND:
        return breakend(contig, position, alt)
    size = abs(svlen) if svlen is not None else None
    if kind is Kind.INS:
        return Allele(contig, position, position, "", alt, kind, size)
    by_end = end - position if end is not None and end >= position else None
    extent = (size, by_end) if svlen_first else (by_end, size)
    span = next((value for value in extent if value is not None), 0)
    length = size if size is not None else by_end
    return Allele(contig, position, position + span, "", alt, kind, length)

"""An allele as the oracle sees it, and the two conventions everything rests on: contig names and trimming.

Sets of samples are Python integers, bit i for the i-th sample of the file.
"""

from dataclasses import dataclass, field

from variants.domain.allele import Kind

from .annotations import Annotated
from .vocabulary import GRCH37_ACCESSIONS, ORDER

Key = tuple[str, int, int, str, str, int]


@dataclass(slots=True)
class Seen:
    """One allele as the file holds it; the sets are disjoint parts of `carriers`."""

    contig: str
    start: int
    end: int
    ref: str
    alt: str
    kind: Kind
    length: int | None
    anchor: str | None = None
    ids: tuple[str, ...] = ()
    mate: str | None = None
    het: int = 0
    hom: int = 0
    hemi: int = 0
    half: int = 0
    missing: int = 0
    ac: int | None = None
    an: int | None = None
    annotated: Annotated = field(default_factory=Annotated)
    calls: tuple[tuple[list[str], int], ...] = ()

    @property
    def key(self) -> Key:
        """What makes it this allele and no other."""
        return (
            self.contig,
            self.start,
            self.end,
            self.ref,
            self.alt,
            -1 if self.length is None else self.length,
        )

    @property
    def place(self) -> tuple[int, int, int, str, str, int]:
        """Its rank among alleles: as chromosomes are counted, then by place, then by bases."""
        return ORDER.index(self.contig), *self.key[1:]

    @property
    def carriers(self) -> int:
        """Everybody with at least one copy."""
        return self.het | self.hom | self.hemi | self.half


@dataclass(frozen=True, slots=True)
class Gene:
    """A gene's place, as somebody loaded it."""

    name: str
    contig: str
    start: int
    end: int


def canonical(name: str) -> str:
    """`chr20`, `20` and `NC_000020.10` are one contig."""
    name = GRCH37_ACCESSIONS.get(name, name)
    name = name.removeprefix("chr")
    return "MT" if name in {"M", "MT"} else name


def trimmed(start: int, ref: str, alt: str) -> tuple[int, str, str]:
    """The change alone: common last bases go first, then common first bases."""
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        start, ref, alt = start + 1, ref[1:], alt[1:]
    return start, ref, alt

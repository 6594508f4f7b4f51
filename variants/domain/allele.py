"""What an allele is, and what a dataset knows of one."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Kind(IntEnum):
    """How an allele changes the reference. The numbers are stored: never renumber."""

    SNV = 1
    MNV = 2
    INS = 3
    DEL = 4
    INDEL = 5
    DUP = 6
    INV = 7
    CNV = 8
    BND = 9
    OTHER = 10


@dataclass(frozen=True, slots=True)
class Allele:
    """One alternate allele at a place of a contig, split from its record and trimmed.

    `start` and `end` are 0-based half-open on the contig. Sequence alleles have every base common to both
    ends trimmed away (suffix first, then prefix), so an insertion has `start == end` and `ref == ""`, a
    deletion `alt == ""`. Symbolic alleles keep their VCF spelling in `alt` (`"<DEL>"`, `"<DUP:TANDEM>"`,
    `"G]17:198982]"`), have `ref == ""`, and start after the padding base of VCF 4.x section 5 (`start ==
    POS`); a breakend lies on its own base (`start == POS - 1`, `end == POS`).

    `length` is in bases: the longer of the two trimmed sequences, or |SVLEN| (else END - POS) for symbolic
    alleles; `None` where the file does not say (breakends).
    """

    contig: str
    start: int
    end: int
    ref: str
    alt: str
    kind: Kind
    length: int | None


@dataclass(frozen=True, slots=True)
class Annotation:
    """What ANN or CSQ says of one allele, over all transcripts. Each tuple is sorted and without repeats.

    `genes` are symbols and Ensembl ids as annotated; `changes` are amino-acid changes in one-letter form
    (`V600E`); `hgvs` are c., n. and p. expressions with and without the transcript (`ENST1.2:c.1A>G`,
    `c.1A>G`, `p.Val600Glu`); `consequences` are Sequence Ontology names (`missense_variant`).
    """

    genes: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    hgvs: tuple[str, ...] = ()
    consequences: tuple[str, ...] = ()


@dataclass(slots=True)
class AlleleRow:
    """An allele as one dataset holds it. Sets are `carriers.encode` bytes of sample ordinals; None is empty.

    `carriers` holds every sample with at least one copy; `hom` (every copy is this allele, ploidy over
    one), `hemi` (ploidy one) and `half` (a copy here, another copy not called) are disjoint parts of it,
    the remaining carriers are heterozygous. `missing` holds the samples without any call at the site,
    `single` those with exactly one called copy, carriers or not (haploid or half called; written to the
    store, not read back). `ac` and `an` count alleles: from genotypes where there are samples, else from
    INFO. `carried` counts samples. `anchor` is the base before an insertion or deletion, so that the VCF
    spelling can be given back. `frequencies` maps a population's name to its allele frequency, as INFO
    gives it (`EAS_AF` → `{"EAS": 0.33}`). `copy_change` is the Experimental Factor Ontology's term for
    what the allele does to the copy number (`EFO:0030067` for `<DEL>`), where the file claims such a
    change; see `kinds.copy_change`. `detail` keeps what has no column: qual, filter, svlen, cipos, ciend,
    mate id, copy number. `roll` is how many bases an insertion or deletion can be rolled to the right (see
    `rolling`): 0 for all else, None where no reference genome told.
    """

    allele: Allele
    carriers: bytes | None = None
    hom: bytes | None = None
    hemi: bytes | None = None
    half: bytes | None = None
    missing: bytes | None = None
    carried: int = 0
    ac: int | None = None
    an: int | None = None
    anchor: str | None = None
    ids: tuple[str, ...] = ()
    mate_contig: str | None = None
    mate_position: int | None = None
    annotation: Annotation = field(default_factory=Annotation)
    frequencies: dict[str, float] = field(default_factory=dict)
    copy_change: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    single: bytes | None = None
    roll: int | None = None

"""Who carries an allele, and with how many copies."""

from dataclasses import dataclass
from enum import StrEnum

from variants.domain import carriers
from variants.domain.allele import AlleleRow
from variants.domain.dataset import Sample


class Zygosity(StrEnum):
    """How a sample carries an allele, with the GENO term each stands for (`Zygosity.term`)."""

    HETEROZYGOUS = "heterozygous"
    HOMOZYGOUS = "homozygous"
    HEMIZYGOUS = "hemizygous"
    UNKNOWN = "indeterminate"

    @property
    def term(self) -> str:
        """The Genotype Ontology's id."""
        return _TERMS[self]


_TERMS = {
    Zygosity.HETEROZYGOUS: "GENO:0000135",
    Zygosity.HOMOZYGOUS: "GENO:0000136",
    Zygosity.HEMIZYGOUS: "GENO:0000134",
    Zygosity.UNKNOWN: "GENO:0000137",
}


@dataclass(frozen=True, slots=True)
class Case:
    """A carrier. `UNKNOWN` zygosity is a half-called genotype: one copy here, another not called."""

    sample: Sample
    zygosity: Zygosity


def zygosities(row: AlleleRow) -> dict[int, Zygosity]:
    """Each carrier's ordinal and zygosity, in ordinal order."""
    hom, hemi, half = (carriers.decode(part) for part in (row.hom, row.hemi, row.half))
    return {
        ordinal: _one(ordinal in hom, ordinal in hemi, ordinal in half)
        for ordinal in carriers.decode(row.carriers)
    }


def _one(hom: bool, hemi: bool, half: bool) -> Zygosity:
    if hom:
        return Zygosity.HOMOZYGOUS
    if hemi:
        return Zygosity.HEMIZYGOUS
    return Zygosity.UNKNOWN if half else Zygosity.HETEROZYGOUS

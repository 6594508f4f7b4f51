"""Who carries an allele, and with how many copies."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from pyroaring import BitMap

from variants.domain import carriers
from variants.domain.allele import AlleleRow
from variants.domain.dataset import Sample
from variants.domain.sexes import Sex


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


@dataclass(frozen=True, eq=False, slots=True)
class Everybody:
    """All samples of a release, by ordinal. Equal to itself only, so that it keys what is made of it."""

    samples: tuple[Sample, ...]
    _sexes: dict[Sex, BitMap] = field(default_factory=dict, repr=False)

    def of_sex(self, sex: Sex) -> BitMap:
        """The ordinals of the samples of persons of this sex. Do not change the answer."""
        if sex not in self._sexes:
            self._sexes[sex] = BitMap(each.ordinal for each in self.samples if each.sex is sex)
        return self._sexes[sex]


@dataclass(frozen=True, slots=True)
class Cases:
    """Carriers of one allele in ordinal order, many thousands at times: two equally long lists, no objects.

    `zygosities` are indices of `ZYGOSITIES`.
    """

    everybody: Everybody
    ordinals: list[int]
    zygosities: list[int]

    def __len__(self) -> int:
        """How many carriers."""
        return len(self.ordinals)

    def __iter__(self) -> Iterator[Case]:
        """Each carrier."""
        for ordinal, how in zip(self.ordinals, self.zygosities, strict=True):
            yield Case(self.everybody.samples[ordinal], ZYGOSITIES[how])


ZYGOSITIES = (Zygosity.HETEROZYGOUS, Zygosity.UNKNOWN, Zygosity.HEMIZYGOUS, Zygosity.HOMOZYGOUS)


def cases(row: AlleleRow, everybody: Everybody, offset: int, limit: int | None) -> Cases:
    """The carriers of an allele from `offset` on, at most `limit`."""
    how = np.zeros(len(everybody.samples), np.uint8)
    for code, part in enumerate((row.half, row.hemi, row.hom), 1):  # a later one speaks louder
        how[carriers.members(part)] = code
    found = carriers.members(row.carriers)[offset : None if limit is None else offset + limit]
    return Cases(everybody, found.tolist(), how[found].tolist())

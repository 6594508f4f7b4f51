"""Records and people become files: VCF in BGZF blocks, genes as BED, the planted truth as JSON."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pysam

from insitu.demonstration.genes import Gene
from insitu.demonstration.people import People
from insitu.demonstration.plan import ASSEMBLY, POPULATIONS, Region
from insitu.demonstration.variation import Record

_LENGTHS = {"20": 64_444_167, "X": 156_040_895}  # GRCh38
_MISSED = 9  # the code of a haplotype that was not called
_MISSING_RATE = 0.002
_HEADER = """##fileformat=VCFv4.3
##source=Insitu demonstration generator: made-up people on a made-up sequence
##reference={assembly}
##contig=<ID=chr{chromosome},length={length},assembly={assembly}>
##FILTER=<ID=PASS,Description="All filters passed">
##INFO=<ID=AC,Number=A,Type=Integer,Description="Copies of the alternate allele">
##INFO=<ID=AN,Number=1,Type=Integer,Description="Called copies of the chromosome">
##INFO=<ID=AF,Number=A,Type=Float,Description="Frequency of the alternate allele">
{populations}
##INFO=<ID=SVTYPE,Number=1,Type=String,Description="Type of structural variant">
##INFO=<ID=END,Number=1,Type=Integer,Description="Last base of the variant">
##INFO=<ID=SVLEN,Number=A,Type=Integer,Description="Length of the variant">
##INFO=<ID=CIPOS,Number=2,Type=Integer,Description="Confidence interval around POS">
##INFO=<ID=ANN,Number=.,Type=String,Description="Functional annotations: 'Allele | \
Annotation | Annotation_Impact | Gene_Name | Gene_ID | Feature_Type | Feature_ID | Transcript_BioType | \
Rank | HGVS.c | HGVS.p | cDNA.pos / cDNA.length | CDS.pos / CDS.length | AA.pos / AA.length | \
Distance | ERRORS / WARNINGS / INFO'">
##ALT=<ID=DEL,Description="Deletion">
##ALT=<ID=DUP:TANDEM,Description="Tandem duplication">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{samples}
"""


class Panel:
    """One dataset's part of a region's haplotypes, as the columns of a VCF."""

    def __init__(
        self, region: Region, people: People, dataset: int, *, phased: bool, rng: np.random.Generator
    ) -> None:
        owner = people.haplotypes(region.chromosome)
        self._region = region
        self._columns = np.flatnonzero(people.dataset[owner] == dataset)
        self._owners = owner[self._columns]
        self._population = people.population[self._owners]
        self._names = [people.names[each] for each in np.unique(self._owners)]
        self._first = np.flatnonzero(np.diff(self._owners, prepend=-1))
        self._alone = np.bincount(self._owners)[np.unique(self._owners)] == 1
        self._words = _genotype_words("|" if phased else "/")
        self._rng = rng

    def write(self, path: Path, records: Iterable[Record]) -> int:
        """Writes the records that somebody of the panel carries; how many that were."""
        count = 0
        with pysam.BGZFile(str(path), "w", None) as out:
            out.write(self._header().encode())
            lines = self._lines(records)
            while batch := list(islice(lines, 500)):
                out.write("".join(batch).encode())
                count += len(batch)
        return count

    def _header(self) -> str:
        populations = "\n".join(
            f'##INFO=<ID={each}_AF,Number=A,Type=Float,Description="Frequency among {each}">'
            for each in POPULATIONS
        )
        chromosome = self._region.chromosome
        return _HEADER.format(
            assembly=ASSEMBLY, chromosome=chromosome, length=_LENGTHS[chromosome],
            populations=populations, samples="\t".join(self._names),
        )  # fmt: skip

    def _lines(self, records: Iterable[Record]) -> Iterator[str]:
        for record in records:
            codes = record.codes[self._columns]
            if not codes.any():
                continue
            missed = self._rng.random(len(self._first)) < _MISSING_RATE
            codes = np.where(np.repeat(missed, np.where(self._alone, 1, 2)), _MISSED, codes)
            position = self._region.start + record.place + 1
            fixed = (
                f"chr{self._region.chromosome}\t{position}\t.\t{record.ref}\t{','.join(record.alts)}\t.\tPASS"
            )
            yield f"{fixed}\t{self._info(record, codes, position)}\tGT\t{self._genotypes(codes)}\n"

    def _info(self, record: Record, codes: npt.NDArray[np.uint8], position: int) -> str:
        counted = np.bincount(10 * self._population + codes, minlength=10 * len(POPULATIONS))
        table = counted.reshape(len(POPULATIONS), 10)[:, :_MISSED]
        called = table.sum(axis=1).clip(1).tolist()
        copies = table[:, 1 : len(record.alts) + 1].tolist()
        whole, an = [sum(each) for each in zip(*copies, strict=True)], int(table.sum())
        parts = [f"AC={_list(whole)}", f"AN={an}", f"AF={_list(each / max(an, 1) for each in whole)}"]
        for name, own, all_called in zip(POPULATIONS, copies, called, strict=True):
            parts.append(f"{name}_AF={_list(each / all_called for each in own)}")
        if record.span is not None:
            kind = record.alts[0][1:4]
            length = -record.span if kind == "DEL" else record.span
            parts.append(f"SVTYPE={kind};END={position + record.span};SVLEN={length};CIPOS=-10,10")
        said = [each.ann(alt) for each, alt in zip(record.effects, record.alts, strict=True) if each]
        return ";".join([*parts, f"ANN={','.join(said)}"] if said else parts)

    def _genotypes(self, codes: npt.NDArray[np.uint8]) -> str:
        first = codes[self._first]
        last = codes[np.append(self._first[1:], len(codes)) - 1]
        words = self._words
        key = np.where(self._alone, 100 + first, first.astype(np.int64) * 10 + last)
        return "\t".join([words[each] for each in key.tolist()])


def _genotype_words(mark: str) -> dict[int, str]:
    """The spelling of each pair of codes (10 * first + second) and of each single one (100 + code)."""
    names = {code: str(code) for code in range(4)} | {_MISSED: "."}
    pairs = {10 * a + b: f"{names[a]}{mark}{names[b]}" for a in names for b in names}
    return pairs | {100 + code: name for code, name in names.items()}


def _list(values: Iterable[float]) -> str:
    return ",".join(f"{each:.4g}" for each in values)


def write_genes(path: Path, region: Region, genes: Iterable[Gene]) -> None:
    """Adds a region's genes to a BED file: chromosome, start, end, name, score, strand."""
    with path.open("a", encoding="utf-8") as out:
        for gene in genes:
            interval = f"chr{region.chromosome}\t{region.start + gene.start}\t{region.start + gene.end}"
            out.write(f"{interval}\t{gene.name}\t0\t{'+' if gene.forward else '-'}\n")


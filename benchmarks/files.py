"""The files that are measured: real genotypes made long by repeating them further along the chromosome."""

import gzip
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pysam
import pysam.bcftools

SHARED = Path(os.environ.get("INSITU_SHARED", Path(__file__).resolve().parents[2] / "shared"))
REAL = SHARED / "data/1000genomes/chr1_2504x1042_multiallelic.vcf.gz"
_PEOPLE = 2504
_RICH = "GT:AD:DP:GQ:PL"
_RICH_HEADER = (
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Allelic depths">\n'
    '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Depth">\n'
    '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Genotype quality">\n'
    '##FORMAT=<ID=PL,Number=G,Type=Integer,Description="Likelihoods">\n'
)


_MADE_UP_HEADER = """##fileformat=VCFv4.2
##contig=<ID=1,length=249250621>
##FILTER=<ID=PASS,Description="Passed">
##INFO=<ID=AC,Number=A,Type=Integer,Description="Allele count">
##INFO=<ID=AN,Number=1,Type=Integer,Description="Called alleles">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """A file to load: its name in the tables, where it lies, how many genotypes it holds.

    `decode` is the output that makes bcftools unpack it: BCF to BCF passes records on unread.
    """

    name: str
    path: Path
    records: int
    samples: int
    decode: str = "-Ou"

    @property
    def genotypes(self) -> int:
        """Calls in the file: records times samples."""
        return self.records * self.samples


@dataclass(frozen=True, slots=True)
class Source:
    """What is repeated: header lines, records split into columns, and the stretch they cover in bases."""

    header: list[str]
    records: list[list[str]]
    span: int

    @property
    def samples(self) -> int:
        """Columns of people."""
        return len(self.records[0]) - 9


def source() -> Source:
    """The real 2,504-sample file where ../shared exists, else one as large with made-up haplotypes."""
    if not REAL.exists():
        return _made_up()
    with gzip.open(REAL, "rt") as file:
        lines = file.read().splitlines()
    records = [line.split("\t") for line in lines if not line.startswith("#")]
    header = [line for line in lines if line.startswith("#") and not line.startswith("##ALT")]
    return Source(header, records, int(records[-1][1]) - int(records[0][1]) + 200)


def long_vcf(source: Source, copies: int, folder: Path) -> Measured:
    """GT only, BGZF: the source so many times over. Made once."""
    path = folder / f"gt-{source.samples}x{len(source.records) * copies}.vcf.gz"
    if not path.exists():
        _write(path, source.header, _shifted(source, copies))
    return Measured("VCF.gz, GT only", path, len(source.records) * copies, source.samples)


def as_bcf(vcf: Measured) -> Measured:
    """The same file as BCF. Made once."""
    path = vcf.path.with_name(vcf.path.name.replace(".vcf.gz", ".bcf"))
    if not path.exists():
        pysam.bcftools.view("-Ob", "-o", str(path), str(vcf.path), catch_stdout=False)
    return Measured("BCF, GT only", path, vcf.records, vcf.samples, decode="-Ov")


def rich_vcf(source: Source, records: int, folder: Path) -> Measured:
    """GT:AD:DP:GQ:PL, BGZF: real genotypes with made-up depths and likelihoods. Made once."""
    path = folder / f"rich-{source.samples}x{records}.vcf.gz"
    if not path.exists():
        header = [*source.header[:-1], *_RICH_HEADER.splitlines(), source.header[-1]]
        copies = -(-records // len(source.records))
        lines = (line for _, line in zip(range(records), _enriched(_shifted(source, copies)), strict=False))
        _write(path, header, lines)
    return Measured(f"VCF.gz, {_RICH}", path, records, source.samples)


def _write(path: Path, header: list[str], lines: Iterator[str]) -> None:
    """Whole or not at all: an interrupted run leaves no short file behind."""
    unfinished = path.with_suffix(".unfinished")
    with pysam.BGZFile(str(unfinished), "wb") as file:
        file.write("".join(f"{line}\n" for line in header).encode())
        for line in lines:
            file.write(line.encode())
    unfinished.rename(path)


def _shifted(source: Source, copies: int) -> Iterator[str]:
    rests = ["\t".join(record[2:]) + "\n" for record in source.records]
    for copy in range(copies):
        for record, rest in zip(source.records, rests, strict=True):
            yield f"{record[0]}\t{int(record[1]) + copy * source.span}\t{rest}"


def _enriched(lines: Iterator[str], seed: int = 7) -> Iterator[str]:
    """Each call gets one of 512 made-up sets of depths and likelihoods that fit the number of alleles."""
    rng = np.random.default_rng(seed)
    pools: dict[tuple[str, int], list[str]] = {}
    for line in lines:
        columns = line.rstrip("\n").split("\t")
        alleles = columns[4].count(",") + 2
        picks = rng.integers(0, 512, len(columns) - 9).tolist()
        calls = []
        for call, pick in zip(columns[9:], picks, strict=True):
            pool = pools.get((call, alleles))
            if pool is None:
                pool = pools[call, alleles] = [_rich(call, alleles, rng) for _ in range(512)]
            calls.append(pool[pick])
        yield "\t".join([*columns[:8], _RICH, *calls]) + "\n"


def _rich(call: str, alleles: int, rng: np.random.Generator) -> str:
    depths = rng.poisson(8, alleles)
    likelihoods = rng.integers(0, 999, alleles * (alleles + 1) // 2)
    lists = ",".join(map(str, depths)), ",".join(map(str, likelihoods))
    return f"{call}:{lists[0]}:{depths.sum()}:{rng.integers(0, 99)}:{lists[1]}"


def _made_up(records: int = 1042, seed: int = 7) -> Source:
    rng = np.random.default_rng(seed)
    places = 10_000 + np.cumsum(rng.integers(1, 300, records))
    shares = rng.beta(0.15, 3, records)
    rows = []
    for place, share in zip(places.tolist(), shares.tolist(), strict=True):
        copies = (rng.random((_PEOPLE, 2)) < share).astype(int)
        calls = [f"{one}|{two}" for one, two in copies.tolist()]
        ref, alt = rng.choice(list("ACGT"), 2, replace=False).tolist()
        info = f"AC={copies.sum()};AN={2 * _PEOPLE}"
        rows.append(["1", str(place), ".", ref, alt, "100", "PASS", info, "GT", *calls])
    names = "\t".join(f"P{number:04}" for number in range(_PEOPLE))
    header = [
        *_MADE_UP_HEADER.splitlines(),
        f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{names}",
    ]
    return Source(header, rows, int(places[-1] - places[0]) + 200)


def bcftools(program: str | None) -> list[str]:
    """How bcftools is run here: the program of the machine, else the one that pysam carries."""
    if program:
        return [program]
    code = "import sys, pysam.bcftools as b; getattr(b, sys.argv[1])(*sys.argv[2:], catch_stdout=False)"
    return [sys.executable, "-c", code]

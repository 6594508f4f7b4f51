"""The real files under ../shared, and made ones that hold in a few lines what real ones hold rarely."""

import gzip
import os
import random
from dataclasses import dataclass
from pathlib import Path

SHARED = Path(os.environ.get("INSITU_SHARED", Path(__file__).resolve().parents[3] / "shared"))
DATA = SHARED / "data"


@dataclass(frozen=True, slots=True)
class Real:
    """A real input: the dataset it is loaded as, where it lies and which assembly it is on."""

    dataset: str
    place: str
    assembly: str = "GRCh37"

    @property
    def path(self) -> Path:
        """Where it lies."""
        return DATA / self.place


REAL = (
    Real("chr20", "1000genomes/chr20_1-4Mb_siteA_300x24990.vcf.gz"),
    Real("chr1", "1000genomes/chr1_2504x1042_multiallelic.vcf.gz"),
    Real("chrX", "1000genomes/chrX_26x51608.vcf.gz"),
    Real("chrX-mixed", "1000genomes/chrX_mixed_ploidy.vcf.gz"),
    Real("chrX-missing", "1000genomes/chrX_missing.vcf.gz"),
    Real("trio", "sv/test_trio.vcf.gz"),
    Real("trio-sv", "sv/test_trio.SV.vcf.gz"),
    Real("breakends", "sv/BND.SV.vcf"),
    Real("clinvar", "clinvar/clinvar_b37_2016-03_115417.vcf.gz"),
)


MADE = ("awkward", "crowd", "sites")


def made(name: str, folder: Path) -> Path:
    """One of the made files, always the same."""
    match name:
        case "awkward":
            return awkward(folder)
        case "sites":
            return sites(folder, random.Random(3))
        case _:
            return crowd(folder, random.Random(3), "crowd", people=300, records=300)


def for_pysam(path: Path, folder: Path) -> Path:
    """The file itself, or a copy that begins with `##fileformat` where it does not: htslib refuses those."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        text = file.read(len("##fileformat"))
        if text == "##fileformat":
            return path
        copy = folder / path.stem
        copy.write_text(f"##fileformat=VCFv4.1\n{text}{file.read()}")
    return copy


_HEADER = """##fileformat=VCFv4.3
##reference=GRCh37
##contig=<ID=chr7,length=159138663>
##contig=<ID=chr20,length=63025520>
##contig=<ID=chrX,length=155270560>
##FILTER=<ID=PASS,Description="All filters passed">
##ALT=<ID=DEL,Description="Deletion">
##INFO=<ID=AC,Number=A,Type=Integer,Description="Allele count">
##INFO=<ID=AN,Number=1,Type=Integer,Description="Called alleles">
##INFO=<ID=AF,Number=A,Type=Float,Description="Allele frequency">
##INFO=<ID=EAS_AF,Number=A,Type=Float,Description="Allele frequency in East Asia">
##INFO=<ID=END,Number=1,Type=Integer,Description="End">
##INFO=<ID=SVLEN,Number=A,Type=Integer,Description="Length">
##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">
##INFO=<ID=SVTYPE,Number=1,Type=String,Description="Type">
##INFO=<ID=MATEID,Number=A,Type=String,Description="Mate">
##INFO=<ID=ANN,Number=.,Type=String,Description="Functional annotations: 'Allele | Annotation'">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Depth">
"""
_BRAF = (
    "ANN=T|missense_variant|MODERATE|BRAF|ENSG00000157764|transcript|ENST00000288602.6|protein_coding|15/18"
    "|c.1799T>A|p.Val600Glu|1/2|1/2|1/2||"
)
# Each line: contig, POS, ID, REF, ALT, INFO, then the genotypes of six people.
_AWKWARD = f"""
chr7 140453136 rs113488022 A T {_BRAF} 0/1 0/0 0/0 ./. 1/1 0|0
chr20 1000 rs1 A C . 0/1 1/1 0/0 ./. 0|1 1
chr20 1000 rs2 A AC,ACC . 1/2 0/1 2/2 ./1 0/. 0
chr20 1010 . AC A,ACC,* . 0/1 2/3 3/3 1|1 0/2 .
chr20 1020 . GTTT G,GT,<NON_REF> . 1/2 0/0 3/3 0/0 0/1 2
chr20 1030 . T G,<*> . 0/1 0/0 2/2 ./. 1/. .
chr20 1040 . C T,G . 0/0 0/0 0/0 ./. 0/0 0
chr20 1050 . CAT CGT,TAG . 0/1 1/2 2/2 0/0 0/0 1
chr20 1060 . ACGT TTA . 0/1 0/0 0/0 0/0 0/0 0
chr20 1070 first G A . 0/1 0/0 1/1 ./. 0/0 0/0
chr20 1070 second G A . 0/0 0/1 0/1 0/1 ./. 0/0
chr20 1080 . A T . 0/0/1 1/1/1 0/0 ./././1 1 0
chr20 1090 . A T DP=3 . . . . . .
chr20 1100 . GA G . 0/1 0/0 0/0 0/0 0/0 0/0
chr20 1110 . CAAAA CA . 0/1 1/1 0/0 0/0 0/0 0/0
chr20 2000 sv1 N <DEL> SVTYPE=DEL;END=52000;SVLEN=-50000 0/1 0/0 0/0 0/0 0/0 0/0
chr20 2500 sv2 N <DUP:TANDEM> SVTYPE=DUP;END=8500;SVLEN=6000 0/0 0/1 0/0 0/0 0/0 0/0
chr20 2600 sv3 N <INV> SVTYPE=INV;END=3600 0/0 0/1 0/0 0/0 0/0 0/0
chr20 2700 sv4 N <INS> SVTYPE=INS;END=2700;SVLEN=300 0/0 0/1 1/1 0/0 0/0 0/0
chr20 2800 sv5 N <CN0>,<CN3> SVTYPE=CNV;END=42800 1/2 0/1 0/2 0/0 0/0 0/0
chr20 2900 sv6 N <CNV> SVTYPE=CNV;SVLEN=2000 1/. 0/1 0/0 0/0 0/0 0/0
chr20 3000 bndA G G]chrX:60000] SVTYPE=BND;MATEID=bndB 0/1 0/0 0/0 0/0 0/0 0/0
chr20 60000000 . A G . 0/1 0/0 0/0 0/0 0/0 0/0
chrX 60000 bndB T T]chr20:3000] SVTYPE=BND;MATEID=bndA 0/1 0/0 0/0 0/0 0/0 0/0
chrX 70000 . C T . 0 1 0/1 1/1 . 1/.
"""


def awkward(folder: Path) -> Path:
    """A small file with every oddity of genotypes, splitting, trimming and structural alleles."""
    names = ["P1", "P2", "P3", "P4", "P5", "P6"]
    lines = [line.split(" ") for line in _AWKWARD.strip().splitlines()]
    body = "".join(_line(columns[:6], ["GT", *columns[6:]]) for columns in lines)
    path = folder / "awkward.vcf"
    path.write_text(f"{_HEADER}{_columns(['FORMAT', *names])}{body}")
    return path


def sites(folder: Path, rng: random.Random, records: int = 60) -> Path:
    """A file without samples: counts and frequencies are in INFO only."""
    place, body = 5000, ""
    for _ in range(records):
        place += rng.randint(1, 40)
        alts = rng.sample("CGT", rng.randint(1, 2))
        counts = [rng.randint(0, 50) for _ in alts]
        shares = ",".join(f"{count / 100:.2f}" for count in counts)
        info = f"AC={','.join(map(str, counts))};AN=100;AF={shares};EAS_AF={shares}"
        body += _line(["chr20", str(place), ".", "A", ",".join(alts), info], [])
    path = folder / "sites.vcf"
    path.write_text(f"{_HEADER}{_columns([])}{body}")
    return path


def crowd(folder: Path, rng: random.Random, name: str, people: int, records: int) -> Path:
    """A file of small random alleles of many people, in repeats, so that ends and anchors collide.

    The same `rng` gives the same alleles; who carries them, and which few are left out, hangs on the name.
    """
    place, body, calling = 10_000, "", random.Random(name)
    for _ in range(records):
        place += rng.choice((0, 1, 1, 2, 5, 30))
        ref = "".join(rng.choices("ACGT", k=rng.choice((1, 1, 1, 2, 4))))
        alts = sorted({_altered(ref, rng) for _ in range(rng.choice((1, 1, 2, 3)))} - {ref})
        if alts and calling.random() < 0.9:
            calls = [_genotype(calling, len(alts)) for _ in range(people)]
            body += _line(["chr20", str(place), ".", ref, ",".join(alts), "."], ["GT", *calls])
    path = folder / f"{name}.vcf"
    path.write_text(f"{_HEADER}{_columns(['FORMAT', *(f'{name}{i}' for i in range(people))])}{body}")
    return path


def _altered(ref: str, rng: random.Random) -> str:
    kind = rng.randrange(4)
    if kind == 0:
        return ref[0] + "".join(rng.choices("ACGT", k=rng.randint(1, 3))) + ref[1:]
    if kind == 1 and len(ref) > 1:
        return ref[0]
    return "".join(rng.choices("ACGT", k=len(ref)))


def _genotype(rng: random.Random, alts: int) -> str:
    copies = [rng.choice(["0"] * 8 + ["."] + [str(number + 1) for number in range(alts)]) for _ in range(2)]
    return rng.choice("/|").join(copies)


def _line(columns: list[str], rest: list[str]) -> str:
    *place, info = columns
    return "\t".join([*place, ".", "PASS", info, *rest]) + "\n"


def _columns(rest: list[str]) -> str:
    return "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", *rest]) + "\n"

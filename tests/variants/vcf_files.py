"""Small VCFs for tests, and the brute-force reading that the readers are held against."""

import gzip
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pysam
import pysam.bcftools

from variants.domain import carriers
from variants.domain.allele import AlleleRow
from variants.reading.header import Header
from variants.reading.plan import plan
from variants.reading.reference import Reference
from variants.reading.report import Report
from variants.reading.source import read_header, read_part

CSQ = "Allele|Consequence|SYMBOL|Gene|HGVSc|HGVSp|Protein_position|Amino_acids"
DECLARED = f"""\
##contig=<ID=20,length=63025520>
##contig=<ID=X,length=155270560>
##ALT=<ID=DEL,Description="Deletion">
##FILTER=<ID=q10,Description="Quality below 10">
##INFO=<ID=AC,Number=A,Type=Integer,Description="Allele count">
##INFO=<ID=AN,Number=1,Type=Integer,Description="Alleles">
##INFO=<ID=AF,Number=A,Type=Float,Description="Frequency">
##INFO=<ID=EAS_AF,Number=A,Type=Float,Description="Frequency">
##INFO=<ID=EUR_AC,Number=A,Type=Integer,Description="Count">
##INFO=<ID=EUR_AN,Number=1,Type=Integer,Description="Number">
##INFO=<ID=AF_afr,Number=A,Type=Float,Description="Frequency">
##INFO=<ID=END,Number=1,Type=Integer,Description="End">
##INFO=<ID=SVLEN,Number=A,Type=Integer,Description="Length">
##INFO=<ID=SVTYPE,Number=1,Type=String,Description="Type">
##INFO=<ID=CIPOS,Number=2,Type=Integer,Description="Interval">
##INFO=<ID=MATEID,Number=A,Type=String,Description="Mate">
##INFO=<ID=CHR2,Number=1,Type=String,Description="Other contig">
##INFO=<ID=CN,Number=1,Type=Integer,Description="Copies">
##INFO=<ID=SVCLAIM,Number=A,Type=String,Description="Claim">
##INFO=<ID=ANN,Number=.,Type=String,Description="Functional annotations">
##INFO=<ID=CSQ,Number=.,Type=String,Description="From VEP. Format: {CSQ}">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Depth">
"""
COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"


def vcf_text(lines: Iterable[str], samples: Sequence[str] = (), version: str = "4.2") -> str:
    """A VCF with these record lines (fields separated by blanks) and the declarations above."""
    columns = "\t".join((COLUMNS, "FORMAT", *samples)) if samples else COLUMNS
    body = "".join(line.replace(" ", "\t") + "\n" for line in lines)
    return f"##fileformat=VCFv{version}\n{DECLARED}{columns}\n{body}"


def write_vcf(folder: Path, lines: Iterable[str], samples: Sequence[str] = (), version: str = "4.2") -> Path:
    """The same, as a file of plain text."""
    path = folder / "small.vcf"
    path.write_text(vcf_text(lines, samples, version))
    return path


def bgzipped(path: Path) -> Path:
    """The file packed as BGZF, beside it."""
    packed = path.with_name(path.name + ".gz")
    pysam.tabix_compress(str(path), str(packed), force=True)
    return packed


def gzipped(path: Path) -> Path:
    """The file packed as plain gzip, in two members."""
    packed = path.with_name(path.name + ".plain.gz")
    raw = path.read_bytes()
    packed.write_bytes(gzip.compress(raw[: len(raw) // 2]) + gzip.compress(raw[len(raw) // 2 :]))
    return packed


def as_bcf(path: Path) -> Path:
    """The file as BCF, beside it."""
    packed = path.with_suffix(".bcf")
    pysam.bcftools.view("-Ob", "-o", str(packed), str(path), catch_stdout=False)
    return packed


def small_blocks(path: Path, size: int) -> Path:
    """The file packed as BGZF with blocks of `size` bytes, so that lines and records run over many."""
    packed = path.with_name(f"{path.name}.{size}.gz")
    raw = path.read_bytes()
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    blocks = (block(raw[at : at + size]) for at in range(0, len(raw), size))
    packed.write_bytes(b"".join(blocks) + block(b""))
    return packed


def block(data: bytes) -> bytes:
    """One BGZF block; of nothing, the end-of-file block."""
    member = gzip.compress(data, mtime=0)
    if not data:
        return bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
    deflated = member[10:]
    size = 18 + len(deflated) - 1
    return b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + size.to_bytes(2, "little") + deflated


@dataclass(frozen=True)
class Reading:
    """What came out of a file."""

    header: Header
    rows: list[AlleleRow]
    report: Report


def read(
    path: Path,
    assembly: str = "GRCh37",
    *,
    target: int = 1 << 24,
    ordinals: Sequence[int] | None = None,
    reference: Reference | None = None,
    strict: bool = False,
) -> Reading:
    """All rows of a file, read in parts of about `target` bytes."""
    header = read_header(path)
    places = np.asarray(range(len(header.samples)) if ordinals is None else ordinals, np.uint32)
    rows, report = [], Report()
    for part in plan(header, target):
        account = Report()
        rows += read_part(
            part,
            header,
            ordinals=places,
            assembly=assembly,
            report=account,
            reference=reference,
            strict=strict,
        )
        assert account.balanced(), account
        report += account
    return Reading(header, rows, report)


def alleles(reading: Reading) -> list[tuple[int, int, str, str]]:
    """Place and bases of every row, as tuples to compare."""
    return [(row.allele.start, row.allele.end, row.allele.ref, row.allele.alt) for row in reading.rows]


def people(data: bytes | None) -> list[int]:
    """A set as a list."""
    return list(carriers.decode(data))


def brute(path: Path) -> tuple[int, list[tuple[object, ...]]]:
    """Records, and for each carried allele what `plain` gives, through pysam's record objects."""
    records, found = 0, []
    with pysam.VariantFile(str(path)) as file:
        for record in file:
            records += 1
            calls = [
                sample.allele_indices if "GT" in record.format else (None,)
                for sample in record.samples.values()
            ]
            for number, alt in enumerate(record.alts or (), 1):
                if not alt.strip("ACGTacgt") and alt != record.ref:
                    found += _one(record, number, alt, calls)
    return records, found


def _one(record, number, alt, calls):
    start, ref = record.pos - 1, record.ref.upper()
    alt = alt.upper()
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        ref, alt, start = ref[1:], alt[1:], start + 1
    sets = {name: [] for name in ("carriers", "hom", "hemi", "half", "missing")}
    for column, call in enumerate(call or (None,) for call in calls):
        if number in call:
            sets["carriers"].append(column)
            if len(call) == 1:
                sets["hemi"].append(column)
            elif set(call) == {number}:
                sets["hom"].append(column)
            elif None in call:
                sets["half"].append(column)
        elif set(call) == {None}:
            sets["missing"].append(column)
    copies = Counter(copy for call in calls for copy in call or ())
    if not sets["carriers"]:
        return []
    called = sum(times for copy, times in copies.items() if copy is not None)
    return [(record.chrom, start, ref, alt, copies[number], called, *sets.values())]


def plain(rows: Iterable[AlleleRow]) -> list[tuple[object, ...]]:
    """Rows as `brute` gives them."""
    return [
        (
            row.allele.contig,
            row.allele.start,
            row.allele.ref,
            row.allele.alt,
            row.ac,
            row.an,
            *(people(part) for part in (row.carriers, row.hom, row.hemi, row.half, row.missing)),
        )
        for row in rows
    ]

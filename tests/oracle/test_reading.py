"""Every row that the readers give, of real and of made files in every packing, equals the oracle's."""

import gzip
import shutil
from pathlib import Path

import numpy as np
import pysam
import pysam.bcftools
import pytest

from variants.domain.allele import AlleleRow
from variants.reading.plan import plan
from variants.reading.report import Report
from variants.reading.source import read_header, read_part

from . import brute, files
from .comparing import differences, row_key

PACKINGS = ("plain", "gzip", "bgzf", "bcf")


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("name", files.MADE)
def test_made_files_read_as_they_stand(tmp_path: Path, name: str, packing: str) -> None:
    plain = files.made(name, tmp_path)
    rows, report = _rows(_packed(plain, packing), part_bytes=1 << 10)
    _equal(rows, report, brute.read(plain))


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize("real", files.REAL, ids=lambda real: real.dataset)
def test_real_files_read_as_they_stand(tmp_path: Path, real: files.Real) -> None:
    rows, report = _rows(real.path, part_bytes=200_000)
    _equal(rows, report, brute.read(files.for_pysam(real.path, tmp_path)))


def _packed(plain: Path, packing: str) -> Path:
    if packing == "gzip":
        with plain.open("rb") as source, gzip.open(plain.with_suffix(".vcf.gz"), "wb") as target:
            shutil.copyfileobj(source, target)
        return plain.with_suffix(".vcf.gz")
    if packing == "bgzf":
        pysam.tabix_compress(str(plain), str(plain.with_suffix(".vcf.bgz")))
        return plain.with_suffix(".vcf.bgz")
    if packing == "bcf":
        pysam.bcftools.view("-Ob", "-o", str(plain.with_suffix(".bcf")), str(plain), catch_stdout=False)
        return plain.with_suffix(".bcf")
    return plain


def _rows(path: Path, part_bytes: int) -> tuple[list[AlleleRow], Report]:
    header = read_header(path)
    ordinals = np.arange(len(header.samples), dtype=np.uint32)
    rows, whole = [], Report()
    for part in plan(header, part_bytes):
        report = Report()
        rows += read_part(part, header, ordinals=ordinals, assembly="GRCh37", report=report)
        whole += report
    return rows, whole


def _equal(rows: list[AlleleRow], report: Report, oracle: brute.Oracle) -> None:
    """Alleles of several records are given several times here, and are joined by whoever stores them."""
    assert report.balanced()
    assert (report.records, report.bad_count) == (oracle.records, 0)
    filed = {allele.key: allele for allele in oracle.alleles}
    assert {row_key(row) for row in rows} == filed.keys()
    wrong = {}
    for row in rows:
        allele = filed[row_key(row)]
        if len(allele.calls) < 2 and (found := differences(row, allele)):
            wrong[allele.key] = found
    assert not wrong, f"{len(wrong)} rows, such as {list(wrong.items())[:3]}"

"""Whole files: every record accounted for, and every genotype as pysam's own reading has it."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.variants.vcf_files import (
    as_bcf,
    bgzipped,
    brute,
    gzipped,
    plain,
    read,
    small_blocks,
    vcf_text,
)
from variants.reading.genotypes import TextGenotypes
from variants.reading.tally import Ordinals, missing, tally

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

BASES = st.text("ACGT", min_size=1, max_size=4)
COPY = st.sampled_from(("0", "0", "0", "1", "1", "2", "."))


@st.composite
def genotype(draw) -> str:
    ploidy = draw(st.sampled_from((2, 2, 2, 2, 1, 3)))
    return draw(st.sampled_from("|/")).join(draw(COPY) for _ in range(ploidy))


@st.composite
def record(draw, samples: int) -> str:
    ref = draw(BASES)
    alts = draw(st.lists(BASES.filter(lambda alt: alt != ref), min_size=2, max_size=2, unique=True))
    plain_ones = draw(st.booleans())
    one = st.sampled_from(("0|0", "0|0", "0|1", "1|1", ".|.")) if plain_ones else genotype()
    calls = [draw(one) for _ in range(samples)]
    depth = draw(st.booleans())
    if depth:
        calls = [call if draw(st.booleans()) else f"{call}:7" for call in calls]
    position = draw(st.integers(1, 10_000))
    form = "GT:DP" if depth else "GT"
    alts = alts[:1] if plain_ones else alts
    return f"20 {position} . {ref} {','.join(alts)} 50 PASS . {form} {' '.join(calls)}"


@st.composite
def files(draw) -> str:
    samples = draw(st.integers(1, 9))
    lines = draw(st.lists(record(samples), max_size=12))
    return vcf_text(lines, [f"S{number}" for number in range(samples)])


def settle(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "small.vcf"
    path.write_text(text)
    return path


@quick
@given(text=files())
def test_every_packing_reads_as_pysam_does(tmp_path, text):
    path = settle(tmp_path, text)
    records, expected = brute(path)
    for each in (path, bgzipped(path), gzipped(path), as_bcf(path)):
        found = read(each)
        assert found.report.records == records
        assert not found.report.bad
        assert plain(found.rows) == expected


@quick
@given(text=files(), target=st.integers(1, 4000), size=st.integers(1, 600))
def test_any_cut_into_parts_gives_the_rows_of_one(tmp_path, text, target, size):
    path = settle(tmp_path, text)
    for each in (path, small_blocks(path, size), small_blocks(as_bcf(path), size)):
        whole = read(each)
        parts = read(each, target=target)
        assert parts.rows == whole.rows
        assert parts.report == whole.report


@quick
@given(data=st.data(), samples=st.integers(1, 130), dense=st.booleans())
def test_plain_calls_count_as_the_general_reading_does(data, samples, dense):
    words = ("0|1", "1|1", "1|0", "0|0", ".|.") if dense else ("0|0",) * 20 + ("0|1", ".|.")
    calls = data.draw(st.lists(st.sampled_from(words), min_size=samples, max_size=samples))
    section = "\t".join(calls).encode()
    quick_way = TextGenotypes(samples).read(section, 0, 1, 1)
    general = TextGenotypes(samples).read(section, 0, 1, 2)
    for places in (np.arange(samples), np.arange(samples)[::-1] + 3, np.arange(samples) * 2 + 70_000):
        ordinals = Ordinals(places.astype(np.uint32))
        assert quick_way.called == general.called
        assert tally(quick_way, 1, ordinals) == tally(general, 1, ordinals)
        assert missing(quick_way, ordinals) == missing(general, ordinals)


@pytest.mark.shared
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("1000genomes/chr1_2504x1042_multiallelic.vcf.gz", marks=pytest.mark.slow),
        "1000genomes/chrX_mixed_ploidy.vcf.gz",
        "1000genomes/chrX_missing.vcf.gz",
        "sv/test_trio.vcf.gz",
    ],
)
def test_real_files_read_as_pysam_does(shared, name):
    path = shared / "data" / name
    found = read(path)
    records, expected = brute(path)
    assert found.report.records == records
    spelled = [row for row in found.rows if row.allele.alt.isalpha() or not row.allele.alt]
    assert plain(spelled) == expected


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["chr20_1-4Mb_siteA_300x24990", "chr20_1-4Mb_siteB_203x24990", "chrX_26x51608"]
)
def test_long_real_files_read_as_pysam_does_in_parts(shared, name):
    path = shared / "data" / "1000genomes" / f"{name}.vcf.gz"
    found = read(path, target=100_000)
    records, expected = brute(path)
    assert found.report.records == records
    assert plain(row for row in found.rows if row.allele.alt.isalpha() or not row.allele.alt) == expected


@pytest.mark.shared
@pytest.mark.parametrize(
    "name", ["sv/test_trio.SV.vcf.gz", "sv/BND.SV.vcf", "clinvar/clinvar_b37_2016-03_115417.vcf.gz"]
)
def test_structural_and_site_files_lose_no_record(shared, name):
    path = shared / "data" / name
    report = read(path).report
    raw = path.read_bytes() if path.suffix == ".vcf" else gzip.decompress(path.read_bytes())
    assert report.records == sum(not line.startswith(b"#") for line in raw.splitlines())
    assert report.records_kept == report.records
    assert report.bad_count == 0

"""What joined blocks hold is what samtools and bcftools find in the whole file, region by region."""

import gzip
import shutil

import pysam.bcftools
import pysam.samtools
import pytest

from tests.drs.htsget import genomes
from tests.drs.htsget.conftest import laid_out
from tests.drs.htsget.tickets import joined, reads, saved, ticket, variants

REAL = {
    "1000genomes/chr20_1-4Mb_siteA_300x24990.vcf.gz": 80,
    "1000genomes/chr1_2504x1042_multiallelic.vcf.gz": 40,
    "1000genomes/chrX_26x51608.vcf.gz": 80,
}
"""Real files, and at how many random regions each is looked at: 200 in all."""

UNREADABLE = ("clinvar/clinvar_b37_2016-03_115417.vcf.gz", "sv/test_trio.vcf.gz")
"""Real files that bcftools refuses, for what their headers lack; tabix takes their lines as they are."""

LAYOUTS = ("bgzip, tbi", "bgzip, csi", "bcftools, tbi", "bcf, csi")
READS = (
    "bam, bai",
    "bam, records over blocks, bai",
    "bam, records over blocks, csi",
    "cram",
    "cram, embedded",
    "cram, no reference",
    "cram 2.1",
    "cram, several references a slice",
)


def slice_of(http, kind, identifier, format_, region):
    name, start, end = region
    told = ticket(http, kind, identifier, format=format_, referenceName=name, start=start, end=end)
    return joined(http, told)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_slice_of_variants_is_what_bcftools_finds(http, variants_files, tmp_path, name):
    identifier, path, format_ = variants_files[name]
    found = more = 0
    for region in genomes.regions(25, name):
        made = saved(tmp_path, slice_of(http, "variants", identifier, format_, region), format_)
        expected = variants(path, region)
        assert variants(made, region) == expected, region
        assert set(variants(made)) <= set(variants(path))
        found += len(expected)
        more += len(variants(made)) - len(expected)
    assert found > 500
    assert 0 < more < 7_000, more  # neighbours that an index cannot tell apart


@pytest.mark.parametrize("name", READS)
def test_a_slice_of_reads_is_what_samtools_finds(http, reads_files, tmp_path, name):
    identifier, path, format_, needs = reads_files[name]
    found = 0
    for region in [*genomes.regions(20, name), ("empty", 0, 50_000)]:
        made = saved(tmp_path, slice_of(http, "reads", identifier, format_, region), format_)
        expected = reads(path, region, reference=needs)
        assert reads(made, region, reference=needs) == expected, region
        found += len(expected)
    assert found > 1000


@pytest.mark.shared
@pytest.mark.parametrize("name", REAL)
def test_slices_of_real_variants_are_what_bcftools_finds(http, files, shared, tmp_path, name):
    plain = unpacked(shared / "data" / name, tmp_path / "plain.vcf")
    made = laid_out(files, tmp_path / "made", plain)
    for number, region in enumerate(genomes.regions(REAL[name], name, references=lengths_of(plain))):
        identifier, path, format_ = made[LAYOUTS[number % len(LAYOUTS)]]
        sliced = saved(tmp_path, slice_of(http, "variants", identifier, format_, region), format_)
        assert variants(sliced, region) == variants(path, region), region


@pytest.mark.shared
@pytest.mark.parametrize("name", UNREADABLE)
def test_slices_of_variants_that_bcftools_cannot_read_are_what_tabix_finds(
    http, files, shared, tmp_path, name
):
    plain = unpacked(shared / "data" / name, tmp_path / "plain.vcf")
    path, sliced = tmp_path / "whole.vcf.gz", tmp_path / "slice.vcf.gz"
    pysam.tabix_compress(str(plain), str(path))
    pysam.tabix_index(str(path), preset="vcf")
    identifier = files.add(path, "VCF", f"{path}.tbi")
    found = 0
    for contig, length in lengths_of(plain)[:20]:
        region = (contig, length // 2, length)
        sliced.write_bytes(slice_of(http, "variants", identifier, "VCF", region))
        pysam.tabix_index(str(sliced), preset="vcf", force=True)
        assert lines(sliced, region) == lines(path, region), region
        found += len(lines(path, region))
    assert found > 50


def unpacked(packed, path):
    with gzip.open(packed) as file, path.open("wb") as out:
        shutil.copyfileobj(file, out)
    return path


def lengths_of(plain):
    """The contigs of a VCF with where the last record of each begins, or a little further."""
    lengths = {}
    for line in plain.read_text().splitlines():
        if not line.startswith("#"):
            contig, at, _ = line.split("\t", 2)
            lengths[contig] = max(lengths.get(contig, 0), int(at) + 1)
    return list(lengths.items())


def lines(path, region):
    """What tabix finds; nothing in a file that does not know the contig."""
    with pysam.TabixFile(str(path), encoding="utf-8") as file:
        return list(file.fetch(*region)) if region[0] in file.contigs else []


@pytest.mark.parametrize("name", ["bam, records over blocks, csi", "cram, several references a slice"])
def test_unplaced_reads_are_had_by_an_asterisk(http, reads_files, tmp_path, name):
    identifier, path, format_, _ = reads_files[name]
    told = ticket(http, "reads", identifier, format=format_, referenceName="*")
    made = saved(tmp_path, joined(http, told), format_)
    assert reads(made, "*") == reads(path, "*")
    assert len(reads(made, "*")) > 100


@pytest.mark.parametrize("name", READS)
def test_the_whole_is_the_file_as_it_is_and_the_header_alone_is_its_beginning(
    http, reads_files, tmp_path, name
):
    identifier, path, format_, needs = reads_files[name]
    whole = saved(tmp_path, joined(http, ticket(http, "reads", identifier, format=format_)), format_)
    assert reads(whole, reference=needs) == reads(path, reference=needs)
    told = ticket(http, "reads", identifier, **{"format": format_, "class": "header"})
    assert {each["class"] for each in told["urls"]} == {"header"}
    header = joined(http, told)
    whole.write_bytes(header)
    assert pysam.samtools.view("--no-PG", "-H", str(whole)) == pysam.samtools.view("--no-PG", "-H", str(path))
    assert len(header) < 20_000 < path.stat().st_size


def test_several_regions_are_merged_and_each_record_comes_once(http, reads_files, variants_files, tmp_path):
    several = sorted(genomes.regions(12, "several"), reverse=True)
    body = {"regions": [dict(zip(("referenceName", "start", "end"), each, strict=True)) for each in several]}
    for name in LAYOUTS:
        identifier, path, format_ = variants_files[name]
        told = ticket(http, "variants", identifier, {**body, "format": format_})
        made = saved(tmp_path, joined(http, told), format_)
        assert variants(made, *several) == variants(path, *several)
        assert len(variants(made)) == len(set(variants(made)))
    for name in READS:
        identifier, path, format_, needs = reads_files[name]
        told = ticket(http, "reads", identifier, {**body, "format": format_})
        made = saved(tmp_path, joined(http, told), format_)
        assert reads(made, *several, reference=needs) == reads(path, *several, reference=needs)
        assert len(reads(made, reference=needs)) == len(set(reads(made, reference=needs)))
        both = {**body, "format": format_, "regions": [{"referenceName": "*"}, *body["regions"]]}
        made = saved(tmp_path, joined(http, ticket(http, "reads", identifier, both)), format_)
        assert set(reads(path, *several, reference=needs)) | set(reads(path, "*", reference=needs)) <= set(
            reads(made, reference=needs)
        )

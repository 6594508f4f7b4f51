"""Files that are broken, cut, foreign or odd: an error or a counted bad line, never a short reading."""

import gzip

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.variants.vcf_files import (
    alleles,
    as_bcf,
    bgzipped,
    block,
    gzipped,
    people,
    read,
    small_blocks,
    vcf_text,
    write_vcf,
)
from variants.reading.errors import BadRecord, Corrupt, Unreadable
from variants.reading.source import read_header

quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

GOOD = "20 100 . A C 50 PASS . GT 0|1"
LINES = [f"20 {100 + at} rs{at} A {'CGT'[at % 3]} 50 PASS AC=1 GT 0|1 1|1" for at in range(40)]


def reasons(reading):
    return [(bad.line, bad.reason) for bad in reading.report.bad]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("20 0 . A C . . . GT 0|1", "POS is 0"),
        ("20 -5 . A C . . . GT 0|1", "POS is '-5'"),
        ("20 1e5 . A C . . . GT 0|1", "POS is '1e5'"),
        ("20 4294967296 . A C . . . GT 0|1", "no position"),
        ("20 63025521 . A C . . . GT 0|1", "beyond the end"),
        ("20 100 . A! C . . . GT 0|1", "REF is 'A!'"),
        ("20 100 . . C . . . GT 0|1", "REF is '.'"),
        ("20 100 . A C;G . . . GT 0|1", "ALT is 'C;G'"),
        ("20 100 . A C, . . . GT 0|1", "ALT is ''"),
        ("20 100 . A G]20:x] . . . GT 0|1", "no breakend"),
        ("20 100 . A C high . . GT 0|1", "QUAL is 'high'"),
        ("20 100 . A C . . . GT 0|2", "names allele 2 of 1"),
        ("20 100 . A C . . . GT 0|x", "'0|x' is no genotype"),
        ("20 100 . A C . . . GT 0||1", "is no genotype"),
        ("20 100 . A C . . . GT ", "is no genotype"),
        ("20 100 . A C . . . GT", "9 columns"),
        ("20 100 . A C . .", "7 columns"),
        ("20 100 . A C . . . GT 0|1 0|1", "2 sample columns where the header has 1"),
        ("20 100 . A C . . . DP 1 2", "2 sample columns where the header has 1"),
        ("ctg9 100 . A C . . . GT 0|1", "neither a chromosome of GRCh37 nor declared"),
        ("NC_000020.11 100 . A C . . . GT 0|1", "belongs to GRCh38"),
        ("20 100 . A C . . \0 GT 0|1", "NUL"),
        ("#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT S2", "header line among the records"),
    ],
)
def test_a_bad_line_is_counted_with_its_number_and_reason(tmp_path, line, reason):
    path = write_vcf(tmp_path, [GOOD, line, GOOD], ["S1"])
    found = read(path)
    first = path.read_text().split("\n").index(GOOD.replace(" ", "\t")) + 1
    assert found.report.records == 3
    assert found.report.bad_count == 1
    assert found.report.bad[0].line == first + 1
    assert reason in found.report.bad[0].reason
    assert len(found.rows) == 2


def test_strict_reading_stops_with_the_line_of_the_whole_file(tmp_path):
    path = write_vcf(tmp_path, [*LINES[:30], "20 x . A C . . . GT 0|1 0|0", *LINES[30:]], ["S1", "S2"])
    number = path.read_text().split("\n").index("20\tx\t.\tA\tC\t.\t.\t.\tGT\t0|1\t0|0") + 1
    for each in (path, small_blocks(path, 90), gzipped(path)):
        with pytest.raises(BadRecord, match=rf"line {number}: POS is 'x'"):
            read(each, strict=True, target=150)
        assert reasons(read(each, target=150)) == [(number, "POS is 'x', no position")]


def test_bad_lines_are_all_counted_and_the_first_hundred_kept(tmp_path):
    report = read(write_vcf(tmp_path, ["20 x . A C . . . GT 0|1"] * 250, ["S1"]), target=400).report
    assert (report.bad_count, len(report.bad)) == (250, 100)


def test_line_ends_of_another_system_and_a_missing_last_one_do_not_matter(tmp_path):
    expected = read(write_vcf(tmp_path, LINES, ["S1", "S2"])).rows
    path = tmp_path / "crlf.vcf"
    path.write_bytes(vcf_text(LINES, ["S1", "S2"]).replace("\n", "\r\n").encode().removesuffix(b"\r\n"))
    found = read(path, target=100)
    assert found.rows == expected
    assert found.header.samples == ("S1", "S2")


def test_bytes_that_are_not_utf8_are_read_as_latin1(tmp_path):
    path = tmp_path / "latin.vcf"
    text = vcf_text(["20 100 ré A C 50 PASS . GT 0|1"], ["Zoë"])
    path.write_bytes(text.encode("latin-1"))
    found = read(path)
    assert found.header.samples == ("Zoë",)
    assert found.rows[0].ids == ("ré",)


def test_a_line_of_ten_megabytes_is_a_line(tmp_path):
    long = "AC=1;NOTE=" + "x" * 10_000_000
    path = bgzipped(
        write_vcf(tmp_path, [LINES[0], f"20 200 . A C . . {long} GT 0|1 0|0", LINES[1]], ["S1", "S2"])
    )
    assert [place for place, *_ in alleles(read(path, target=20_000))] == [99, 199, 100]


def test_lower_case_and_ambiguous_bases_are_bases(tmp_path):
    found = read(write_vcf(tmp_path, ["20 100 . rn rt . . . GT 0|1"], ["S1"]))
    assert alleles(found) == [(100, 101, "N", "T")]
    assert found.report.normalised == 1


def test_empty_lines_are_noted_and_are_no_records(tmp_path):
    report = read(write_vcf(tmp_path, [GOOD, "", GOOD, ""], ["S1"])).report
    assert (report.records, report.notes["empty line"]) == (2, 2)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "is no VCF or BCF"),
        (b">chr1\nACGT\n", "is no VCF or BCF"),
        (b"##fileformat=VCFv4.2\n##source=x\n", "no #CHROM line"),
        (b"##fileformat=VCFv4.2\n20\t100\t.\tA\tC\t.\t.\t.\n", "no #CHROM line"),
        (b"##fileformat=VCFv3.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n", "VCF 4.0 to 4.5"),
        (b"##fileformat=VCFv4.2\n#CHROM POS ID REF ALT QUAL FILTER INFO\n", "separated by tabs"),
        (
            b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tA\tB\tA\n",
            "sample A more than once",
        ),
        (
            b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tA\t\n",
            "without a name",
        ),
        (b"BCF\x04", "version 1"),
    ],
)
def test_what_is_no_vcf_is_refused_with_a_reason(tmp_path, text, reason):
    path = tmp_path / "odd.vcf"
    for raw in (text, gzip.compress(text), block(text) + block(b"")):
        path.write_bytes(raw)
        with pytest.raises(Unreadable, match=reason):
            read_header(path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Unreadable, match="cannot be read"):
        read_header(tmp_path / "absent.vcf")
    with pytest.raises(Unreadable, match="cannot be read"):
        read_header(tmp_path)


def test_a_header_without_records_gives_no_rows(tmp_path):
    path = write_vcf(tmp_path, [], ["S1"])
    for each in (path, bgzipped(path), gzipped(path), as_bcf(path)):
        assert read(each).report.records == 0


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packed")
    path = write_vcf(folder, LINES, ["S1", "S2"])
    bcf = as_bcf(path)
    files = {
        "vcf.gz": bgzipped(path),
        "blocks": small_blocks(path, 200),
        "bcf": bcf,
        "bcf blocks": small_blocks(bcf, 70),
    }
    files["gzip"] = gzipped(path)
    return {name: (file.read_bytes(), read(file).rows) for name, file in files.items()}


@quick
@given(data=st.data(), kind=st.sampled_from(["vcf.gz", "blocks", "bcf", "bcf blocks", "gzip"]))
def test_a_file_cut_anywhere_is_an_error_and_never_short(tmp_path, packed, data, kind):
    raw, _ = packed[kind]
    path = tmp_path / "cut"
    path.write_bytes(raw[: data.draw(st.integers(0, len(raw) - 1))])
    with pytest.raises(Unreadable):
        read(path, target=300)


@quick
@given(data=st.data(), kind=st.sampled_from(["vcf.gz", "blocks", "bcf", "bcf blocks", "gzip"]))
def test_a_damaged_byte_is_an_error_or_makes_no_difference(tmp_path, packed, data, kind):
    raw, rows = packed[kind]
    place = data.draw(st.integers(0, len(raw) - 1))
    path = tmp_path / "damaged"
    damaged = bytearray(raw)
    damaged[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(damaged)
    try:
        found = read(path, target=300)
    except Unreadable:
        return
    assert found.rows == rows


def test_a_missing_end_of_file_block_is_an_error(tmp_path):
    path = bgzipped(write_vcf(tmp_path, LINES, ["S1", "S2"]))
    path.write_bytes(path.read_bytes()[:-28])
    with pytest.raises(Corrupt, match="end-of-file block is missing"):
        read(path)


def test_files_joined_block_by_block_are_read_to_the_end(tmp_path):
    head, tail = vcf_text(LINES[:2], ["S1", "S2"]).encode(), vcf_text(LINES, ["S1", "S2"]).encode()
    rest = tail[tail.index(LINES[2].replace(" ", "\t").encode()) :]
    path = tmp_path / "joined.vcf.gz"
    path.write_bytes(block(head) + block(b"") + block(rest) + block(b""))
    assert len(read(path, target=1).rows) == len(LINES)


def test_samples_go_to_the_ordinals_they_are_given(tmp_path):
    path = write_vcf(
        tmp_path,
        ["20 100 . A C 50 PASS . GT 0|1 1|1 .|.", "20 101 . A C 50 PASS . GT 0|1 1 ./."],
        ["S1", "S2", "S3"],
    )
    for each in (path, as_bcf(path)):
        for row in read(each, ordinals=[9, 4, 70_001]).rows:
            assert people(row.carriers) == [4, 9]
            assert people(row.missing) == [70_001]
            assert people(row.hom or row.hemi) == [4]

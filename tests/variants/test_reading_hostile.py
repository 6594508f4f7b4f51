"""Files that are broken, cut, foreign or odd: an error or a counted bad line, never a short reading."""

import gzip
import tracemalloc
from collections import defaultdict

import numpy as np
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
from variants.reading import lines
from variants.reading import rows as reasons_of_rows
from variants.reading.errors import BadFieldError, BadRecord, Corrupt, Unreadable
from variants.reading.genotypes import calls_of_codes
from variants.reading.packing import inflated
from variants.reading.reference import Reference
from variants.reading.source import read_header
from variants.store.rows import to_stored

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
        ("20 100 . A <A\0B> . . . GT 0|1", "NUL"),
        ("20 " + "9" * 5000 + " . A C . . . GT 0|1", "no position"),
        ("20 100 . A G]X:99999999999] . . . GT 0|1", "no breakend"),
        ("20 100 . A G]X:4294967296] . . . GT 0|1", "no breakend"),
        ("20 100 . A G]X:" + "9" * 5000 + "] . . . GT 0|1", "no breakend"),
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
        (
            b"##fileformat=VCFv4." + b"9" * 5000 + b"\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n",
            "VCF 4.0 to 4.5",
        ),
        (
            b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tA\0\n",
            "NUL byte in line 2",
        ),
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


@pytest.mark.parametrize("number", ["99999999999", "9" * 5000, "1_0", " 5", "x"])
def test_a_number_that_no_vcf_may_hold_is_none(tmp_path, number):
    path = tmp_path / "numbers.vcf"
    line = (
        f"20\t100\t.\tA\t<DEL>\t.\t.\tEND={number};SVLEN={number};CN={number[:11]};AC={number};AN={number}\n"
    )
    path.write_text(vcf_text([]) + line)
    found = read(path)
    (row,) = found.rows
    assert (row.allele.start, row.allele.end, row.allele.length) == (100, 100, None)
    assert (row.ac, row.an) == (None, None)
    assert found.report.notes[reasons_of_rows.NO_EXTENT] == 1


def test_absurd_numbers_in_a_header_are_none(tmp_path):
    path = tmp_path / "header.vcf"
    nines = "9" * 5000
    path.write_text(
        f"##fileformat=VCFv4.2\n##contig=<ID=ctg,length={nines}>\n##INFO=<ID=A,Number=1,IDX={nines}>\n"
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    )
    assert read_header(path).contigs[0].length is None


def test_a_header_line_without_structure_takes_no_longer_than_one_with(tmp_path):
    path = tmp_path / "header.vcf"
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    for long in ("a" * 10**7, '"' * 10**6, 'a="' * 10**6 + "\\", "a=" * 10**6, "<=,>" * 10**6):
        path.write_text(f"##fileformat=VCFv4.2\n##INFO=<ID=AF,{long}\n{columns}")
        assert "AF" in read_header(path).info


def test_a_bcf_whose_header_has_other_line_separators_in_a_text_is_read(tmp_path):
    path = write_vcf(tmp_path, [GOOD], ["S1"])
    path.write_text(path.read_text().replace('"Depth"', '"De\u2028p\x85t\x0bh"'))
    assert len(read(as_bcf(path)).rows) == len(read(path).rows) == 1


def test_a_little_data_that_holds_very_much_is_read_in_bounded_memory(tmp_path):
    path = tmp_path / "bomb.vcf.gz"
    path.write_bytes(gzip.compress(vcf_text([GOOD], ["S1"]).encode() + b"\n" * (300 << 20), 9))
    tracemalloc.start()
    try:
        header = read_header(path)
        pieces = [len(piece) for _, piece in inflated(path, header.packing, 0, 0)]
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sum(pieces) > 300 << 20
    assert max(pieces) <= 1 << 20
    assert most < 32 << 20


@pytest.mark.parametrize("pack", [lambda path: path, bgzipped, gzipped])
def test_a_line_that_does_not_end_is_not_held(tmp_path, monkeypatch, pack):
    monkeypatch.setattr(lines, "_LONGEST_LINE", 3 << 20)
    path = write_vcf(tmp_path, [GOOD], ["S1"])
    with path.open("ab") as file:
        file.write(b"x" * (5 << 20))
    with pytest.raises(Corrupt, match="does not end"):
        read(pack(path), target=1 << 20)


@pytest.fixture(scope="module")
def inner(tmp_path_factory):
    """The uncompressed bytes of a BCF with every kind of value, and where its records begin."""
    folder = tmp_path_factory.mktemp("inner")
    info = "AF=0.1,0.2,0.3;END=300;CSQ=x|y"
    several = [f"20 {200 + at} rs{at} AC A,<DEL>,G]X:5] 5 q10 {info} GT:DP 0|1:3 2/3:4" for at in range(5)]
    raw = gzip.decompress(as_bcf(write_vcf(folder, LINES[:3] + several, ["S1", "S2"])).read_bytes())
    return raw, 9 + int.from_bytes(raw[5:9], "little")


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_bcf_record_that_says_nonsense_is_an_error_or_a_counted_record(tmp_path, inner, data):
    raw, begin = inner
    changed = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(begin, len(raw) - 1))] = data.draw(st.sampled_from(range(256)))
    path = tmp_path / "nonsense.bcf"
    path.write_bytes(block(bytes(changed)) + block(b""))
    try:
        found = read(path)
    except Unreadable:
        return
    assert found.report.balanced()
    for row in found.rows:
        to_stored(row, defaultdict(lambda: 3), None, 1, 1)  # a load gives any name of a sequence its place
        assert "\\x00" not in repr((row.allele, row.ids, row.annotation, row.detail))


def test_a_bcf_genotype_is_never_wrapped_into_another():
    for code, wide in (((65536 + 2) * 2, np.int32), (-4, np.int8)):
        codes = np.array([[code, 2]], wide)
        try:
            calls = calls_of_codes(codes, 1)
        except BadFieldError:
            continue
        assert calls.highest() > 1


def test_what_the_report_must_say_it_says(tmp_path):
    path = write_vcf(tmp_path, ["20 100 . A <DEL> . . . GT 0|1", "20 101 . A C . . . DP 3", GOOD], ["S1"])
    fasta = tmp_path / "other.fa"
    fasta.write_text(">Z\nACGT\n")
    notes = read(path, reference=Reference(fasta, "GRCh37")).report.notes
    assert notes[reasons_of_rows.NO_EXTENT] == 1
    assert notes[reasons_of_rows.NOT_CALLED] == 1
    assert notes[reasons_of_rows.NO_REFERENCE] == 3

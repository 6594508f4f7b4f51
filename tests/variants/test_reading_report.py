"""Reports of parts add up to the report of the file, and survive JSON, as do parts."""

from collections import Counter
from itertools import pairwise

from tests.variants.vcf_files import as_bcf, read, write_vcf
from variants.reading.plan import Part, plan
from variants.reading.report import BadLine, Report
from variants.reading.source import read_header

LINES = ["20 100 . A C,A . . . GT 0|1", "20 x . A C . . . GT 0|1", "20 102 . A . . . . GT 0|1"] * 5


def test_a_report_survives_json(tmp_path):
    report = read(write_vcf(tmp_path, LINES, ["S1"])).report
    assert Report.from_json(report.as_json()) == report


def test_parts_survive_json(tmp_path):
    for path in (write_vcf(tmp_path, LINES, ["S1"]), as_bcf(write_vcf(tmp_path, LINES[:1] * 9, ["S1"]))):
        for part in plan(read_header(path), 50):
            assert Part.from_json(part.as_json()) == part


def test_every_record_and_allele_is_in_one_place_of_the_account(tmp_path):
    report = read(write_vcf(tmp_path, LINES, ["S1"])).report
    assert report.balanced()
    assert (report.records, report.records_kept, report.bad_count) == (15, 5, 5)
    assert (report.alleles, report.kept) == (10, 5)
    report.kept += 1
    assert not report.balanced()


def test_bad_lines_of_later_parts_are_numbered_after_those_before():
    first = Report(lines=Counter({"a": 10}))
    second = Report(lines=Counter({"a": 4}))
    second.add_bad("a", 3, "why")
    second.add_bad("b", 3, "why")
    assert (first + second).bad == [BadLine("a", 13, "why"), BadLine("b", 3, "why")]


def test_the_parts_of_a_file_cover_it_without_gap(tmp_path):
    path = write_vcf(tmp_path, LINES * 40, ["S1"])
    header = read_header(path)
    parts = plan(header, 1000)
    assert len(parts) > 5
    assert parts[0].start == header.body
    assert parts[-1].stop == path.stat().st_size
    assert all(one.stop == other.start for one, other in pairwise(parts))

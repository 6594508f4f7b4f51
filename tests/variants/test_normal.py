"""Alleles in normal form: trimming, left alignment, kinds, and what the VCF spelling gives back."""

import pysam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.variants.vcf_files import alleles, read, write_vcf
from variants.domain.allele import Kind
from variants.domain.normal import anchored, classify, left_align, sequence_allele, trim
from variants.reading.errors import Unreadable
from variants.reading.reference import Reference

BASES = st.text("ACGT", max_size=6)
GENOME = st.text("AC", min_size=12, max_size=40)


def put(genome: str, start: int, ref: str, alt: str) -> str:
    assert genome[start : start + len(ref)] == ref
    return genome[:start] + alt + genome[start + len(ref) :]


@st.composite
def changes(draw):
    """A genome of few letters (so that repeats abound), and a change somewhere in it."""
    genome = draw(GENOME)
    start = draw(st.integers(0, len(genome)))
    end = draw(st.integers(start, min(len(genome), start + 5)))
    alt = draw(st.text("AC", max_size=5))
    return genome, start, genome[start:end], alt


@settings(deadline=None)
@given(changes())
def test_trimming_and_aligning_keep_the_changed_sequence(change):
    genome, start, ref, alt = change
    bases = lambda _contig, low, high: genome[max(0, low) : high]  # noqa: E731
    wanted = put(genome, start, ref, alt)
    if wanted == genome:
        return
    trimmed = trim(start, ref, alt)
    aligned = left_align("1", *trimmed, bases)
    assert put(genome, *trimmed) == wanted
    assert put(genome, *aligned) == wanted
    assert aligned[0] <= trimmed[0]


@settings(deadline=None)
@given(changes())
def test_equal_changes_have_one_normal_form(change):
    genome, start, ref, alt = change
    bases = lambda _contig, low, high: genome[max(0, low) : high]  # noqa: E731
    wanted = put(genome, start, ref, alt)
    forms = set()
    for low in range(len(genome) + 1):
        for high in range(low, len(genome) + 1):
            size = len(wanted) - len(genome) + high - low
            other = wanted[low : low + size] if size >= 0 else None
            if (
                other is not None
                and genome[low:high] != other
                and put(genome, low, genome[low:high], other) == wanted
            ):
                forms.add(left_align("1", *trim(low, genome[low:high], other), bases))
    pure = {form for form in forms if not (form[1] and form[2])}
    assert len(pure) <= 1


@settings(deadline=None)
@given(st.integers(1, 9), BASES, BASES, st.sampled_from("ACGT"))
def test_the_spelling_of_vcf_comes_back_from_an_anchor(start, ref, alt, anchor):
    short = trim(start, ref, alt)
    moved = short[1] or short[2]
    if ref == alt or moved.endswith(anchor):
        return
    assert trim(*anchored(*short, anchor)) == trim(*short)


def test_an_insertion_has_no_extent_and_a_deletion_no_bases():
    assert trim(9, "CAA", "CA") == (10, "A", "")
    assert trim(9, "C", "CTG") == (10, "", "TG")
    insertion = sequence_allele("1", 9, "C", "CTG")
    assert (insertion.start, insertion.end, insertion.kind, insertion.length) == (10, 10, Kind.INS, 2)


@pytest.mark.parametrize(
    ("ref", "alt", "kind"),
    [
        ("A", "C", Kind.SNV),
        ("AC", "GT", Kind.MNV),
        ("", "G", Kind.INS),
        ("G", "", Kind.DEL),
        ("AC", "GTT", Kind.INDEL),
    ],
)
def test_kinds_follow_from_the_trimmed_bases(ref, alt, kind):
    assert classify(ref, alt) is kind


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text(">chrT\n" + "GGGCACACACTT" + "A" * 300 + "\n>other\nACGT\n")
    return path


def write_on_fasta(folder, lines):
    path = write_vcf(folder, lines, ["S1"])
    declared = "##contig=<ID=chrT,length=312>"
    path.write_text(path.read_text().replace("##contig=<ID=20,length=63025520>", declared))
    return path


def read_on(path, fasta):
    return read(path, assembly="mine", reference=Reference(fasta, "mine"))


def test_reading_with_a_reference_moves_alleles_to_the_left(tmp_path, fasta):
    lines = ["chrT 9 . ACT AT . . . GT 0/1", "chrT 311 . AA A . . . GT 0/1", "chrT 9 . A ACA . . . GT 0/1"]
    found = read_on(write_on_fasta(tmp_path, lines), fasta)
    assert alleles(found) == [(9, 10, "C", ""), (12, 13, "A", ""), (3, 3, "", "CA")]
    assert [row.anchor for row in found.rows] == ["A", "T", "G"]
    assert found.report.normalised == 3


def test_reading_with_a_reference_agrees_with_bcftools_norm(tmp_path, fasta):
    genome = "GGGCACACACTTAAAA"
    deletions = [
        f"chrT {at} . {genome[at - 1 : at + 1]} {genome[at - 1]} . . . GT 0/1" for at in range(1, 14)
    ]
    path = write_on_fasta(tmp_path, deletions)
    ours = {(start, ref) for start, _, ref, _ in alleles(read_on(path, fasta))}
    normed = pysam.bcftools.norm("-f", str(fasta), str(path)).splitlines()
    fields = [line.split("\t") for line in normed if not line.startswith("#")]
    theirs = {trim(int(each[1]) - 1, each[3], each[4])[:2] for each in fields}
    assert ours == theirs


def test_a_reference_base_that_differs_from_the_genome_is_a_bad_line(tmp_path, fasta):
    path = write_on_fasta(tmp_path, ["chrT 4 . A C . . . GT 0/1", "chrT 4 . N C . . . GT 0/1"])
    report = read_on(path, fasta).report
    assert (report.bad_count, report.kept) == (1, 1)
    assert "has C there" in report.bad[0].reason


def test_a_reference_of_another_assembly_is_refused(tmp_path):
    path = tmp_path / "wrong.fa"
    path.write_text(">chr20\nACGT\n")
    with pytest.raises(Unreadable, match="is not GRCh38"):
        Reference(path, "hg38")


def test_no_fasta_is_refused(tmp_path):
    path = tmp_path / "not.fa"
    path.write_text("nothing of the kind")
    with pytest.raises(Unreadable, match="no FASTA"):
        Reference(path, "hg38")

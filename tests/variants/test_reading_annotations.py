"""ANN and CSQ: each allele gets its own words, over all its transcripts."""

import pytest

from tests.variants.vcf_files import CSQ, read, write_vcf
from variants.domain.allele import Annotation
from variants.reading.rows import NOT_ITS_OWN

ANN_C = "C|missense_variant|MILD|BRAF|ENSG1|transcript|ENST1.2|coding|15/18|c.1799T>A|p.Val600Glu|||||"
ANN_G = "G|stop_gained&splice_region_variant|HIGH|BRAF|ENSG1|transcript|ENST1.2|coding|1/2|c.5T>G|p.W2*|||||"
BETWEEN = "C|intergenic_region|MODIFIER|AAA-BBB|ENSG1-ENSG2|intergenic_region|ENSG1-ENSG2|||n.5A>C||||||"


def annotations(folder, place, info, header=None):
    path = write_vcf(folder, [f"20 100 . {place} . . {info}"])
    if header:
        path.write_text(path.read_text().replace("Allele|Consequence|SYMBOL", header))
    return [row.annotation for row in read(path).rows]


def test_ann_is_given_to_the_allele_it_names(tmp_path):
    first, second = annotations(tmp_path, "A C,G", f"ANN={ANN_C},{ANN_G}")
    assert first == Annotation(
        genes=("BRAF", "ENSG1"),
        changes=("V600E",),
        hgvs=("ENST1.2:c.1799T>A", "c.1799T>A", "p.Val600Glu"),
        consequences=("missense_variant",),
    )
    assert second.consequences == ("splice_region_variant", "stop_gained")
    assert second.changes == ("W2*",)


def test_the_neighbours_of_an_intergenic_variant_are_not_its_genes(tmp_path):
    (found,) = annotations(tmp_path, "A C", f"ANN={BETWEEN}")
    assert found.genes == ()
    assert found.consequences == ("intergenic_region",)


@pytest.mark.parametrize(
    ("place", "names"),
    [
        ("A C,G", ["C", "G"]),
        ("A AC,AG", ["C", "G"]),
        ("ACT A,AC", ["-", "C"]),
        ("AC A,GC", ["A", "GC"]),
        ("AC A,TC", ["-", "T"]),
        ("A <DEL>,<DUP:TANDEM>", ["deletion", "duplication"]),
    ],
)
def test_csq_is_given_to_the_allele_it_names_in_the_way_of_vep(tmp_path, place, names):
    entries = ",".join(f"{name}|word_{at}|GENE{at}|ENSG{at}||||" for at, name in enumerate(names))
    found = annotations(tmp_path, place, f"END=150;CSQ={entries}")
    assert [each.consequences for each in found] == [("word_0",), ("word_1",)]
    assert [each.genes for each in found] == [("ENSG0", "GENE0"), ("ENSG1", "GENE1")]


def test_csq_of_a_single_allele_is_its_own_however_it_is_named(tmp_path):
    (found,) = annotations(tmp_path, "ACGT AT", "CSQ=strange|word|GENE|||||,strange|more|||||")
    assert found.consequences == ("more", "word")


@pytest.mark.parametrize(
    ("place", "entries", "words"),
    [
        ("A C", "C|mine|||||,G|other|||||", ("mine",)),
        ("A G", "C|other|||||,G|mine|||||,G|too|||||", ("mine", "too")),
        ("A c", "c|mine|||||,G|other|||||", ("mine",)),
        ("A AT", "AT|mine|||||,G|other|||||", ("mine",)),  # as VEP names A > AT,G
        ("A AT", "T|mine|||||,-|other|||||", ("mine",)),
        ("A T", "C|other|||||,G|another|||||", ()),
    ],
)
def test_csq_of_a_record_that_was_split_is_not_that_of_its_former_neighbours(tmp_path, place, entries, words):
    path = write_vcf(tmp_path, [f"20 100 . {place} . . CSQ={entries}"])
    reading = read(path)
    assert reading.rows[0].annotation.consequences == words
    assert reading.report.notes[NOT_ITS_OWN] == (not words)


def test_numbers_of_alleles_count_no_more_in_a_record_that_was_split(tmp_path):
    text = write_vcf(tmp_path, ["20 100 . A G . . CSQ=C|other|1,G|mine|2"]).read_text()
    path = tmp_path / "numbered.vcf"
    path.write_text(text.replace(CSQ, "Allele|Consequence|ALLELE_NUM"))
    assert read(path).rows[0].annotation.consequences == ("mine",)


def test_ann_in_lower_case_is_found_and_that_of_no_allele_noted(tmp_path):
    lines = ["20 100 . a g . . ANN=g|mine||||", "20 101 . A G . . ANN=C|other||||"]
    reading = read(write_vcf(tmp_path, lines))
    assert [row.annotation.consequences for row in reading.rows] == [("mine",), ()]
    assert reading.report.notes[NOT_ITS_OWN] == 1


def test_an_allele_number_decides_where_there_is_one(tmp_path):
    found = annotations(tmp_path, "A C,G", "CSQ=G|one|1,C|two|2", header="Allele|Consequence|ALLELE_NUM")
    assert [each.consequences for each in found] == [("one",), ("two",)]


def test_protein_changes_come_from_expressions_or_residues(tmp_path):
    entries = "C|w|G|E|ENST1:c.1A>C|ENSP1:p.Lys7%3D|7|K,C|w|G|E|ENST2:c.2A>C||600/766|V/E,C|w|G|E|||7|KR/K"
    (found,) = annotations(tmp_path, "A C", f"CSQ={entries}")
    assert found.changes == ("K7=", "V600E")
    assert "ENSP1:p.Lys7=" in found.hgvs
    assert {"ENST1:c.1A>C", "c.1A>C"} <= set(found.hgvs)


def test_cut_annotations_are_read_as_far_as_they_go(tmp_path):
    (found,) = annotations(tmp_path, "A C", "ANN=C|missense_variant;CSQ=C,C|")
    assert found.consequences == ("missense_variant",)

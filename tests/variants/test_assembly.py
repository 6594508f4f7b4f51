"""Assemblies and contigs by any of their names, and headers that contradict them."""

import pytest

from tests.variants.vcf_files import read, write_vcf
from variants.domain import assembly
from variants.domain.assembly import accession, canonical_assembly, canonical_contig
from variants.reading.contigs import ContigNames
from variants.reading.errors import Unreadable
from variants.reading.reference import Reference
from variants.reading.source import read_header


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("hg19", "GRCh37"),
        ("b37", "GRCh37"),
        ("GCF_000001405.25", "GRCh37"),
        ("GCF_000001405.26", "GRCh38"),
        ("GCA_000001405.15", "GRCh38"),
        ("GCF_000001405", "GCF_000001405"),
        ("GRCh37.p13", "GRCh37"),
        ("grch37", "GRCh37"),
        ("hg38", "GRCh38"),
        ("GRCh38.p14", "GRCh38"),
        ("hs1", "T2T-CHM13v2.0"),
        ("chm13", "T2T-CHM13v2.0"),
        ("hg18", "hg18"),
        ("ARS-UCD2.0", "ARS-UCD2.0"),
    ],
)
def test_an_assembly_goes_by_one_name(name, canonical):
    assert canonical_assembly(name) == canonical


@pytest.mark.parametrize(
    ("on", "name", "contig"),
    [
        ("GRCh37", "chr20", "20"),
        ("GRCh37", "20", "20"),
        ("GRCh37", "CHR20", "20"),
        ("GRCh37", "NC_000020.10", "20"),
        ("GRCh37", "NC_000020.11", None),
        ("GRCh38", "NC_000020.11", "20"),
        ("GRCh38", "NC_000020.10", None),
        ("GRCh38", "CM000682.2", "20"),
        ("hg38", "chrM", "MT"),
        ("GRCh38", "NC_012920.1", "MT"),
        ("chm13", "NC_060925.1", "1"),
        ("chm13", "NC_060948.1", "Y"),
        ("GRCh38", "chrUn_KI270302v1", None),
        ("GRCh38", "chr25", None),
        ("GRCh38", "", None),
        ("ARS-UCD2.0", "29", "29"),
    ],
)
def test_a_contig_goes_by_one_name_of_its_assembly(on, name, contig):
    assert canonical_contig(on, name) == contig


def test_accessions_and_lengths_belong_to_their_assembly():
    assert (accession("hg19", "17"), accession("hg38", "17")) == ("NC_000017.10", "NC_000017.11")
    assert (assembly.length("GRCh37", "1"), assembly.length("GRCh38", "1")) == (249250621, 248956422)
    assert accession("hg38", "chrUn") is None
    for name in assembly.KNOWN:
        for contig in assembly.contigs(name):
            assert canonical_contig(name, accession(name, contig)) == contig


def test_an_accession_tells_its_assembly_where_only_one_has_it():
    assert assembly.assembly_of("NC_000020.10") == "GRCh37"
    assert assembly.assembly_of("NC_012920.1") is None
    assert assembly.assembly_of("20") is None


def header(folder, contigs):
    path = write_vcf(folder, [], ["S1"])
    text = (
        path.read_text()
        .replace("##contig=<ID=20,length=63025520>\n", "")
        .replace("##contig=<ID=X,length=155270560>\n", "")
    )
    path.write_text(text.replace("##ALT", contigs + "##ALT", 1))
    return read_header(path)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("##contig=<ID=chr20,length=64444167>\n", "GRCh38"),
        ("##contig=<ID=20,length=63025520>\n", "GRCh37"),
        ("##contig=<ID=20>\n##reference=file:///data/hs37d5.fa.gz\n", "GRCh37"),
        ("##reference=GRCh38\n", "GRCh38"),
        ("##contig=<ID=20,assembly=hg19>\n", "GRCh37"),
        ("##contig=<ID=20,length=5>\n", None),
        ("##contig=<ID=MT,length=16569>\n", None),
        ("", None),
    ],
)
def test_a_header_hints_at_its_assembly(tmp_path, lines, found):
    assert header(tmp_path, lines).assembly == found


def test_a_header_that_contradicts_the_assembly_says_how(tmp_path):
    faults = ContigNames(header(tmp_path, "##contig=<ID=chr20,length=64444167>\n"), "GRCh37").faults()
    assert faults == ["chr20 has 64444167 bases, 20 of GRCh37 has 63025520"]
    faults = ContigNames(header(tmp_path, "##contig=<ID=NC_000020.11>\n"), "hg19").faults()
    assert faults == ["NC_000020.11 belongs to GRCh38"]
    assert ContigNames(header(tmp_path, "##contig=<ID=20,length=63025520>\n"), "hg19").faults() == []


def test_the_mitochondrion_of_hg19_is_no_other_assemblys(tmp_path):
    names = ContigNames(header(tmp_path, "##contig=<ID=chrM,length=16571>\n"), "hg38")
    assert "chrM has 16571 bases" in names.faults()[0]


def test_the_fasta_of_hg19_is_one_of_grch37_with_its_own_mitochondrion(tmp_path):
    fasta = tmp_path / "hg19.fa"
    fasta.write_text(">chrM\n" + "GATC" * 4142 + "GAT\n")
    reference = Reference(fasta, "GRCh37")
    assert reference.bases("NC_001807.4", 0, 4) == "GATC"
    assert reference.bases("MT", 0, 4) == ""
    with pytest.raises(Unreadable, match="is not GRCh38"):
        Reference(fasta, "GRCh38")


def test_the_mitochondrion_of_hg19_is_not_taken_for_that_of_grch37(tmp_path):
    names = ContigNames(header(tmp_path, "##contig=<ID=chrM,length=16571>\n"), "hg19")
    assert (names.canonical("chrM"), names.faults()) == ("NC_001807.4", [])
    assert (
        ContigNames(header(tmp_path, "##contig=<ID=chrM,length=16569>\n"), "hg19").canonical("chrM") == "MT"
    )


def test_scaffolds_that_the_header_declares_keep_their_names(tmp_path):
    path = write_vcf(tmp_path, ["GL000191.1 100 . A C . . . GT 0/1"], ["S1"])
    path.write_text(path.read_text().replace("##ALT", "##contig=<ID=GL000191.1,length=106433>\n##ALT", 1))
    assert read(path).rows[0].allele.contig == "GL000191.1"
    assert ContigNames(read_header(path), "GRCh37").declared() == {
        "20": 63025520,
        "X": 155270560,
        "GL000191.1": 106433,
    }

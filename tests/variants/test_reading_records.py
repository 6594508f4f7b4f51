"""What single records mean: symbolic alleles, breakends, genotypes of every form, INFO."""

import pytest

from tests.variants.vcf_files import alleles, as_bcf, people, read, write_vcf
from variants.domain.allele import Kind
from variants.domain.kinds import COMPLETE_LOSS, GAIN, HIGH_GAIN, LOSS, LOW_GAIN, LOW_LOSS
from variants.reading import rows as reasons


def one(folder, line, version="4.2", samples=("S1",)):
    found = read(write_vcf(folder, [line], samples, version))
    assert not found.report.bad, found.report.bad
    assert len(found.rows) == 1
    return found.rows[0]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("20 100 . A <DEL> . . END=150;SVLEN=-50", (100, 150, Kind.DEL, 50, LOSS)),
        ("20 100 . A <DEL> . . SVLEN=-50", (100, 150, Kind.DEL, 50, LOSS)),
        ("20 100 . A <DEL> . . SVLEN=50", (100, 150, Kind.DEL, 50, LOSS)),
        ("20 100 . A <DEL> . . END=150", (100, 150, Kind.DEL, 50, LOSS)),
        ("20 100 . A <DEL> . . .", (100, 100, Kind.DEL, None, LOSS)),
        ("20 100 . A <DEL> . . END=90;SVLEN=-50", (100, 150, Kind.DEL, 50, LOSS)),
        ("20 100 . A <DEL:ME:ALU> . . END=150", (100, 150, Kind.DEL, 50, LOSS)),
        ("20 100 . A <DUP:TANDEM> . . END=150", (100, 150, Kind.DUP, 50, GAIN)),
        ("20 100 . A <INV> . . END=150", (100, 150, Kind.INV, 50, None)),
        ("20 100 . A <INS:ME:ALU> . . END=100;SVLEN=280", (100, 100, Kind.INS, 280, None)),
        ("20 100 . A <CN0> . . END=150", (100, 150, Kind.CNV, 50, LOSS)),
        ("20 100 . A <CN1> . . END=150", (100, 150, Kind.CNV, 50, None)),
        ("20 100 . A <CN2> . . END=150", (100, 150, Kind.CNV, 50, LOW_GAIN)),
        ("20 100 . A <CN5> . . END=150", (100, 150, Kind.CNV, 50, HIGH_GAIN)),
        ("20 100 . A <CNV> . . END=150", (100, 150, Kind.CNV, 50, None)),
        ("20 100 . A <CNV> . . END=150;CN=0", (100, 150, Kind.CNV, 50, COMPLETE_LOSS)),
        ("20 100 . A <CNV> . . END=150;CN=1", (100, 150, Kind.CNV, 50, LOW_LOSS)),
        ("20 100 . A <CNV> . . END=150;CN=7", (100, 150, Kind.CNV, 50, HIGH_GAIN)),
        ("20 100 . A <CNV:TR> . . SVLEN=30", (100, 130, Kind.CNV, 30, None)),
        ("20 100 . A <STRANGE> . . END=150", (100, 150, Kind.OTHER, 50, None)),
        ("20 63025500 . A <DEL> . . SVLEN=-500", (63025500, 63025520, Kind.DEL, 500, LOSS)),
        ("20 0 . N <DEL> . . END=150", (0, 150, Kind.DEL, 150, LOSS)),
    ],
)
def test_a_symbolic_allele_lies_after_its_padding_base(tmp_path, line, expected):
    row = one(tmp_path, f"{line} GT 0/1")
    allele = row.allele
    assert (allele.start, allele.end, allele.kind, allele.length, row.copy_change) == expected
    assert (allele.ref, allele.alt) == ("", line.split()[4])


def test_from_version_4_4_on_length_and_copies_belong_to_the_allele(tmp_path):
    row = one(tmp_path, "20 100 . A <DEL> . . END=160;SVLEN=50;SVCLAIM=D GT 0/1", "4.4")
    assert (row.allele.end, row.copy_change) == (150, LOSS)
    assert one(tmp_path, "20 100 . A <DEL> . . SVLEN=50;SVCLAIM=J GT 0/1", "4.4").copy_change is None
    assert one(tmp_path, "20 100 . A <CNV> . . SVLEN=50;CN=0 GT 0/1", "4.4").copy_change == LOSS


def test_the_alleles_of_one_record_have_lengths_of_their_own(tmp_path):
    found = read(write_vcf(tmp_path, ["20 100 . A <DEL>,<DUP> . . END=180;SVLEN=-50,80 GT 1/2"], ["S1"]))
    assert [(row.allele.end, row.allele.length) for row in found.rows] == [(150, 50), (180, 80)]


@pytest.mark.parametrize(
    ("alt", "mate"),
    [
        ("G]X:198982]", ("X", 198981)),
        ("]chrX:123456]G", ("X", 123455)),
        ("G[NC_000023.10:5[", ("X", 4)),
        ("[20:0[G", ("20", 0)),
        ("G[<ctg1>:7[", (None, None)),
        ("GACG[elsewhere:7[", (None, None)),
        ("G.", (None, None)),
        (".TG", (None, None)),
    ],
)
def test_a_breakend_lies_on_its_base_and_knows_its_mate(tmp_path, alt, mate):
    row = one(tmp_path, f"20 321681 bnd_W G {alt} 6 PASS SVTYPE=BND;MATEID=bnd_Y GT 0/1")
    assert (row.allele.start, row.allele.end, row.allele.kind, row.allele.alt) == (
        321680,
        321681,
        Kind.BND,
        alt,
    )
    assert (row.mate_contig, row.mate_position) == mate
    assert row.detail["mateid"] == "bnd_Y"


def test_a_translocation_word_finds_its_mate_in_info(tmp_path):
    row = one(tmp_path, "20 100 . A <TRA> . . SVTYPE=TRA;CHR2=chrX;END=5000 GT 0/1")
    assert (row.allele.start, row.allele.end, row.allele.kind) == (99, 100, Kind.BND)
    assert (row.mate_contig, row.mate_position) == ("X", 4999)


def test_structural_detail_is_kept(tmp_path):
    row = one(tmp_path, "20 100 x;y A <DEL> 41 q10;q20 SVTYPE=DEL;END=150;SVLEN=-50;CIPOS=-3,4 GT 0/1")
    assert row.ids == ("x", "y")
    assert row.detail == {"qual": 41.0, "filter": "q10;q20", "svtype": "DEL", "svlen": -50, "cipos": [-3, 4]}


@pytest.mark.parametrize(
    ("alts", "reason"),
    [
        (".", reasons.NO_ALTERNATE),
        ("*", reasons.SPANNING),
        ("<NON_REF>", reasons.REFERENCE_BLOCK),
        ("<*>", reasons.REFERENCE_BLOCK),
        ("A", reasons.SAME),
        ("C", reasons.NOT_CARRIED),
    ],
)
def test_what_is_no_allele_of_anybody_is_skipped_and_counted(tmp_path, alts, reason):
    report = read(write_vcf(tmp_path, [f"20 100 . A {alts} . . END=900 GT 0/0"], ["S1"])).report
    assert report.records_skipped == {reason: 1}
    assert report.kept == 0


def test_a_gvcf_gives_its_variants_and_skips_its_blocks(tmp_path):
    lines = [
        "20 100 . A <NON_REF> . . END=199 GT:DP 0/0:30",
        "20 200 . A C,<NON_REF> . . . GT:DP 0/1:30",
        "20 201 . A *,T . . . GT:DP 1/2:30",
    ]
    found = read(write_vcf(tmp_path, lines, ["S1"]))
    assert alleles(found) == [(199, 200, "A", "C"), (200, 201, "A", "T")]
    assert found.report.skipped == {reasons.REFERENCE_BLOCK: 2, reasons.SPANNING: 1}
    assert (found.rows[1].ac, found.rows[1].an) == (1, 2)


@pytest.mark.parametrize(
    ("call", "sets"),
    [
        ("0/1", set()),
        ("0|1:7", set()),
        ("|0|1", set()),
        ("1/1", {"hom"}),
        ("1|1", {"hom"}),
        ("1", {"hemi"}),
        ("1:9", {"hemi"}),
        ("1/.", {"half"}),
        (".|1", {"half"}),
        ("1/2", set()),
        ("0/0/1", set()),
        ("1/1/1/1", {"hom"}),
        ("1/1/.", {"half"}),
    ],
)
def test_every_form_of_genotype_has_its_place(tmp_path, call, sets):
    row = read(write_vcf(tmp_path, [f"20 100 . A C,G . . . GT:DP {call} 0/0"], ["S1", "S2"])).rows[0]
    assert people(row.carriers) == [0]
    assert {name for name in ("hom", "hemi", "half") if people(getattr(row, name)) == [0]} == sets
    copies = call.partition(":")[0].strip("|/").replace("|", "/").split("/")
    assert (row.ac, row.an, row.carried) == (copies.count("1"), 2 + sum(copy != "." for copy in copies), 1)


@pytest.mark.parametrize("call", [".", "./.", ".|.", "./.:.", ".:7", "././."])
def test_a_sample_without_a_call_is_missing(tmp_path, call):
    row = one(tmp_path, f"20 100 . A C . . . GT:DP 0/1 {call}", samples=("S1", "S2"))
    assert (people(row.carriers), people(row.missing), row.an) == ([0], [1], 2)


def test_allele_numbers_of_two_digits_are_read(tmp_path):
    alts = ",".join("A" * size + "C" for size in range(1, 13))
    lines = [f"20 100 . A {alts} . . . GT 0/11 11|12 2/10"]
    path = write_vcf(tmp_path, lines, ["S1", "S2", "S3"])
    for each in (path, as_bcf(path)):
        carried = {row.allele.alt: people(row.carriers) for row in read(each).rows}
        assert carried == {"AC": [2], "A" * 9 + "C": [2], "A" * 10 + "C": [0, 1], "A" * 11 + "C": [1]}


def test_genotypes_are_found_wherever_format_puts_them(tmp_path):
    row = one(tmp_path, "20 100 . A C . . . DP:GT 30:0/1 30 30:1/1", samples=("S1", "S2", "S3"))
    assert (people(row.carriers), people(row.hom), people(row.missing)) == ([0, 2], [2], [1])


def test_without_genotypes_nobody_is_known_to_carry(tmp_path):
    report = read(write_vcf(tmp_path, ["20 100 . A C . . AC=1 DP 30"], ["S1"])).report
    assert report.records_skipped == {reasons.NOT_CARRIED: 1}


def test_an_allele_spelled_twice_in_its_record_is_one(tmp_path):
    found = read(write_vcf(tmp_path, ["20 100 . AT A,A,ATT . . . GT 1/2 0/2 1/3"], ["S1", "S2", "S3"]))
    first = found.rows[0]
    assert (people(first.carriers), people(first.hom), first.ac) == ([0, 1, 2], [0], 4)
    assert found.report.skipped == {reasons.SAME_AGAIN: 1}


def test_sites_without_samples_take_their_counts_from_info(tmp_path):
    line = "20 100 . A C,G . . AC=3,1;AN=100;EAS_AF=0.25,.;EUR_AC=1,2;EUR_AN=10;AF_afr=0.5,nan"
    first, second = read(write_vcf(tmp_path, [line])).rows
    assert (first.ac, first.an, second.ac, second.carriers) == (3, 100, 1, None)
    assert first.frequencies == {"EAS": 0.25, "EUR": 0.1, "afr": 0.5}
    assert second.frequencies == {"EUR": 0.2}


def test_a_frequency_without_counts_is_kept_as_detail(tmp_path):
    row = read(write_vcf(tmp_path, ["20 100 . A C . . AF=0.125"])).rows[0]
    assert (row.ac, row.detail) == (None, {"af": 0.125})


def test_one_value_for_several_alleles_is_given_to_none(tmp_path):
    rows = read(write_vcf(tmp_path, ["20 100 . A C,G . . AC=3;AN=100;EAS_AF=0.25"])).rows
    assert [(row.ac, row.frequencies) for row in rows] == [(None, {})] * 2


def test_bcf_and_text_tell_the_same(tmp_path):
    lines = [
        "20 100 rs1 A C 41.5 PASS AC=1;AN=4;EAS_AF=0.3363;EUR_AC=1;EUR_AN=3 GT 0|1 0|0",
        "20 200 . A <DEL> . q10 END=5000;SVLEN=-4800;SVTYPE=DEL;CIPOS=-70000,4 GT:DP 1/1:7 ./.:.",
        "20 300 bnd G G]X:198982] 6 . SVTYPE=BND;MATEID=bnd_Y GT 0/1 0/1",
        "20 400 . A C,G . . EAS_AF=0.1,.;EUR_AC=1,2 GT 1 1|2",
        "20 500 . A . . . . GT 0/0 0/0",
    ]
    path = write_vcf(tmp_path, lines, ["S1", "S2"])
    assert read(as_bcf(path)).rows == read(path).rows


def test_contigs_are_known_by_any_of_their_names(tmp_path):
    lines = [f"{name} 100 . A C . . . GT 0/1" for name in ("20", "chr20", "NC_000020.10")]
    assert {row.allele.contig for row in read(write_vcf(tmp_path, lines, ["S1"])).rows} == {"20"}


def test_an_assembly_nobody_knows_keeps_the_names_of_the_file(tmp_path):
    rows = read(write_vcf(tmp_path, ["X 100 . A C . . . GT 0/1"], ["S1"]), assembly="ARS-UCD2.0").rows
    assert rows[0].allele.contig == "X"

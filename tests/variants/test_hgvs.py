"""HGVS expressions mean the alleles that a store keeps, wherever it keeps them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from variants.domain.allele import Kind
from variants.domain.hgvs import Annotated, Genomic, Spelling, parse
from variants.domain.normal import trim
from variants.domain.protein import amino_acid_change
from variants.errors import BadShortForm


@pytest.mark.parametrize(
    ("text", "reference", "spelling"),
    [
        ("NC_000020.10:g.1000226A>T", "NC_000020.10", Spelling(1000225, 1000226, "A", "T")),
        ("chr20:g.1000226a>t", "chr20", Spelling(1000225, 1000226, "A", "T")),
        (" 20:g.5_7del ", "20", Spelling(4, 7, None, "")),
        ("20:g.5del", "20", Spelling(4, 5, None, "")),
        ("20:g.5_7del3", "20", Spelling(4, 7, None, "")),
        ("20:g.5_6insTT", "20", Spelling(5, 5, "", "TT")),
        ("20:g.5_7delinsT", "20", Spelling(4, 7, None, "T")),
        (
            "20:g.5_7delACGinsTCGG",
            "20",
            Spelling(4, 6, "AC", "TCG"),
        ),
        ("20:g.5_7delACGinsTCG", "20", Spelling(4, 5, "A", "T")),
        ("20:g.5_7invACG", "20", Spelling(4, 7, "ACG", "CGT")),
        ("NC_012920.1:m.3243A>G", "NC_012920.1", Spelling(3242, 3243, "A", "G")),
        ("m.3243A>G", "MT", Spelling(3242, 3243, "A", "G")),
    ],
)
def test_a_genomic_expression_is_a_stored_spelling(text, reference, spelling):
    found = parse(text)
    assert isinstance(found, Genomic)
    assert found.reference == reference
    assert found.spellings()[0] == spelling


GENOME = st.text("AC", min_size=6, max_size=24)


@settings(deadline=None)
@given(GENOME, st.data())
def test_without_reference_bases_every_spelling_that_is_found_means_the_same_change(genome, data):
    start = data.draw(st.integers(0, len(genome) - 1))
    end = data.draw(st.integers(start + 1, len(genome)))
    moved = genome[start:end]
    for word, wanted in (
        ("del", genome[:start] + genome[end:]),
        ("dup", genome[:end] + moved + genome[end:]),
    ):
        for each in parse(f"1:g.{start + 1}_{end}{word}{moved}").spellings():
            if each.kind is None and genome[each.start : each.end] == each.ref:
                # A store holds the bases of the reference: only such spellings can be met there.
                left = genome[: each.start] + each.alt + genome[each.end :]
                assert left == wanted or (word == "dup" and each.start < start)


def test_symbolic_alleles_of_the_same_extent_are_found_too():
    assert Spelling(4, 700, kind=Kind.DEL) in parse("20:g.5_700del").spellings()
    assert parse("20:g.5_700dup").spellings() == [Spelling(4, 700, kind=Kind.DUP)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("BRAF V600E", "is no HGVS expression"),
        ("", "is no HGVS expression"),
        ("g.5A>T", "does not say on which sequence"),
        ("20:g.5A>A", "changes nothing"),
        ("20:g.7_5del", "reversed"),
        ("20:g.0A>T", "below 1"),
        ("20:g.5_9insA", "lie side by side"),
        ("20:g.5_6delACG", "3 bases for 2 positions"),
        ("20:g.5_6dup3", "3 bases for 2 positions"),
        ("20:g.5_6del" + "9" * 5000, "bases for 2 positions"),
        ("20:g." + "9" * 5000 + "del", "cannot be read"),
        ("20:g.(5_10)_(20_30)del", "bracket question"),
        ("20:g.5CAG[7]", "cannot be read"),
        ("20:g.5=", "cannot be read"),
    ],
)
def test_what_cannot_be_read_says_what_to_write(text, reason):
    with pytest.raises(BadShortForm, match=reason.replace("(", r"\(")):
        parse(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("NM_004006.2:c.4375C>T", Annotated(("NM_004006.2:c.4375C>T",))),
        ("NM_004006.2(DMD):c.4375C>T", Annotated(("NM_004006.2:c.4375C>T",))),
        ("ENST00000.3:n.12+1G>A", Annotated(("ENST00000.3:n.12+1G>A",))),
        ("c.4375C>T", Annotated(("c.4375C>T",))),
        ("DMD:c.4375C>T", Annotated(("c.4375C>T",), gene="DMD")),
        ("p.(V600E)", Annotated(("p.Val600Glu", "p.(Val600Glu)"))),
        ("BRAF:p.Val600Glu", Annotated(("p.Val600Glu", "p.(Val600Glu)"), gene="BRAF")),
        ("p.W24X", Annotated(("p.Trp24Ter", "p.(Trp24Ter)", "p.Trp24*", "p.(Trp24*)"))),
        ("NP_1.1:p.K7=", Annotated(("NP_1.1:p.Lys7=", "NP_1.1:p.(Lys7=)"))),
    ],
)
def test_other_expressions_are_spelled_as_annotators_do(text, found):
    assert parse(text) == found


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("V600E", "V600E"),
        ("p.Val600Glu", "V600E"),
        ("p.(V600E)", "V600E"),
        ("ENSP1.1:p.Val600Glu", "V600E"),
        ("p.Trp24Ter", "W24*"),
        ("W24X", "W24*"),
        ("p.Trp24*", "W24*"),
        ("p.Lys7%3D", "K7="),
        ("p.Lys23fs", "K23fs"),
        ("p.Arg97ProfsTer23", "R97Pfs*23"),
        ("p.Glu746_Ala750del", "E746_A750del"),
        ("p.Met1?", "M1?"),
        ("600", None),
        ("wombat", None),
        ("c.1799T>A", None),
    ],
)
def test_amino_acid_changes_have_one_spelling(text, change):
    assert amino_acid_change(text) == change


def test_a_trimmed_replacement_is_found_as_it_is_stored():
    assert trim(4, "ACG", "TCG") == (4, "A", "T")

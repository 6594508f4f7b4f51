"""The words and terms of variantType, and what each finds."""

import pytest

from variants.domain import kinds
from variants.domain.allele import Kind
from variants.domain.kinds import matching
from variants.errors import UnknownVariantType

ALLELES = {
    "snv": (Kind.SNV, None, "T"),
    "mnv": (Kind.MNV, None, "TG"),
    "insertion": (Kind.INS, None, "TG"),
    "deletion": (Kind.DEL, None, ""),
    "delins": (Kind.INDEL, None, "TG"),
    "<DEL>": (Kind.DEL, kinds.LOSS, "<DEL>"),
    "<DEL:ME>": (Kind.DEL, kinds.LOSS, "<DEL:ME>"),
    "<INS>": (Kind.INS, None, "<INS>"),
    "<INS:ME:ALU>": (Kind.INS, None, "<INS:ME:ALU>"),
    "<DUP>": (Kind.DUP, kinds.GAIN, "<DUP>"),
    "<DUP:TANDEM>": (Kind.DUP, kinds.GAIN, "<DUP:TANDEM>"),
    "<INV>": (Kind.INV, None, "<INV>"),
    "<CNV>": (Kind.CNV, None, "<CNV>"),
    "<CN0>": (Kind.CNV, kinds.LOSS, "<CN0>"),
    "<CN2>": (Kind.CNV, kinds.LOW_GAIN, "<CN2>"),
    "<CN9>": (Kind.CNV, kinds.HIGH_GAIN, "<CN9>"),
    "gone": (Kind.CNV, kinds.COMPLETE_LOSS, "<CNV>"),
    "breakend": (Kind.BND, None, "G]17:198982]"),
}
LOSSES = {"<DEL>", "<DEL:ME>", "<CN0>", "gone"}
GAINS = {"<DUP>", "<DUP:TANDEM>", "<CN2>", "<CN9>"}
CNVS = LOSSES | GAINS | {"<CNV>"}


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("SNP", {"snv"}),
        ("snv", {"snv"}),
        ("SO:0001483", {"snv"}),
        ("MNP", {"mnv"}),
        ("SO:0002007", {"mnv"}),
        ("INS", {"insertion", "<INS>", "<INS:ME:ALU>"}),
        ("INS:ME", {"<INS:ME:ALU>"}),
        ("<INS:ME:ALU>", {"<INS:ME:ALU>"}),
        ("DEL", {"deletion"} | LOSSES),
        ("SO:0000159", {"deletion"} | LOSSES),
        ("deletion", {"deletion"} | LOSSES),
        ("DEL:ME", {"<DEL:ME>"}),
        ("INDEL", {"insertion", "deletion", "delins"}),
        ("DELINS", {"delins"}),
        ("SO:1000032", {"delins"}),
        ("DUP", GAINS),
        ("SO:1000035", GAINS),
        ("DUP:TANDEM", {"<DUP:TANDEM>"}),
        ("INV", {"<INV>"}),
        ("BND", {"breakend"}),
        ("CNV", CNVS),
        ("SO:0001019", CNVS),
        ("EFO:0030063", {"deletion"} | CNVS),
        ("EFO:0030067", {"deletion"} | LOSSES),
        ("efo:0030067", {"deletion"} | LOSSES),
        ("copy number loss", {"deletion"} | LOSSES),
        ("SO:0001743", {"deletion"} | LOSSES),
        ("EFO:0020073", {"gone"}),
        ("EFO:0030069", {"gone"}),
        ("EFO:0030068", set()),
        ("EFO:0030070", GAINS),
        ("EFO:0030071", {"<CN2>"}),
        ("EFO:0030072", {"<CN9>"}),
        ("EFO:0030073", set()),
        ("SO:0001059", set(ALLELES)),
    ],
)
def test_a_word_finds_its_alleles_and_those_of_narrower_terms(word, found):
    assert {name for name, allele in ALLELES.items() if matching(word).matches(*allele)} == found


def test_an_unknown_word_says_what_is_known():
    with pytest.raises(UnknownVariantType, match=r"'WOMBAT' is not known here.*SNP, .*EFO:0030067"):
        matching("WOMBAT")


def test_every_known_word_and_label_can_be_asked():
    for word in (*kinds.known_words(), *kinds.LABELS.values()):
        matching(word)

"""The words and terms by which callers name kinds of variants, and what each of them finds.

Three vocabularies meet in Beacon's `variantType`: VCF's words (`DEL`, `DUP:TANDEM`), Sequence Ontology
(`SO:0000159`) and the copy-number branch of the Experimental Factor Ontology (`EFO:0030067`). A term finds
its narrower terms too.

A word or a Sequence Ontology term for a change of sequence finds every allele of that kind, spelled out or
symbolic: who asks for `DEL` wants the deletions. Beacon's documentation takes `DEL` and `EFO:0030067`, `DUP`
and `EFO:0030070` for the same question, so they find the same alleles here. The narrower copy-number terms
find what the file claims of copies (`<CN0>`, `CN=5`) and nothing else.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from variants.domain.allele import Kind
from variants.domain.symbolic import copies, symbolic_kind
from variants.errors import UnknownVariantType

LOSS = "EFO:0030067"
LOW_LOSS = "EFO:0030068"
HIGH_LOSS = "EFO:0020073"
COMPLETE_LOSS = "EFO:0030069"
GAIN = "EFO:0030070"
LOW_GAIN = "EFO:0030071"
HIGH_GAIN = "EFO:0030072"
AMPLIFICATION = "EFO:0030073"
COPY_NUMBER = "EFO:0030063"

_ABOUT_COPIES = frozenset({Kind.CNV, Kind.DEL, Kind.DUP})

_NARROWER: dict[str, tuple[str, ...]] = {
    COPY_NUMBER: (LOSS, GAIN),
    LOSS: (LOW_LOSS, HIGH_LOSS),
    HIGH_LOSS: (COMPLETE_LOSS,),
    GAIN: (LOW_GAIN, HIGH_GAIN),
    HIGH_GAIN: (AMPLIFICATION,),
}

LABELS = {
    COPY_NUMBER: "copy number assessment",
    LOSS: "copy number loss",
    LOW_LOSS: "low-level copy number loss",
    HIGH_LOSS: "high-level copy number loss",
    COMPLETE_LOSS: "complete genomic deletion",
    GAIN: "copy number gain",
    LOW_GAIN: "low-level copy number gain",
    HIGH_GAIN: "high-level copy number gain",
    AMPLIFICATION: "focal genome amplification",
}


def narrower(term: str) -> frozenset[str]:
    """The copy-number term and everything below it."""
    return frozenset((term,)).union(*(narrower(child) for child in _NARROWER.get(term, ())))


@dataclass(frozen=True, slots=True)
class Selection:
    """Which alleles a word or term finds: those of one of `kinds`, and those with one of `copy_changes`.

    `symbol` narrows to one symbolic allele and its subtypes: `INS:ME` finds `<INS:ME>` and `<INS:ME:ALU>`.
    `spelled` narrows to alleles whose bases are written out. Everything, where `everything` is set.
    """

    kinds: frozenset[Kind] = frozenset()
    copy_changes: frozenset[str] = frozenset()
    symbol: str | None = None
    spelled: bool = False
    everything: bool = False

    def matches(self, kind: Kind, copy_change: str | None, alt: str) -> bool:
        """True where the allele is one of those."""
        if self.everything:
            return True
        if self.symbol is not None and not _is_subtype(alt, self.symbol):
            return False
        if self.spelled and alt.startswith("<"):
            return False
        return kind in self.kinds or copy_change in self.copy_changes


def _is_subtype(alt: str, symbol: str) -> bool:
    word = alt.upper()
    return word == f"<{symbol}>" or word.startswith(f"<{symbol}:")


def _of(
    *kinds: Kind, changes: Iterable[str] = (), symbol: str | None = None, spelled: bool = False
) -> Selection:
    return Selection(frozenset(kinds), frozenset(changes), symbol, spelled)


_LOSSES, _GAINS = narrower(LOSS), narrower(GAIN)
_CNV = _of(Kind.CNV, changes=narrower(COPY_NUMBER))
_DELETION = _of(Kind.DEL, changes=_LOSSES)
_DUPLICATION = _of(Kind.DUP, changes=_GAINS)
_INDEL = _of(Kind.INS, Kind.DEL, Kind.INDEL, spelled=True)
_EVERYTHING = Selection(everything=True)

_WORDS: dict[str, Selection] = {
    "SNP": _of(Kind.SNV),
    "SNV": _of(Kind.SNV),
    "MNP": _of(Kind.MNV),
    "MNV": _of(Kind.MNV),
    "INS": _of(Kind.INS),
    "DEL": _DELETION,
    "INDEL": _INDEL,
    "DELINS": _of(Kind.INDEL),
    "DUP": _DUPLICATION,
    "DUP:TANDEM": _of(Kind.DUP, symbol="DUP:TANDEM"),
    "INV": _of(Kind.INV),
    "CNV": _CNV,
    "CNV:TR": _of(Kind.CNV, symbol="CNV:TR"),
    "BND": _of(Kind.BND),
    "TRA": _of(Kind.BND),
    "INS:ME": _of(Kind.INS, symbol="INS:ME"),
    "DEL:ME": _of(Kind.DEL, symbol="DEL:ME"),
}

_TERMS: dict[str, tuple[str, Selection]] = {
    "SO:0001483": ("SNV", _of(Kind.SNV)),
    "SO:0000694": ("SNP", _of(Kind.SNV)),
    "SO:1000008": ("point_mutation", _of(Kind.SNV)),
    "SO:0002007": ("MNV", _of(Kind.MNV)),
    "SO:0001013": ("MNP", _of(Kind.MNV)),
    "SO:1000002": ("substitution", _of(Kind.SNV, Kind.MNV)),
    "SO:0000667": ("insertion", _of(Kind.INS, Kind.DUP)),
    "SO:0000159": ("deletion", _DELETION),
    "SO:1000032": ("delins", _of(Kind.INDEL)),
    "SO:1000035": ("duplication", _DUPLICATION),
    "SO:1000173": ("tandem_duplication", _of(Kind.DUP, symbol="DUP:TANDEM")),
    "SO:1000036": ("inversion", _of(Kind.INV)),
    "SO:0001019": ("copy_number_variation", _CNV),
    "SO:0001742": ("copy_number_gain", _DUPLICATION),
    "SO:0001743": ("copy_number_loss", _DELETION),
    "SO:0001837": ("mobile_element_insertion", _of(Kind.INS, symbol="INS:ME")),
    "SO:0002066": ("mobile_element_deletion", _of(Kind.DEL, symbol="DEL:ME")),
    "SO:0000199": ("translocation", _of(Kind.BND)),
    "SO:0001059": ("sequence_alteration", _EVERYTHING),
    "SO:0001060": ("sequence_variant", _EVERYTHING),
}


# Terms that Beacon's documentation equates with a word of VCF's.
_SAME = {
    COPY_NUMBER: _of(Kind.CNV, Kind.DEL, Kind.DUP, changes=narrower(COPY_NUMBER)),
    LOSS: _DELETION,
    GAIN: _DUPLICATION,
}


def _vocabulary() -> dict[str, Selection]:
    known = dict(_WORDS)
    for term, (name, selection) in _TERMS.items():
        known[term] = selection
        known.setdefault(name.upper(), selection)
    for term, label in LABELS.items():
        selection = _SAME.get(term) or _of(changes=narrower(term))
        known[term] = selection
        known.setdefault(label.upper().replace(" ", "_"), selection)
    return known


_KNOWN = _vocabulary()


def known_words() -> tuple[str, ...]:
    """The words and terms that `matching` takes, words first."""
    return (*_WORDS, *_TERMS, *LABELS)


def matching(variant_type: str) -> Selection:
    """What a word, term or name finds, in any case: `DEL`, `so:0000159`, `<DUP:TANDEM>`, `copy number loss`.

    Any other symbolic allele (`INS:ME:ALU`) finds itself and its subtypes.

    Raises:
        UnknownVariantType: a word of none of the vocabularies.
    """
    word = variant_type.strip().removeprefix("<").removesuffix(">").upper().replace(" ", "_")
    if word in _KNOWN:
        return _KNOWN[word]
    kind = symbolic_kind(f"<{word}>")
    if kind is not Kind.OTHER:
        return _of(kind, symbol=word)
    raise UnknownVariantType(
        f"variantType {variant_type[:40]!r} is not known here. Use one of {', '.join(_WORDS)}, a Sequence "
        f"Ontology term such as SO:0000159 (deletion), or a copy-number term such as {LOSS} (loss)."
    )


def copy_change(
    alt: str, kind: Kind, *, total: float | None, per_allele: float | None, claim: str
) -> str | None:
    """The copy-number term for what a symbolic allele claims; None for nothing, or for a neutral number.

    `<CN0>` counts the copies on one haplotype, of which the reference has one; so does `per_allele` (INFO
    CN from VCF 4.4 on). `total` counts over both haplotypes (INFO CN before). Five copies in total are a
    high-level gain. A missing haplotype copy is a loss of unsaid level: the other haplotype may be whole.
    `claim` is SVCLAIM: `J` says that a junction was seen, and nothing of copies.
    """
    if kind not in _ABOUT_COPIES:
        return None
    said = copies(alt)
    haplotype = said if said is not None else per_allele
    if haplotype is not None:
        return _by_haplotype(haplotype)
    if total is not None:
        return _by_total(total)
    return None if claim == "J" else {Kind.DEL: LOSS, Kind.DUP: GAIN}.get(kind)


def _by_haplotype(number: float) -> str | None:
    if number == 1:
        return None
    if number < 1:
        return LOSS
    return HIGH_GAIN if number >= 4 else LOW_GAIN


def _by_total(number: float) -> str | None:
    if number == 2:
        return None
    if number < 2:
        return COMPLETE_LOSS if number == 0 else LOW_LOSS
    return HIGH_GAIN if number >= 5 else LOW_GAIN

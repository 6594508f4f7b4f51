"""Names of contigs and of kinds of change, written down a second time from the standards."""

import re

from variants.domain.allele import Kind

_VERSIONS = {
    **dict(zip(map(str, range(1, 12)), (10, 11, 11, 11, 9, 11, 13, 10, 11, 10, 9), strict=True)),
    **dict(zip(map(str, range(12, 23)), (11, 10, 8, 9, 9, 10, 9, 9, 10, 8, 10), strict=True)),
}
GRCH37_ACCESSIONS = {
    **{f"NC_{int(name):06}.{version}": name for name, version in _VERSIONS.items()},
    "NC_000023.10": "X",
    "NC_000024.9": "Y",
    "NC_012920.1": "MT",
}
ORDER = list(GRCH37_ACCESSIONS.values())
ACCESSION_OF = {name: accession for accession, name in GRCH37_ACCESSIONS.items()}

# What each word or term of `variantType` means. Copies are those of one haplotype, as `<CN3>` says them.
_DELETION, _DUPLICATION = frozenset({Kind.DEL}), frozenset({Kind.DUP})
MEANING: dict[str, frozenset[Kind]] = {
    "SNV": frozenset({Kind.SNV}),
    "SNP": frozenset({Kind.SNV}),
    "SO:0001483": frozenset({Kind.SNV}),
    "MNV": frozenset({Kind.MNV}),
    "MNP": frozenset({Kind.MNV}),
    "SO:0002007": frozenset({Kind.MNV}),
    "INS": frozenset({Kind.INS}),
    "SO:0000667": frozenset({Kind.INS, Kind.DUP}),
    "SO:1000032": frozenset({Kind.INDEL}),
    "DEL": _DELETION,
    "SO:0000159": _DELETION,
    "EFO:0030067": _DELETION,
    "DUP": _DUPLICATION,
    "SO:1000035": _DUPLICATION,
    "EFO:0030070": _DUPLICATION,
    "INV": frozenset({Kind.INV}),
    "SO:1000036": frozenset({Kind.INV}),
    "CNV": frozenset({Kind.CNV}),
    "SO:0001019": frozenset({Kind.CNV}),
    "BND": frozenset({Kind.BND}),
}
_WITH_FEWER_COPIES = frozenset({"DEL", "SO:0000159", "EFO:0030067"})
_WITH_MORE_COPIES = frozenset({"DUP", "SO:1000035", "EFO:0030070"})
_WITH_ANY_COPIES = frozenset({"CNV", "SO:0001019"})


def is_of_type(word: str, kind: Kind, alt: str) -> bool:
    """True where the word means this kind, or a change of copies that the allele states."""
    stated = re.fullmatch(r"<CN(\d+)>", alt)
    if stated and word in _WITH_FEWER_COPIES | _WITH_MORE_COPIES:
        return int(stated[1]) < 1 if word in _WITH_FEWER_COPIES else int(stated[1]) > 1
    if word in _WITH_ANY_COPIES and alt.startswith("<"):
        return kind in {Kind.CNV, Kind.DEL, Kind.DUP}
    return kind in MEANING[word]

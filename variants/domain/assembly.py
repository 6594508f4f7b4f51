"""Assemblies and their contigs: one canonical name for each, whatever a file or a caller calls it.

GRCh37, GRCh38 and T2T-CHM13v2.0 are known by heart. Any other assembly takes its contigs as the file header
spells them. Nothing is guessed: an accession of another assembly has no canonical name in this one.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from variants.domain import chromosomes


@dataclass(frozen=True, slots=True)
class Assembly:
    """A reference assembly known by heart. Tables by canonical contig (`1`..`22`, `X`, `Y`, `MT`)."""

    name: str
    aliases: frozenset[str]
    lengths: Mapping[str, int]
    accessions: Mapping[str, str]
    contigs: Mapping[str, str]  # any accepted spelling, lower case, to the canonical name


def _assembly(
    name: str, aliases: Iterable[str], lengths: Iterable[int], refseq: Iterable[str], genbank: Iterable[str]
) -> Assembly:
    refseq = tuple(refseq)
    spellings = {}
    for contig, first, second in zip(chromosomes.NAMES, refseq, genbank, strict=True):
        for spelling in (contig, f"chr{contig}", first, second):
            spellings[spelling.lower()] = contig
    spellings |= {"m": "MT", "chrm": "MT", "23": "X", "24": "Y", "chr23": "X", "chr24": "Y"}
    return Assembly(
        name,
        frozenset(alias.lower() for alias in (name, *aliases)),
        dict(zip(chromosomes.NAMES, lengths, strict=True)),
        dict(zip(chromosomes.NAMES, refseq, strict=True)),
        spellings,
    )


KNOWN = {
    known.name: known
    for known in (
        _assembly(
            "GRCh37",
            ("hg19", "b37", "g1k_v37", "human_g1k_v37", "hs37", "hs37d5", "NCBI37", "build37", "37"),
            chromosomes.GRCH37_LENGTHS,
            chromosomes.GRCH37_REFSEQ,
            chromosomes.GRCH37_GENBANK,
        ),
        _assembly(
            "GRCh38",
            ("hg38", "b38", "hs38", "hs38d1", "hs38DH", "NCBI38", "build38", "38"),
            chromosomes.GRCH38_LENGTHS,
            chromosomes.GRCH38_REFSEQ,
            chromosomes.GRCH38_GENBANK,
        ),
        _assembly(
            "T2T-CHM13v2.0",
            ("hs1", "chm13", "t2t", "t2t-chm13", "chm13v2", "chm13v2.0", "chm13_v2.0", "t2t-chm13v2"),
            chromosomes.CHM13_LENGTHS,
            chromosomes.CHM13_REFSEQ,
            chromosomes.CHM13_GENBANK,
        ),
    )
}

# Assembly accessions: each version is the assembly or one of its patches, which move no coordinate.
_ASSEMBLY_ACCESSIONS = {
    "GRCh37": ("GCF_000001405", range(13, 26), "GCA_000001405", range(1, 15)),
    "GRCh38": ("GCF_000001405", range(26, 41), "GCA_000001405", range(15, 30)),
    "T2T-CHM13v2.0": ("GCF_009914755", range(1, 2), "GCA_009914755", range(4, 5)),
}
_ALIASES = {alias: known.name for known in KNOWN.values() for alias in known.aliases} | {
    f"{accession.lower()}.{version}": name
    for name, (refseq, ours, genbank, theirs) in _ASSEMBLY_ACCESSIONS.items()
    for accession, versions in ((refseq, ours), (genbank, theirs))
    for version in versions
}
_PATCH = re.compile(r"\.p\d+$")
_ACCESSION = re.compile(r"^(N[CTWGZ]_\d+|CM\d{6}|CP\d{6}|J\d{5})(\.\d+)?$", re.IGNORECASE)


def canonical_assembly(name: str) -> str:
    """The site's one name of an assembly: `hg19`, `GRCh37.p13` and `GCF_000001405.25` are `GRCh37`.

    Names of assemblies not known by heart stay as they are.
    """
    word = name.strip()
    return _ALIASES.get(_PATCH.sub("", word.lower()), word)


def canonical_contig(assembly: str, name: str) -> str | None:
    """The assembly's one name of a contig: `chr20`, `20`, `NC_000020.10` are `20` of GRCh37, `chrM` is `MT`.

    None where the name belongs to no chromosome of a known assembly (an accession of another assembly, a
    scaffold). In an assembly not known by heart every name stands for itself.
    """
    known = KNOWN.get(canonical_assembly(assembly))
    word = name.strip()
    if known is None:
        return word or None
    return known.contigs.get(word.lower())


def accession(assembly: str, contig: str) -> str | None:
    """The versioned accession of a contig (`NC_000020.10`); None where this site does not know one."""
    known = KNOWN.get(canonical_assembly(assembly))
    return known.accessions.get(contig) if known else None


def length(assembly: str, contig: str) -> int | None:
    """The length of a contig in bases; None where this site does not know it."""
    known = KNOWN.get(canonical_assembly(assembly))
    return known.lengths.get(contig) if known else None


def contigs(assembly: str) -> tuple[str, ...]:
    """The canonical contigs of a known assembly in karyotype order; empty for any other."""
    known = KNOWN.get(canonical_assembly(assembly))
    return tuple(known.lengths) if known else ()


def assembly_of(name: str) -> str | None:
    """The assembly that an accession belongs to (`NC_000020.10` → `GRCh37`).

    None for plain names, which every assembly has, and for accessions that several assemblies share
    (`NC_012920.1`).
    """
    word = name.strip().lower()
    if not is_accession(word):
        return None
    owners = [known.name for known in KNOWN.values() if word in known.contigs]
    return owners[0] if len(owners) == 1 else None


def is_accession(name: str) -> bool:
    """True where the name has the form of a RefSeq or GenBank accession, known here or not."""
    return bool(_ACCESSION.match(name.strip()))


def fits(assembly: str, lengths: Mapping[str, int]) -> list[str]:
    """Contigs whose length contradicts the assembly, as sentences; empty where all that is known agrees.

    `lengths` maps names as a file spells them to bases.
    """
    faults = []
    for name, found in lengths.items():
        contig = canonical_contig(assembly, name)
        expected = length(assembly, contig) if contig else None
        if expected is not None and expected != found:
            faults.append(f"{name} has {found} bases, {contig} of {assembly} has {expected}")
    return faults


def recognise(lengths: Mapping[str, int]) -> str | None:
    """The one known assembly with chromosomes of these lengths; None where they do not tell.

    The mitochondrial sequence is left out: two assemblies share it.
    """
    votes = set()
    for name, found in lengths.items():
        for known in KNOWN.values():
            contig = known.contigs.get(name.strip().lower())
            if contig is not None and contig != "MT" and known.lengths[contig] == found:
                votes.add(known.name)
    return votes.pop() if len(votes) == 1 else None

"""An allele as Beacon's `variation`: a VRS 1.3 Allele or CopyNumberChange, else a LegacyVariation.

VRS 1.3 has no word for inversions, breakends and insertions whose bases the file does not give: those are
legacy variations on a VRS location, as the schema of Beacon 2.1.1 wants them.
"""

import re
from dataclasses import replace
from typing import Any

from variants.domain import assembly as assemblies
from variants.domain.allele import Allele, AlleleRow, Kind

_BASES = re.compile(r"[A-Z]*")
_ODD = re.compile(r"[^A-Za-z0-9.\-]+")
# The copy changes that VRS 1.3 knows (EFO); a term it lacks is given as the nearest wider one it has.
_COPY_CHANGES = {
    "EFO:0030064": "efo:0030064",
    "EFO:0030067": "efo:0030067",
    "EFO:0030068": "efo:0030068",
    "EFO:0020073": "efo:0020073",
    "EFO:0030069": "efo:0030069",
    "EFO:0030070": "efo:0030070",
    "EFO:0030071": "efo:0030071",
    "EFO:0030072": "efo:0030072",
    "EFO:0030073": "efo:0030072",
}


def literal(allele: Allele) -> bool:
    """True where the file gives the bases, so that the allele is a sequence in place of another."""
    return _BASES.fullmatch(allele.alt) is not None and allele.kind in (
        Kind.SNV, Kind.MNV, Kind.INS, Kind.DEL, Kind.INDEL,
    )  # fmt: skip


def variation(assembly: str, row: AlleleRow) -> dict[str, Any]:
    """The variation, valid by Beacon 2.1.1's `genomicVariations/defaultSchema` (exactly one of its forms)."""
    allele = row.allele
    location = _location(assembly, allele)
    if literal(allele):
        state = {"type": "LiteralSequenceExpression", "sequence": allele.alt}
        return {"type": "Allele", "location": location, "state": state}
    change = _COPY_CHANGES.get(row.copy_change or "")
    if change is not None:
        return {"type": "CopyNumberChange", "subject": location, "copy_change": change}
    return {"variantType": allele.kind.name, "alternateBases": "", "location": location}


def sequence_id(assembly: str, contig: str) -> str:
    """The CURIE of a sequence: its RefSeq accession, else the assembly's name as prefix."""
    accession = assemblies.accession(assembly, contig)
    if accession is not None:
        return f"refseq:{accession}"
    prefix = _ODD.sub("_", assembly).strip("_") or "assembly"
    return f"{prefix if len(prefix) > 1 else prefix * 2}:{contig}"


def genomic_hgvs(assembly: str, row: AlleleRow) -> str | None:
    """The g. expression (1-based) on the accession; None where there is no accession or no such word.

    HGVS wants the place furthest to the right, and `dup` for an insertion of what precedes it there: given
    where the reference genome told how far the allele rolls.
    """
    accession = assemblies.accession(assembly, row.allele.contig)
    change = _hgvs_change(rolled(row))
    if accession is None or change is None:
        return None
    kind = "m" if row.allele.contig == "MT" else "g"
    return f"{accession}:{kind}.{change}"


def rolled(row: AlleleRow) -> Allele:
    """The allele at its rightmost place; an insertion there of bases that precede it is a duplication."""
    allele, roll = row.allele, row.roll or 0
    if roll == 0 or not literal(allele):
        return allele
    size = len(allele.alt)
    if size == 0:
        return replace(allele, start=allele.start + roll, end=allele.end + roll)
    if roll >= size:  # left-aligned, so it repeats what follows it or nothing
        last = allele.start + roll
        return replace(allele, start=last - size, end=last, kind=Kind.DUP, alt="<DUP>")
    alt = allele.alt[roll:] + allele.alt[:roll]
    return replace(allele, start=allele.start + roll, end=allele.end + roll, alt=alt)


def _location(assembly: str, allele: Allele) -> dict[str, Any]:
    return {
        "type": "SequenceLocation",
        "sequence_id": sequence_id(assembly, allele.contig),
        "interval": {
            "type": "SequenceInterval",
            "start": {"type": "Number", "value": allele.start},
            "end": {"type": "Number", "value": allele.end},
        },
    }


def _hgvs_change(allele: Allele) -> str | None:
    first, last = allele.start + 1, allele.end
    span = str(first) if first == last else f"{first}_{last}"
    if literal(allele):
        if allele.start == allele.end:
            return f"{allele.start}_{first}ins{allele.alt}"
        if allele.kind is Kind.SNV:
            return f"{first}{allele.ref}>{allele.alt}"
        return f"{span}delins{allele.alt}" if allele.alt else f"{span}del"
    word = {Kind.DEL: "del", Kind.DUP: "dup", Kind.INV: "inv"}.get(allele.kind)
    return f"{span}{word}" if word is not None and last >= first else None

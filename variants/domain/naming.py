"""The identifier of the allele that a question asks for, whether there is one or not."""

from variants.domain.allele import Allele, AlleleRow, Kind
from variants.domain.dataset import Release
from variants.domain.identifier import identifier
from variants.domain.target import Target


def named_by(target: Target, release: Release) -> str | None:
    """The one identifier in whatever spelling the question came; None where it is not about one substitution.

    What an insertion or deletion is called depends on the base before it, which only the allele knows.
    """
    found = _asked(target)
    if len(found) != 1:
        return None
    [(start, ref, alt)] = found
    if not (ref and alt and set(ref + alt) <= set("ACGT")):
        return None
    contig = next((name for name, each in release.places.items() if each.ordinal == start >> 32), None)
    if contig is None:
        return None
    at = start & 0xFFFFFFFF
    kind = Kind.SNV if len(ref) == len(alt) == 1 else Kind.MNV
    allele = Allele(contig, at, at + len(ref), ref, alt, kind, max(len(ref), len(alt)))
    return identifier(release.assembly, AlleleRow(allele))


def _asked(target: Target) -> list[tuple[int, str | None, str | None]]:
    if target.spots is not None:
        return [(each.start, each.reference, each.alternate) for each in target.spots]
    if target.spellings is not None:
        return [(each.start, each.ref, each.alt) for each in target.spellings]
    known = target.identified
    return [] if known is None or known.bases is None else [(each, *known.bases) for each in known.starts]

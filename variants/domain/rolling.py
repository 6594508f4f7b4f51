"""The places at which one insertion or deletion may be written: in a repeat there are several.

An insertion or deletion rolls one base to the right where the base behind it is its own first base, which
then becomes its last: `T[CA]CAG` and `TC[AC]AG` delete the same. Two spellings mean the same change exactly
if one rolls into the other; the stretch that it rolls over is what VRS calls fully justified.
"""

from dataclasses import dataclass

from variants.domain.normal import Bases

MOST = (1 << 15) - 1  # bases that a roll is counted up to: a place further right is not told to be the same
_WINDOW = 128  # bases fetched at a time
_KNOWN = frozenset("ACGT")


def roll(contig: str, start: int, ref: str, alt: str, bases: Bases) -> int | None:
    """How many bases a trimmed allele can be rolled to the right, up to `MOST`; 0 for what is no indel.

    Stops at bases that are not known (N). None where the reference does not have the allele's place.
    """
    if (ref and alt) or not (ref or alt):
        return 0
    moved, behind = ref or alt, start + len(ref)
    if not bases(contig, max(0, behind - 1), behind + 1):
        return None
    count, size = 0, len(moved)
    while count < MOST:
        window = bases(contig, behind + count, behind + count + min(_WINDOW, MOST - count))
        for base in window:
            if base != moved[count % size] or base not in _KNOWN:
                return count
            count += 1
        if not window:
            break
    return count


@dataclass(frozen=True, slots=True)
class Rolled:
    """An insertion or deletion of `size` bases, at whichever of its places a store keeps it.

    It can be rolled to `first` and to `last`: one place, but for a duplication of [first, last), which may
    stand on either side. `bases` is a pattern (`spelling.matcher`) of what is inserted or deleted as it
    reads at `last`; None is anything. `most` is the furthest that an allele of the release rolls.
    """

    first: int
    last: int
    size: int
    inserted: bool
    bases: str | None = None
    most: int = 0

"""Whoever carries an allele in one of several ways, from the sets of its row.

A row holds all carriers and, as disjoint parts of them, those of every kind but heterozygous: these are the
rest.
"""

from collections.abc import Collection, Sequence

from pyroaring import BitMap

from variants.domain import carriers
from variants.domain.cases import Zygosity

Stored = bytes | memoryview | None

_COLUMNS = {Zygosity.HOMOZYGOUS: "hom", Zygosity.HEMIZYGOUS: "hemi", Zygosity.UNKNOWN: "half"}


def is_rest(zygosities: Collection[Zygosity]) -> bool:
    """True where whoever is wanted are all carriers but some; False where they are one part or several."""
    return not zygosities or Zygosity.HETEROZYGOUS in zygosities


def parts(zygosities: Collection[Zygosity]) -> tuple[str, ...]:
    """The columns of an allele's row that `witnesses` needs. No zygosity at all means any.

    Where `is_rest`, all carriers and then the parts that are not wanted; else the parts that are.
    """
    if is_rest(zygosities):
        unwanted = [name for each, name in _COLUMNS.items() if zygosities and each not in zygosities]
        return ("carriers", *unwanted)
    return tuple(name for each, name in _COLUMNS.items() if each in zygosities)


def witnesses(zygosities: Collection[Zygosity], sets: Sequence[Stored]) -> Stored:
    """Who carries the allele in one of the ways, as `carriers.encode` keeps them; `sets` are of `parts`."""
    first, *others = sets
    others = [each for each in others if each is not None]
    if first is None and is_rest(zygosities):
        return None
    if not others:
        return first
    decoded = [carriers.decode(each) for each in others]
    if is_rest(zygosities):
        return carriers.encode_bitmap(BitMap.difference(carriers.decode(first), *decoded))
    return carriers.encode_bitmap(BitMap.union(carriers.decode(first), *decoded))

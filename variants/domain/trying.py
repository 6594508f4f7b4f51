"""Which alleles that a question finds are tried one by one, before one that many carry is looked for."""

from dataclasses import replace

from variants.domain.target import Interval, Target

BASES = 1 << 14
"""How far from where a question begins alleles are tried that few carry.

A number of alleles would not do: one more that is refused would push out the last one, and so be noticed.
Places are the same whoever carries what.
"""


def tried(target: Target) -> Target | None:
    """The part of a question whose alleles are all tried; None where there is none.

    What names alleles, a gene or what they do to a protein is tried as a whole.
    """
    if target.spots is not None or target.spellings is not None or target.identified is not None:
        return target
    if target.genes or target.change is not None or target.expressions:
        return target
    if target.within is not None:
        last = min(target.within.stop, target.within.start + BASES)
        return replace(target, within=Interval(target.within.start, last))
    if target.intervals:
        return replace(target, within=Interval(0, target.intervals[0].start + BASES))
    return None

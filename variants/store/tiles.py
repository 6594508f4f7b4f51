"""Tiles: how many alleles start in each stretch of 16 kb and of 1 Mb, and who carries any of them.

A wide range is whole tiles, what is left of it at both ends, and the alleles that reach in from the left.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from variants.domain.dataset import Release
from variants.domain.target import Interval
from variants.store.generations import LONG
from variants.store.selection import Condition, overlapping_long

FINE, COARSE = 14, 20  # a tile is 2**level bases
WORTH = 4 << FINE  # ranges narrower than this are read row by row


@dataclass(frozen=True, slots=True)
class Run:
    """Tiles `first` to `last`, both included, of a level."""

    level: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Cover:
    """A range as disjoint runs of tiles and the stretches beside them."""

    runs: tuple[Run, ...]
    edges: tuple[Interval, ...]


def cover(interval: Interval) -> Cover:
    """The fewest tiles that fill an interval, and what remains at its ends."""
    first, last = -(-interval.start >> FINE), interval.stop >> FINE  # fine tiles wholly inside: first..last-1
    if first >= last:
        return Cover((), (interval,))
    shift = COARSE - FINE
    low, high = -(-first >> shift), last >> shift  # coarse tiles wholly inside: low..high-1
    if low >= high:
        runs = [Run(FINE, first, last - 1)]
    else:
        runs = [
            Run(FINE, first, (low << shift) - 1),
            Run(COARSE, low, high - 1),
            Run(FINE, high << shift, last - 1),
        ]
    edges = (Interval(interval.start, first << FINE), Interval(last << FINE, interval.stop))
    return Cover(
        tuple(run for run in runs if run.first <= run.last),
        tuple(edge for edge in edges if edge.start < edge.stop),
    )


def in_runs(runs: Iterable[Run], release: Release) -> Condition:
    """The tiles of the runs that the release sees."""
    parts = [
        Condition("(level = %s AND tile BETWEEN %s AND %s)", (run.level, run.first, run.last)) for run in runs
    ]
    either = " OR ".join(part.sql for part in parts)
    values = tuple(value for part in parts for value in part.values)
    return Condition(
        f"({either}) AND since <= %s AND until > %s", (*values, release.sequence, release.sequence)
    )


def beside(interval: Interval, edges: Iterable[Interval], release: Release) -> list[Condition]:
    """The alleles that overlap an interval and start in no tile of it, each once."""
    seen = Condition("since <= %s AND until > %s", (release.sequence, release.sequence))
    start, stop = interval.start, interval.stop
    found = [Condition("start >= %s AND start < %s", (edge.start, edge.stop)) for edge in edges]
    short = f" AND stop - start <= {LONG}" if release.long_alleles else ""
    found.append(
        Condition(f"start >= %s AND start < %s AND stop > %s{short}", (start - release.reach, start, start))
    )
    # An insertion touches the range with the base after it, or, right before the range, with the base there.
    found.append(Condition("start = %s AND stop = %s", (stop, stop)))
    if release.long_alleles:
        found.append(overlapping_long(Interval(start, start + 1)).and_(Condition("start < %s", (start,))))
    return [piece.and_(seen) for piece in found]

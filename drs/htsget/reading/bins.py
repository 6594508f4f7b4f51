"""Where the records of a region lie, by the bins of BAI, CSI and TBI (SAM specification 5; CSI, Tabix).

A reference is cut into bins of `depth` + 1 sizes, each eighth as wide as the one before. A record is in the
smallest bin that holds it whole, and a bin knows the chunks of the file with its records, as pairs of virtual
offsets. All bins of all references are in a few arrays, those of one reference side by side, sorted.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

_AT_ONCE = 1 << 18
_BEYOND = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Shape:
    """How references are cut: the smallest bins are 2 to the `min_shift` wide."""

    min_shift: int
    depth: int

    @property
    def bins(self) -> int:
        """How many bins there are; the largest number of one is one less."""
        return ((1 << 3 * (self.depth + 1)) - 1) // 7

    @property
    def reach(self) -> int:
        """Where the last bin ends: nothing beyond it is indexed."""
        return 1 << (self.min_shift + 3 * self.depth)

    def firsts(self) -> Numbers:
        """The number of the first bin of each size, from the largest on."""
        return np.array([((1 << 3 * level) - 1) // 7 for level in range(self.depth + 1)], np.int64)

    def shifts(self) -> Numbers:
        """The widths of each size, as powers of two."""
        return self.min_shift + 3 * np.arange(self.depth, -1, -1, dtype=np.int64)

    def starts(self, ids: Numbers) -> Numbers:
        """Where bins begin on their reference."""
        level = np.searchsorted(self.firsts(), ids, "right") - 1
        return (ids - self.firsts()[level]) << self.shifts()[level]


@dataclass(frozen=True, slots=True)
class Bins:
    """The bins of one reference. Bin number n has the chunks from `chunks[n]` up to `chunks[n + 1]`.

    Records that reach to `floor_at[n]` or beyond lie at `floors[n]` or later in the file; both ascend.
    """

    shape: Shape
    ids: Numbers
    chunks: Numbers
    begins: Numbers
    ends: Numbers
    floor_at: Numbers
    floors: Numbers

    def spans(self, starts: Numbers, stops: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
        """Where the records of these regions lie, in portions: begins and ends, in no order, overlapping.

        Regions are 0-based and half-open, ascending, and do not overlap.
        """
        stops = np.minimum(stops, self.shape.reach)
        inside = starts < stops
        starts, stops = starts[inside], stops[inside]
        if not len(self.ids) or not len(starts):
            return
        first, last = self._candidates(starts, stops)
        lows, highs = self._lowest(starts), self._highest(stops)
        weights = np.cumsum((last - first).sum(axis=0))
        at = 0
        while at < len(starts):
            done = weights[at - 1] if at else 0
            to = max(at + 1, int(np.searchsorted(weights, done + _AT_ONCE, "right")))
            yield self._cut(first[:, at:to], last[:, at:to], lows[at:to], highs[at:to])
            at = to

    def _candidates(self, starts: Numbers, stops: Numbers) -> tuple[Numbers, Numbers]:
        """The chunks of the bins that overlap each region, as a range for each size of bins."""
        firsts, shifts = self.shape.firsts()[:, None], self.shape.shifts()[:, None]
        low = np.searchsorted(self.ids, firsts + (starts >> shifts), "left")
        high = np.searchsorted(self.ids, firsts + ((stops - 1) >> shifts), "right")
        return self.chunks[low], self.chunks[high]

    def _lowest(self, starts: Numbers) -> Numbers:
        """No record that reaches to the starts, or beyond, lies before these offsets."""
        at = np.searchsorted(self.floor_at, starts, "right") - 1
        return np.where(at >= 0, self.floors[np.maximum(at, 0)], 0) if len(self.floors) else starts * 0

    def _highest(self, stops: Numbers) -> Numbers:
        """No record that begins before the stops lies at these offsets or behind."""
        # Whatever is in a bin begins where the bin does or later, and so does what follows in the file.
        begins = self.shape.starts(self.ids)
        order = np.argsort(begins, kind="stable")
        firsts = self.begins[self.chunks[:-1]][order]
        ceilings = np.append(np.minimum.accumulate(firsts[::-1])[::-1], _BEYOND)
        return ceilings[np.searchsorted(begins[order], stops, "left")]

    def _cut(self, first: Numbers, last: Numbers, lows: Numbers, highs: Numbers) -> tuple[Numbers, Numbers]:
        counts = (last - first).ravel()
        region = np.repeat(np.broadcast_to(np.arange(len(lows)), first.shape).ravel(), counts)
        before = np.cumsum(counts) - counts
        chunk = np.repeat(first.ravel() - before, counts) + np.arange(counts.sum())
        begins = np.maximum(self.begins[chunk], lows[region])
        ends = np.minimum(self.ends[chunk], highs[region])
        some = begins < ends
        return begins[some], ends[some]


@dataclass(frozen=True, slots=True)
class BinIndex:
    """An index of the kinds that have bins. `slices` and `floor_slices` say where each reference's begin.

    `names` are the references' names where the index has them (of VCF).
    """

    shape: Shape
    names: dict[str, int] | None
    slices: Numbers
    ids: Numbers
    chunks: Numbers
    begins: Numbers
    ends: Numbers
    floor_slices: Numbers
    floor_at: Numbers
    floors: Numbers

    @property
    def references(self) -> int:
        """How many references it knows."""
        return len(self.slices) - 1

    @property
    def last(self) -> int:
        """Where the last record that lies somewhere ends; 0 where there is none."""
        return int(self.ends.max()) if len(self.ends) else 0

    @property
    def size(self) -> int:
        """Bytes that it takes in memory, about."""
        arrays = (self.slices, self.ids, self.chunks, self.begins, self.ends, self.floor_slices)
        named = sum(100 + len(each) for each in self.names or ())
        return sum(each.nbytes for each in (*arrays, self.floor_at, self.floors)) + named

    def of(self, number: int) -> Bins | None:
        """The bins of a reference; None where the index does not know it."""
        if not 0 <= number < self.references:
            return None
        a, b = self.slices[number], self.slices[number + 1]
        floor = slice(self.floor_slices[number], self.floor_slices[number + 1])
        return Bins(
            self.shape,
            self.ids[a:b],
            self.chunks[a : b + 1],
            self.begins,
            self.ends,
            self.floor_at[floor],
            self.floors[floor],
        )

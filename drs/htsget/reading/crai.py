"""CRAI: which containers of a CRAM file have records of a region (CRAM specification, 12)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drs.htsget.errors import Damaged
from drs.htsget.reading.bins import Numbers

UNPLACED = -1
_ANY = -2  # slices with records of several references, where whoever wrote the index did not look into them
_PORTION = 1 << 20
_LARGEST = 2**62
_DIGITS = 20


@dataclass(frozen=True, slots=True)
class ContainerIndex:
    """The slices of a file, sorted by reference and start; `containers` has each container's offset once.

    `start` and `stop` are 0-based and half-open, `holders` says the container of each slice, by number.
    """

    references: Numbers
    starts: Numbers
    stops: Numbers
    holders: Numbers
    containers: Numbers

    @property
    def size(self) -> int:
        """Bytes that it takes in memory."""
        return 4 * self.references.nbytes + self.containers.nbytes

    def mark(self, wanted: NDArray[np.bool_], number: int, starts: Numbers, stops: Numbers) -> None:
        """Marks the containers with records of a reference's regions, which ascend and do not overlap."""
        # Of each slice: does the first region that ends behind its start begin before its end?
        starts = np.append(starts, _LARGEST)
        for reference in (number, _ANY):
            low, high = np.searchsorted(self.references, (reference, reference + 1))
            next_one = np.searchsorted(stops, self.starts[low:high], "right")
            wanted[self.holders[low:high][starts[next_one] < self.stops[low:high]]] = True


def read_crai(data: bytes) -> ContainerIndex:
    """The index.

    Raises:
        Damaged: it is none.
    """
    try:
        columns = np.concatenate([np.zeros((0, 6), np.int64), *_portions(data)])
    except (ValueError, OverflowError) as error:
        raise Damaged("what should be a crai index is none") from error
    reference, start, span, container, _, _ = columns.T
    if len(columns) and (columns[:, 3:].min() < 0 or np.abs(columns).max() > _LARGEST):
        raise Damaged("the index points beyond any file")
    order = np.lexsort((start, reference))
    begin = np.maximum(start - 1, 0)
    containers, holders = np.unique(container, return_inverse=True)
    stop = begin + np.maximum(span, 1)
    # Records without a place have neither start nor span.
    stop[reference < 0] = _LARGEST
    begin[reference < 0] = 0
    return ContainerIndex(
        reference[order].copy(), begin[order], stop[order], holders.reshape(-1)[order], containers
    )


def _portions(data: bytes) -> list[Numbers]:
    """The lines as rows of six numbers, a portion at a time: the texts of all would take a lot of memory."""
    found = []
    at = 0
    while at < len(data):
        to = data.find(b"\n", at + _PORTION) + 1 or len(data)
        texts = data[at:to].split()
        if max(map(len, texts), default=0) > _DIGITS:
            raise ValueError("a number is too long")
        found.append(np.array(texts, dtype=f"S{_DIGITS}").astype(np.int64).reshape(-1, 6))
        at = to
    return found

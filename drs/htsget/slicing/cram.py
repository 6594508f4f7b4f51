"""The slices of CRAM: whole containers, for the records within one are coded together."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from drs.htsget.asking import Region
from drs.htsget.reading.bins import Numbers
from drs.htsget.reading.containers import EOF, container_at, cram_header, cram_version
from drs.htsget.reading.crai import UNPLACED, ContainerIndex, read_crai
from drs.htsget.slicing.joining import joined
from drs.htsget.slicing.opened import Front, Reading, inlined
from drs.htsget.slicing.pieces import Inline, Piece, Range
from drs.htsget.slicing.wanted import FARTHEST, Wanted, no_such_reference, wanted
from drs.storage.store import Source


class ContainerSlices:
    """The slices of a file in CRAM."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._source = reading.file.source
        self._front = reading.front(_front)

    def header(self) -> Iterable[Piece]:
        """See `Slices`."""
        return self._front.pieces

    def everything(self) -> Iterator[Piece]:
        """See `Slices`."""
        yield Range(self._front.header.end, self._source.stat.size)

    def of(self, regions: Iterable[Region]) -> Iterator[Piece]:
        """See `Slices`."""
        index = self._reading.index(("crai",), read_crai)
        asked = wanted(regions, self._number, reads=True)
        at = np.flatnonzero(_marked(index, asked))
        for start, stop in joined([self._spans(index.containers, at)]):
            container_at(self._source, start, self._front.version)
            yield Range(start, stop)
        yield Inline(EOF[self._front.version])

    def _number(self, name: str) -> int:
        names = self._front.header.names
        if name not in names:
            raise no_such_reference(name, names)
        return names[name]

    def _spans(self, containers: Numbers, at: Numbers) -> tuple[Numbers, Numbers]:
        """Begins and ends. A container ends where the next begins, the last one where it says itself."""
        ends = containers[np.minimum(at + 1, len(containers) - 1)]
        if len(at) and at[-1] == len(containers) - 1:
            ends[-1] = container_at(self._source, int(containers[-1]), self._front.version).end
        return containers[at], ends


def _front(source: Source) -> Front:
    header = cram_header(source)
    pieces = inlined(source, [Range(0, header.end, header=True)])
    return Front(header, pieces, cram_version(source))


def _marked(index: ContainerIndex, asked: Wanted) -> NDArray[np.bool_]:
    marked = np.zeros(len(index.containers), np.bool_)
    for number, starts, stops in asked.places:
        index.mark(marked, number, starts, stops)
    if asked.unplaced:
        index.mark(marked, UNPLACED, np.array([0]), np.array([FARTHEST]))
    return marked

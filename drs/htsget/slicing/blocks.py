"""Slices of files in BGZF, cut at records.

Whole blocks stay in the file; where a slice begins or ends within a block, that block is cut at the record
and packed anew, into the ticket. So what is joined has whole records only, wherever blocks begin and end: a
record may lie over several.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from drs.htsget.errors import Damaged
from drs.htsget.reading.bgzf import Block, Blocks, packed
from drs.htsget.slicing.pieces import Inline, Piece, Range
from drs.storage.store import Source

Check = Callable[[bytes], bool]
"""Whether a record may begin with these bytes, which may be few."""

_WITHIN = (1 << 16) - 1
_ALONE = 4
_READERS = 8


def head(source: Source, end: int) -> Iterator[Piece]:
    """The file up to a virtual offset, its header's end."""
    blocks = Blocks(source)
    yield Range(0, end >> 16, header=True)
    if end & _WITHIN:
        yield Inline(packed(_block(blocks, end).data[: end & _WITHIN]), header=True)


def rest(source: Source, begin: int) -> Iterator[Piece]:
    """The file from a virtual offset to its end, and with what marks the end, if anything does."""
    blocks = Blocks(source)
    start = begin >> 16
    if begin & _WITHIN:
        block = _block(blocks, begin)
        yield Inline(packed(block.data[begin & _WITHIN :]))
        start = block.end
    yield Range(start, blocks.size)


def slices(source: Source, spans: Sequence[tuple[int, int]], check: Check) -> list[Piece]:
    """What lies between pairs of virtual offsets, which are those of records.

    Raises:
        Damaged: nothing in the file begins or ends there.
    """
    if len(spans) <= _ALONE:
        return [piece for span in spans for piece in _slice(source, span, check)]
    with ThreadPoolExecutor(_READERS, "htsget") as pool:
        found = pool.map(lambda span: list(_slice(source, span, check)), spans)
        return list(itertools.chain.from_iterable(found))


def _slice(source: Source, span: tuple[int, int], check: Check) -> Iterator[Piece]:
    blocks = Blocks(source)
    begin, end = span
    first = _block(blocks, begin)
    if not check(first.data[begin & _WITHIN :]):
        raise Damaged("no record begins where the index says that one does")
    last = _block(blocks, end) if end & _WITHIN else None
    if last is not None and last.start == first.start:
        yield Inline(packed(first.data[begin & _WITHIN : end & _WITHIN]))
        return
    start = first.start
    if begin & _WITHIN:
        yield Inline(packed(first.data[begin & _WITHIN :]))
        start = first.end
    if not start <= end >> 16 <= blocks.size:
        raise Damaged("the index points into the middle of a block, or beyond the file")
    yield Range(start, end >> 16)
    if last is not None:
        yield Inline(packed(last.data[: end & _WITHIN]))


def _block(blocks: Blocks, place: int) -> Block:
    """The block of a virtual offset, which lies within its data or at their end."""
    block = blocks.at(place >> 16)
    if block is None or place & _WITHIN > len(block.data):
        raise Damaged("an offset lies beyond the data")
    return block

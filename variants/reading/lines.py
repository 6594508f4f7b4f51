"""The lines of a part of a text file, each exactly once over all parts."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from variants.reading.errors import Corrupt
from variants.reading.header import Packing
from variants.reading.packing import inflated
from variants.reading.plan import Part

_LONGEST_LINE = 1 << 29  # bytes, held in memory


def part_lines(part: Part, packing: Packing) -> Iterator[bytes]:
    """The lines that belong to the part, without their newline. The file's last line needs none.

    Raises:
        Corrupt: damaged or cut data, or a line that does not end.
    """
    path = Path(part.file)
    pieces = (data for _, data in inflated(path, packing, part.start, part.stop))
    first = _passed_over(pieces, part.skip)
    if first is None:
        if part.skip is not None:
            raise Corrupt(f"{path} became shorter while it was read.")
        return
    held = _Held(path)
    for piece in chain((first,), pieces):
        # Not `split`: for lines of some kilobytes `find` is five times faster.
        start, end = 0, piece.find(b"\n")
        if held.size and end >= 0:
            held.add(piece[:end])
            yield held.taken()
            start, end = end + 1, piece.find(b"\n", end + 1)
        while end >= 0:
            yield piece[start:end]
            start, end = end + 1, piece.find(b"\n", end + 1)
        if start < len(piece):
            held.add(piece[start:])
    yield from _last(path, packing, part, held)


class _Held:
    """The pieces of a line whose end has not come yet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pieces: list[bytes] = []
        self.size = 0

    def add(self, piece: bytes) -> None:
        """Takes what follows."""
        self._pieces.append(piece)
        self.size += len(piece)
        if self.size > _LONGEST_LINE:
            raise Corrupt(f"{self._path} has a line that does not end: it is no VCF from here on.")

    def taken(self) -> bytes:
        """All of it; begins anew."""
        line, self._pieces, self.size = b"".join(self._pieces), [], 0
        return line


def _passed_over(pieces: Iterator[bytes], skip: int | None) -> bytes | None:
    """What follows the skipped bytes (or the first newline) in the piece they end in; None: nothing does."""
    for piece in pieces:
        if skip is None:
            end = piece.find(b"\n")
            if end >= 0:
                return piece[end + 1 :]
        elif skip <= len(piece):
            return piece[skip:]
        else:
            skip -= len(piece)
    return b"" if skip == 0 else None


def _last(path: Path, packing: Packing, part: Part, held: _Held) -> Iterator[bytes]:
    """The line that the part's end falls into, or that begins exactly there."""
    size = path.stat().st_size
    if packing is not Packing.GZIP and part.stop < size:
        for _, piece in inflated(path, packing, part.stop, size):
            end = piece.find(b"\n")
            if end >= 0:
                held.add(piece[:end])
                yield held.taken()
                return
            held.add(piece)
    line = held.taken()
    if line:
        yield line


def lines_before(part: Part, packing: Packing) -> int:
    """How many lines of the file end before the part's first one, by reading all that lies before."""
    if part.skip is not None:
        return 0
    pieces = inflated(Path(part.file), packing, 0, part.start)
    return sum(piece.count(b"\n") for _, piece in pieces) + 1

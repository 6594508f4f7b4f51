"""What a ticket is made of: bytes that it holds itself, and ranges of the file to be fetched."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LARGEST = 1 << 28
"""Bytes of the largest range: what fails is fetched again, and several can be fetched at once."""


@dataclass(frozen=True, slots=True)
class Inline:
    """Bytes of the answer. `header` is True of those of the file's header."""

    data: bytes
    header: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes of the file, from `start` up to `stop`."""

    start: int
    stop: int
    header: bool = False


Piece = Inline | Range


def arranged(pieces: Iterable[Piece]) -> list[Piece]:
    """The same bytes in few pieces: nothing empty, inline neighbours as one, no range too large."""
    found: list[Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        if isinstance(piece, Range):
            found += _parts(piece)
        elif isinstance(last, Inline) and last.header == piece.header:
            found[-1] = Inline(last.data + piece.data, piece.header)
        elif piece.data:
            found.append(piece)
    return found


def _parts(piece: Range) -> Iterator[Range]:
    for start in range(piece.start, piece.stop, LARGEST):
        yield Range(start, min(start + LARGEST, piece.stop), piece.header)

"""A file cut into parts that workers read independently, without an index."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from variants.reading.errors import Corrupt
from variants.reading.header import Format, Header, Packing
from variants.reading.packing import block_starts, inflated

_SIZES = struct.Struct("<II")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a file that one task reads. The parts of a file, in order, hold each record exactly once.

    `start` and `stop` are byte offsets in the file as it lies on disk (compressed bytes for BGZF: block
    starts). `skip` is how many uncompressed bytes to pass over from `start` on; None: up to and including
    the first newline (the line that `start` falls into belongs to the part before, as does a line that
    begins exactly there). A part reads on past `stop` to the end of its last record. `limit` (BCF) is the
    uncompressed size of the part's records in bytes; None: up to the end of the file. `before` (BCF) counts
    the records of all parts before.
    """

    file: str
    index: int
    start: int
    stop: int
    skip: int | None = None
    limit: int | None = None
    before: int = 0

    @property
    def size(self) -> int:
        """Bytes of the file, for progress."""
        return self.stop - self.start

    def as_json(self) -> dict[str, Any]:
        """Plain JSON that `from_json` reads back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The part that `as_json` wrote."""
        return cls(**data)


def plan(header: Header, target_bytes: int = 16 << 20) -> list[Part]:
    """The file of this header as parts of about `target_bytes` on disk each, in file order; at least one.

    BGZF text is cut at block starts, plain text anywhere, BCF between records; plain gzip is one part. All
    blocks' headers are read (all blocks, for BCF), so that a file which is cut short is refused here
    already.

    Raises:
        Corrupt: a damaged or cut file (a missing end-of-file block, a broken chain of blocks or records).
    """
    path = Path(header.path)
    if header.packing is Packing.GZIP:
        return [Part(header.path, 0, 0, path.stat().st_size, header.body_skip)]
    if header.format is Format.BCF:
        return list(_record_parts(header, path, target_bytes))
    return list(_text_parts(header, path, target_bytes))


def _text_parts(header: Header, path: Path, target: int) -> Iterator[Part]:
    end, start, index = path.stat().st_size, header.body, 0
    skip: int | None = header.body_skip
    for cut in _cuts(header, path, target, end):
        yield Part(header.path, index, start, cut, skip)
        start, skip, index = cut, None, index + 1
    yield Part(header.path, index, start, end, skip)


def _cuts(header: Header, path: Path, target: int, end: int) -> Iterator[int]:
    """Where to cut text: byte offsets strictly between the body's start and the end."""
    if header.packing is Packing.PLAIN:
        yield from range(header.body + target, end, target)
        return
    last = header.body
    for offset, _ in block_starts(path):
        if offset - last >= target:
            yield offset
            last = offset


def _record_parts(header: Header, path: Path, target: int) -> Iterator[Part]:
    """Parts of a BCF, cut at records that begin `target` bytes of file after the last cut."""
    if header.packing is Packing.BGZF:
        for _ in block_starts(path):
            pass
    end = path.stat().st_size
    part = Part(header.path, 0, header.body, end, header.body_skip)
    begun = header.body_skip
    for before, (offset, within, at) in enumerate(_records(header, path, end)):
        if offset - part.start >= target:
            yield replace(part, stop=offset, limit=at - begun)
            part, begun = Part(header.path, part.index + 1, offset, end, within, before=before), at
    yield part


def _records(header: Header, path: Path, end: int) -> Iterator[tuple[int, int, int]]:
    """Of each BCF record: its piece's offset in the file, bytes from there, and uncompressed bytes before it.

    Uncompressed bytes count from the body's first piece. A record whose first eight bytes straddle two
    pieces is given with the piece it begins in.
    """
    following, before, held = header.body_skip, 0, b""
    starts: list[
        tuple[int, int]
    ] = []  # uncompressed bytes before a piece, its offset; those a record may begin in
    for offset, piece in inflated(path, header.packing, header.body, end):
        data, first = held + piece, before - len(held)
        starts.append((before, offset))
        before += len(piece)
        while following + 8 <= before:
            start, place = max(each for each in starts if each[0] <= following)
            yield place, following - start, following
            at = following - first
            following += 8 + sum(_SIZES.unpack_from(data, at))
        held = data[following - first :]
        started = max(each for each in starts if each[0] <= following)
        starts = [each for each in starts if each >= started]
    if following != before and (before or following != header.body_skip):
        raise Corrupt(f"{path} is cut short within a record. Copy or make the file again.")

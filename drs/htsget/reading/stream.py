"""The data of BGZF blocks one after the other, for headers: bounded, and knowing where it is."""

import struct

from drs.htsget.errors import Damaged
from drs.htsget.reading.bgzf import Blocks

LONGEST = 64 << 20
"""Bytes of the longest header that is read, decompressed."""


class Stream:
    """Reads from the beginning of a file."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._start = self._end = 0
        self._data = b""
        self._at = 0
        self._read = 0

    def tell(self) -> int:
        """The virtual offset of what is read next."""
        self._fill()
        return (self._start << 16) | self._at

    def peek(self) -> bytes:
        """The next byte; none at the end."""
        self._fill()
        return self._data[self._at : self._at + 1]

    def number(self) -> int:
        """The next 32 bits as a count, which is never negative."""
        found: int = struct.unpack("<i", self.take(4))[0]
        if found < 0:
            raise Damaged("a header has a negative count")
        return found

    def take(self, length: int) -> bytes:
        """So many bytes.

        Raises:
            Damaged: there are fewer, or the header goes on for too long.
        """
        parts = []
        while length:
            self._some(length)
            parts.append(self._data[self._at : self._at + length])
            self._at += len(parts[-1])
            length -= len(parts[-1])
        return b"".join(parts)

    def skip(self, length: int) -> None:
        """Passes over so many bytes, and holds none of them."""
        while length:
            self._some(length)
            step = min(length, len(self._data) - self._at)
            self._at += step
            length -= step

    def line(self) -> bytes:
        """What comes up to the next end of a line and with it, or up to the end."""
        parts = []
        while self._fill():
            stop = self._data.find(b"\n", self._at) + 1
            parts.append(self._data[self._at : stop or len(self._data)])
            self._at += len(parts[-1])
            if stop:
                break
        return b"".join(parts)

    def _some(self, length: int) -> None:
        if length > LONGEST:
            raise Damaged(f"a header says that it has {length} bytes")
        if not self._fill():
            raise Damaged("the file ends within its header")

    def _fill(self) -> bool:
        """Whether there is more; goes on to the next block that holds anything."""
        while self._at == len(self._data):
            block = self._blocks.at(self._end)
            if block is None:
                self._start, self._data, self._at = self._end, b"", 0
                return False
            self._start, self._end, self._data, self._at = block.start, block.end, block.data, 0
            self._read += len(block.data)
            if self._read > LONGEST:
                raise Damaged(f"the header is longer than {LONGEST} bytes")
        return True

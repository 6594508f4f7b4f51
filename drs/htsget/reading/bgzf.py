"""BGZF: gzip in blocks of at most 64 KiB, each of which can be read alone (SAM specification, 4.1).

A place in such a file is a virtual offset: where the block begins in the file, shifted by 16, and where in
the block's data.
"""

import struct
import zlib
from dataclasses import dataclass
from typing import cast

from isal import isal_zlib

from drs.htsget.errors import Damaged
from drs.storage.store import Source

LARGEST = 1 << 16
"""Bytes of the largest block, in the file and decompressed."""

EOF = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block that ends every whole file."""

_FULL = 0xFF00  # data that does not become larger than a block, however little it can be compressed
_FIXED = 12
_FAILED = cast("type[Exception]", isal_zlib.error)  # its stubs say that this is an exception, not a kind
_LEVEL = 1  # ISA-L packs as small at any, and twenty times as fast as zlib


@dataclass(frozen=True, slots=True)
class Block:
    """A block: where it begins and ends in the file, and its data."""

    start: int
    end: int
    data: bytes


class Blocks:
    """The blocks of a file. For one thread: it keeps what it read last."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.size = source.stat.size
        self._from = 0
        self._window = b""

    def at(self, offset: int) -> Block | None:
        """The block that begins at an offset; None at the file's end.

        Raises:
            Damaged: no whole block begins there.
        """
        if offset == self.size:
            return None
        raw = self._window[offset - self._from :] if offset >= self._from else b""
        if not 0 < _length(raw) <= len(raw):
            raw = self._read(offset)
        end = _length(raw)
        if not 0 < end <= len(raw):
            raise Damaged(f"no whole BGZF block begins at {offset}")
        return Block(offset, offset + end, _data(raw[:end], offset))

    def _read(self, offset: int) -> bytes:
        if not 0 <= offset < self.size:
            raise Damaged(f"an offset of {offset} lies beyond the file's end")
        self._window = self._source.read(offset, min(offset + LARGEST, self.size))
        self._from = offset
        return self._window


def packed(data: bytes) -> bytes:
    """The data as blocks; nothing where there is none."""
    parts = [data[each : each + _FULL] for each in range(0, len(data), _FULL)]
    return b"".join(_block(each) for each in parts)


def _block(data: bytes) -> bytes:
    packer = isal_zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
    body = packer.compress(data) + packer.flush()
    head = struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, len(body) + 25)
    return head + body + struct.pack("<II", zlib.crc32(data), len(data))


def _length(raw: bytes) -> int:
    """Bytes of the block that these bytes begin with (`BSIZE`); 0 where none begins."""
    if len(raw) >= _FIXED and raw[:4] == b"\x1f\x8b\x08\x04":
        at, stop = _FIXED, _FIXED + int.from_bytes(raw[10:12], "little")
        while at + 6 <= min(stop, len(raw)):
            length = int.from_bytes(raw[at + 2 : at + 4], "little")
            if raw[at : at + 2] == b"BC" and length == 2:
                return max(int.from_bytes(raw[at + 4 : at + 6], "little") + 1, stop + 8)
            at += 4 + length
    return 0


def _data(raw: bytes, offset: int) -> bytes:
    begin = _FIXED + int.from_bytes(raw[10:12], "little")
    checksum, length = struct.unpack("<II", raw[-8:])
    inflater = isal_zlib.decompressobj(-15)
    try:
        data = inflater.decompress(raw[begin:-8], LARGEST + 1)
    except _FAILED as error:
        raise Damaged(f"the block at {offset} cannot be decompressed") from error
    if len(data) != length or not inflater.eof or zlib.crc32(data) != checksum:
        raise Damaged(f"the block at {offset} is not what its checksum says")
    return data

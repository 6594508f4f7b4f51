"""The bytes inside a file, whatever it is packed in: BGZF blocks, plain gzip, nothing.

Every byte that leaves here is checked: block chain, sizes and CRC of BGZF and gzip.
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from isal import igzip_lib, isal_zlib

from variants.reading.errors import Corrupt, Unreadable
from variants.reading.header import Packing

EOF_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_READ = 1 << 20
_DAMAGED: type[Exception] = igzip_lib.IsalError  # type: ignore[assignment]  # its stub calls it an instance
_AGAIN = "Copy or make the file again."
_GZIP_MAGIC = b"\x1f\x8b"
_HEAD = 18  # a BGZF block's header as every writer makes it
_CANONICAL = struct.Struct("<4s8s2sHH")


def open_file(path: Path) -> BinaryIO:
    """The file, opened for reading.

    Raises:
        Unreadable: it is not there, is a folder, or may not be read.
    """
    try:
        return path.open("rb")
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror or error}.") from error


def packing_of(path: Path) -> Packing:
    """How the file is packed, by its first bytes."""
    with open_file(path) as file:
        head = file.read(_HEAD)
        if head[:2] != _GZIP_MAGIC:
            return Packing.PLAIN
        try:
            block_size(path, head, 0, file)
        except Corrupt:
            return Packing.GZIP
        return Packing.BGZF


def block_size(path: Path, head: bytes, offset: int, file: BinaryIO) -> int:
    """The size in bytes of the BGZF block whose first 18 bytes are `head`.

    Raises:
        Corrupt: no BGZF block begins here.
    """
    if len(head) == _HEAD:
        magic, _, _, _, size = _CANONICAL.unpack(head)
        if magic == b"\x1f\x8b\x08\x04" and head[10:16] == b"\x06\x00BC\x02\x00":
            return int(size) + 1
        if magic == b"\x1f\x8b\x08\x04":
            # Other extra fields may come first: read them all.
            return _size_among_extras(path, offset, file)
    raise Corrupt(f"{path} is damaged or cut short: no compressed block begins at byte {offset}.")


def _size_among_extras(path: Path, offset: int, file: BinaryIO) -> int:
    place = file.tell()
    file.seek(offset + 10)
    extra = file.read(struct.unpack("<H", file.read(2))[0])
    file.seek(place)
    at = 0
    while at + 4 <= len(extra):
        size = int.from_bytes(extra[at + 2 : at + 4], "little")
        if extra[at : at + 2] == b"BC" and size == 2 and at + 6 <= len(extra):
            return int.from_bytes(extra[at + 4 : at + 6], "little") + 1
        at += 4 + size
    raise Corrupt(f"{path} is damaged: the gzip member at byte {offset} is no BGZF block.")


def block_starts(path: Path, start: int = 0) -> Iterator[tuple[int, int]]:
    """Offset and size of every BGZF block from `start` to the end of the file, without reading their content.

    Raises:
        Corrupt: the chain of blocks breaks, or the file does not end with the end-of-file block.
    """
    with open_file(path) as file:
        descriptor, end, size = file.fileno(), os.fstat(file.fileno()).st_size, 0
        while start < end:
            size = block_size(path, os.pread(descriptor, _HEAD, start), start, file)
            if start + size > end:
                break
            yield start, size
            start += size
        if start != end or os.pread(descriptor, len(EOF_BLOCK), end - len(EOF_BLOCK)) != EOF_BLOCK:
            raise Corrupt(f"{path} is cut short: its end-of-file block is missing. {_AGAIN}")


def inflated(path: Path, packing: Packing, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
    """Offset in the file and uncompressed bytes, piece after piece, of [start, stop).

    A piece is one BGZF block (those that begin before `stop`), or up to a megabyte. Plain gzip is always
    read whole.

    Raises:
        Corrupt: damaged or cut data.
    """
    if packing is Packing.BGZF:
        return _bgzf(path, start, stop)
    if packing is Packing.GZIP:
        return _gzip(path)
    return _plain(path, start, stop)


def _plain(path: Path, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
    with open_file(path) as file:
        file.seek(start)
        while start < stop:
            data = file.read(min(_READ, stop - start))
            if not data:
                raise Corrupt(f"{path} became shorter while it was read.")
            yield start, data
            start += len(data)


def _gzip(path: Path) -> Iterator[tuple[int, bytes]]:
    with open_file(path) as file:
        member, fed = isal_zlib.decompressobj(31), False
        while raw := file.read(_READ >> 2):
            at, full = file.tell() - len(raw), False
            while raw or full:
                if member.eof:
                    member, fed = isal_zlib.decompressobj(31), False
                    raw = raw.lstrip(b"\0") if not raw.startswith(_GZIP_MAGIC) else raw  # padding is allowed
                    if not raw:
                        break
                data, fed = _feed(path, member, raw, at), True
                if data:
                    yield at, data
                raw = member.unused_data if member.eof else member.unconsumed_tail
                full = len(data) == _READ and not member.eof  # there may be more to come of what it has
        if not member.eof and fed:
            raise Corrupt(f"{path} is cut short: its compressed data ends too early. {_AGAIN}")


def _feed(path: Path, member: "isal_zlib.Decompress", raw: bytes, at: int) -> bytes:
    """At most a megabyte of what comes out: a little data may hold very much."""
    try:
        return bytes(member.decompress(raw, _READ))
    except _DAMAGED as error:
        raise Corrupt(f"{path} is damaged near byte {at}: {error}.") from error


def _bgzf(path: Path, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
    with open_file(path) as file:
        file.seek(start)
        raw, at = b"", 0
        while start < stop:
            if len(raw) - at < _HEAD:
                raw, at = raw[at:] + file.read(_READ), 0
                if not raw:
                    raise Corrupt(f"{path} is cut short: it ends at byte {start}. {_AGAIN}")
            size = block_size(path, raw[at : at + _HEAD], start, file)
            if len(raw) - at < size:
                raw, at = raw[at:] + file.read(_READ), 0
            data = inflate(path, raw[at : at + size], size, start)
            if data:
                yield start, data
            at += size
            start += size


def inflate(path: Path, block: bytes, size: int, offset: int) -> bytes:
    """The content of one BGZF block of `size` bytes.

    Raises:
        Corrupt: the block is cut, or its data, length or checksum is wrong.
    """
    if len(block) < size:
        raise Corrupt(f"{path} is cut short within the block at byte {offset}. {_AGAIN}")
    expected = int.from_bytes(block[-4:], "little")
    if expected > 1 << 16:
        raise Corrupt(f"{path} is damaged: the block at byte {offset} claims {expected} bytes.")
    try:
        data: bytes = igzip_lib.decompress(block, igzip_lib.DECOMP_GZIP, 15, expected or 1)
    except _DAMAGED as error:
        raise Corrupt(f"{path} is damaged in the block at byte {offset}: {error}.") from error
    if len(data) != expected:
        raise Corrupt(f"{path} is damaged: the block at byte {offset} has another length than it says.")
    return data

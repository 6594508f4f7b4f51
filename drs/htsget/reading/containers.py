"""CRAM 2 and 3: the containers of a file, and its header (CRAM specification, 6 to 8)."""

import re
import struct
import zlib
from dataclasses import dataclass

from drs.htsget.errors import Damaged
from drs.htsget.reading.header import Header, few
from drs.storage.store import Source

EOF = {
    3: bytes.fromhex("0f000000ffffffff0fe0454f4600000000010005bdd94f0001000606010001000100ee63014b"),
    2: bytes.fromhex("0b000000ffffffff0fe0454f460000000001000001000606010001000100"),
}
"""The empty container that ends every whole file, by major version."""

FIRST = 26
"""Where the first container begins, after the file's definition."""

_HEAD = 4096
_HEAD_MOST = 1 << 20
_HEADER_MOST = 64 << 20
_NAME = re.compile(r"^@SQ\t(?:[^\n]*?\t)?SN:([^\t\n]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Container:
    """A container: where it begins, where its blocks do, where it ends."""

    start: int
    blocks: int
    end: int


def cram_version(source: Source) -> int:
    """The major version.

    Raises:
        Damaged: it is not CRAM, or of a version that is not read.
    """
    definition = source.read(0, min(FIRST, source.stat.size))
    if len(definition) < FIRST or definition[:4] != b"CRAM" or definition[4] not in EOF:
        raise Damaged("it is not a file in CRAM 2 or 3")
    return definition[4]


def container_at(source: Source, offset: int, version: int) -> Container:
    """The container that begins at an offset.

    Raises:
        Damaged: none does.
    """
    size = source.stat.size
    if not FIRST <= offset < size:
        raise Damaged(f"a container at {offset} would lie outside the file")
    try:
        length, head = _head(source.read(offset, min(offset + _HEAD, size)), version)
    except IndexError:  # many landmarks
        try:
            length, head = _head(source.read(offset, min(offset + _HEAD_MOST, size)), version)
        except IndexError:
            raise Damaged(f"the container at {offset} is cut off") from None
    if offset + head + length > size:
        raise Damaged(f"the container at {offset} goes beyond the file's end")
    return Container(offset, offset + head, offset + head + length)


def cram_header(source: Source) -> Header:
    """The names of the header's `@SQ` lines, in their order, and where the first container of records begins.

    Raises:
        Damaged: there is no header.
    """
    version = cram_version(source)
    first = container_at(source, FIRST, version)
    if first.end - first.blocks > _HEADER_MOST:
        raise Damaged("the header is too long")
    text = _first_block(source.read(first.blocks, first.end))
    (length,) = struct.unpack_from("<i", text.ljust(4, b"\0"))
    lines = text[4 : 4 + max(length, 0)].decode("utf-8", "surrogateescape")
    names = dict.fromkeys(_NAME.findall(lines))
    few(len(names))
    return Header({name: number for number, name in enumerate(names)}, first.end)


def _head(raw: bytes, version: int) -> tuple[int, int]:
    """Bytes of the blocks, and of what is before them."""
    (length,) = struct.unpack("<i", raw[:4].ljust(4, b"\0"))
    at = 4
    for _ in range(4):  # reference, start, span, records
        _, at = _itf8(raw, at)
    # The record counter and the number of bases; in version 2 the counter is the shorter kind.
    for long in (version >= 3, True):
        at = _after_ltf8(raw, at) if long else _itf8(raw, at)[1]
    _, at = _itf8(raw, at)
    landmarks, at = _itf8(raw, at)
    for _ in range(landmarks):
        _, at = _itf8(raw, at)
    after = at + 4 if version >= 3 else at
    if after > len(raw):
        raise IndexError
    whole = version < 3 or zlib.crc32(raw[:at]) == int.from_bytes(raw[at:after], "little")
    if not whole or length <= 0:
        raise Damaged("there is no CRAM container where one should begin")
    return length, after


def _first_block(raw: bytes) -> bytes:
    """The data of the block that these bytes begin with; raw or gzip, as the specification wants a header."""
    try:
        method, at = raw[0], 2
        _, at = _itf8(raw, at)
        size, at = _itf8(raw, at)
        _, at = _itf8(raw, at)
    except IndexError:
        raise Damaged("the header's block is cut off") from None
    data = raw[at : at + size]
    if method == 0:
        return data
    inflater = zlib.decompressobj(31)
    try:
        if method == 1:
            return inflater.decompress(data, _HEADER_MOST)
    except zlib.error as error:
        raise Damaged("the header cannot be decompressed") from error
    raise Damaged(f"the header is compressed by method {method}")


def _itf8(raw: bytes, at: int) -> tuple[int, int]:
    """A number of up to 32 bits, and what comes after it; the leading ones say how many bytes follow."""
    first = raw[at]
    if first < 0x80:
        return first, at + 1
    if first < 0xC0:
        return (first & 0x3F) << 8 | raw[at + 1], at + 2
    if first < 0xE0:
        return (first & 0x1F) << 16 | raw[at + 1] << 8 | raw[at + 2], at + 3
    if first < 0xF0:
        return (first & 0x0F) << 24 | raw[at + 1] << 16 | raw[at + 2] << 8 | raw[at + 3], at + 4
    high = (first & 0x0F) << 28 | raw[at + 1] << 20 | raw[at + 2] << 12
    return high | raw[at + 3] << 4 | raw[at + 4] & 0x0F, at + 5


def _after_ltf8(raw: bytes, at: int) -> int:
    """What comes after a number of up to 64 bits."""
    first = raw[at]
    following = 8 - (first ^ 0xFF).bit_length()
    return at + 1 + following

"""Records of BCF 2."""

import math
import struct
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

import numpy as np

from variants.reading.errors import BadFieldError, Corrupt
from variants.reading.fields import alternate, bases, text
from variants.reading.genotypes import Calls, PlainCalls, calls_of_codes, no_calls
from variants.reading.header import Header, Packing
from variants.reading.packing import inflated
from variants.reading.plan import Part

_FIXED = struct.Struct("<iiifII")
_LONGEST_RECORD = 1 << 30
_INT_SIZES = {1: 1, 2: 2, 3: 4}
_SIZES = {0: 0, 1: 1, 2: 2, 3: 4, 5: 4, 7: 1}
_ONE_SMALL_INT = 0x11  # the descriptor of one 8-bit integer, as nearly all keys are written
_INT_CODES = {1: "b", 2: "h", 3: "i"}
_INT_TYPES = {1: "<i1", 2: "<i2", 3: "<i4"}
_MISSING_FLOAT, _END_FLOAT = 0x7F800001, 0x7F800002
_INTS, _FLOAT, _TEXT = frozenset(_INT_SIZES), 5, 7
_ASTRAY = (IndexError, KeyError, ValueError, OverflowError, struct.error)
_NO_LAYOUT = "the record does not follow BCF's layout"


def part_records(part: Part, packing: Packing) -> Iterator[tuple[bytes, bytes]]:
    """The two halves (shared, individual) of each record that begins in the part.

    Raises:
        Corrupt: damaged data, or data that ends within a record.
    """
    path = Path(part.file)
    end = path.stat().st_size
    pieces = inflated(path, packing, part.start, part.stop)
    if part.stop < end:
        pieces = chain(pieces, inflated(path, packing, part.stop, end))
    stream = _Stream(part.file, (data for _, data in pieces))
    stream.take(part.skip or 0)
    left = part.limit
    while left is None or left > 0:
        head = stream.upto(8)
        if not head and left is None:
            return
        shared, individual = struct.unpack("<II", stream.take(8))
        if shared < _FIXED.size or shared + individual > _LONGEST_RECORD:
            raise Corrupt(f"{part.file} is damaged: a record claims {shared + individual} bytes.")
        yield stream.take(shared), stream.take(individual)
        left = left - 8 - shared - individual if left is not None else None


class _Stream:
    """Bytes by number out of pieces."""

    def __init__(self, file: str, pieces: Iterator[bytes]) -> None:
        self._file, self._pieces = file, pieces
        self._data, self._at = b"", 0

    def upto(self, size: int) -> bytes:
        """The next `size` bytes, or what there is, without moving on."""
        if len(self._data) - self._at < size:
            held = [self._data[self._at :]]
            missing = size - len(held[0])
            while missing > 0 and (piece := next(self._pieces, b"")):
                held.append(piece)
                missing -= len(piece)
            self._data, self._at = b"".join(held), 0
        return self._data[self._at : self._at + size]

    def take(self, size: int) -> bytes:
        """The next `size` bytes.

        Raises:
            Corrupt: there are not so many.
        """
        data = self.upto(size)
        if len(data) < size:
            raise Corrupt(f"{self._file} is cut short within a record. Copy or make the file again.")
        self._at += size
        return data


class BcfRecord:
    """A record's fields. INFO and genotypes are read when asked for."""

    __slots__ = (
        "_individual", "_info", "_reader", "_shape", "alts", "contig", "filters", "ids", "position", "qual",
        "ref",
    )  # fmt: skip

    def __init__(self, reader: "BcfReader", shared: bytes, individual: bytes) -> None:
        self._reader, self._individual = reader, individual
        contig, position, _, quality, counts, shape = _FIXED.unpack_from(shared)
        self.contig = reader.contig(contig)
        self.position = position + 1
        if position < -1:
            raise BadFieldError(f"POS is {position + 1}, no position")
        # The missing value is a NaN.
        self.qual = float(f"{quality:.7g}") if math.isfinite(quality) else None
        self._shape = (shape & 0xFFFFFF, shape >> 24)
        name, at = _typed_bytes(shared, _FIXED.size)
        self.ids = () if name in {b"", b"."} else tuple(filter(None, text(name).split(";")))
        alleles = []
        for _ in range(counts >> 16):
            allele, at = _typed_bytes(shared, at)
            alleles.append(allele)
        if not alleles:
            raise BadFieldError("the record has no REF")
        self.ref = bases(alleles[0], "REF")
        self.alts = () if alleles[1:] == [b"."] else tuple(alternate(allele) for allele in alleles[1:])
        filters, at = _typed_ints(shared, at)
        self.filters = ";".join(reader.string(index) for index in filters) or None
        self._info = (shared, at, counts & 0xFFFF)

    def info(self) -> dict[str, str]:
        """The wanted INFO keys and their values as text.

        Raises:
            BadFieldError: they do not follow the format.
        """
        try:
            return self._read_info()
        except BadFieldError:
            raise
        except _ASTRAY as error:
            raise BadFieldError(_NO_LAYOUT) from error

    def _read_info(self) -> dict[str, str]:
        shared, at, count = self._info
        wanted = self._reader.wanted
        found: dict[str, str] = {}
        for _ in range(count):
            if shared[at] == _ONE_SMALL_INT:
                key, at = shared[at + 1], at + 2
            else:
                keys, at = _typed_ints(shared, at)
                key = keys[0]
            kind, size, at = _descriptor(shared, at)
            name = wanted.get(key)
            if name is not None and name not in found:
                found[name] = _as_text(shared, at, kind, size)
            at += size * _SIZES[kind]
        return found

    def calls(self) -> Calls | PlainCalls:
        """The record's genotypes; nobody's, where it has no GT.

        Raises:
            BadFieldError: another number of samples than the header has, or they do not follow the format.
        """
        try:
            return self._read_calls()
        except BadFieldError:
            raise
        except _ASTRAY as error:
            raise BadFieldError(_NO_LAYOUT) from error

    def _read_calls(self) -> Calls | PlainCalls:
        samples, keys = self._shape
        if samples != self._reader.samples:
            raise BadFieldError(f"{samples} samples where the header has {self._reader.samples}")
        data, at = self._individual, 0
        for _ in range(keys):
            key, at = _typed_ints(data, at)
            kind, size, at = _descriptor(data, at)
            if self._reader.string(key[0]) == "GT" and size:
                if kind not in _INTS:
                    raise BadFieldError("GT holds no allele numbers")
                codes = np.frombuffer(data, _INT_TYPES[kind], samples * size, at)
                return calls_of_codes(codes.reshape(samples, size), len(self.alts))
            at += samples * size * _SIZES[kind]
        return no_calls(samples)


class BcfReader:
    """Makes records of their two halves, knowing the header's dictionaries."""

    def __init__(self, header: Header, wanted: frozenset[str]) -> None:
        self.samples = len(header.samples)
        self._strings, self._contigs = header.strings, header.contig_names
        self.wanted: Mapping[int, str] = {
            index: name for index, name in header.strings.items() if name in wanted
        }

    def record(self, halves: tuple[bytes, bytes]) -> BcfRecord:
        """The record of its two halves.

        Raises:
            BadFieldError: it does not follow the format.
        """
        try:
            return BcfRecord(self, *halves)
        except BadFieldError:
            raise
        except _ASTRAY as error:
            raise BadFieldError(_NO_LAYOUT) from error

    def contig(self, index: int) -> str:
        """The contig of an index in the records."""
        name = self._contigs.get(index)
        if name is None:
            raise BadFieldError(f"contig number {index} is not in the header")
        return name

    def string(self, index: int) -> str:
        """The FILTER, INFO or FORMAT key of an index in the records."""
        name = self._strings.get(index)
        if name is None:
            raise BadFieldError(f"key number {index} is not in the header")
        return name


def _descriptor(data: bytes, at: int) -> tuple[int, int, int]:
    """Type, number of values, and where they begin; an IndexError where there are not so many."""
    kind, size = data[at] & 15, data[at] >> 4
    at += 1
    if size == 15:
        sizes, at = _typed_ints(data, at)
        size = sizes[0]
    if size < 0 or at + size * _SIZES[kind] > len(data):
        raise IndexError
    return kind, size, at


def _typed_bytes(data: bytes, at: int) -> tuple[bytes, int]:
    kind, size, at = _descriptor(data, at)
    if size and kind != _TEXT:
        raise IndexError
    return _unpadded(data[at : at + size]), at + size


def _unpadded(data: bytes) -> bytes:
    data = data.rstrip(b"\0")
    if b"\0" in data:  # which no database keeps
        raise BadFieldError("a NUL byte in the record")
    return data


def _typed_ints(data: bytes, at: int) -> tuple[list[int], int]:
    kind, size, at = _descriptor(data, at)
    width = _SIZES[kind]
    if size == 1 and width == 1:
        value = data[at]
        return [value - 256 if value > 127 else value], at + 1
    if kind not in _INTS:
        return [], at + size * width
    return np.frombuffer(data, _INT_TYPES[kind], size, at).tolist(), at + size * width


def _as_text(data: bytes, at: int, kind: int, size: int) -> str:
    """INFO's value as text VCF has it."""
    if kind == _TEXT:
        return text(_unpadded(data[at : at + size]))
    if kind == _FLOAT:
        marks = struct.unpack_from(f"<{size}I", data, at)
        values = struct.unpack_from(f"<{size}f", data, at)
        return ",".join(
            [
                "." if mark == _MISSING_FLOAT else f"{value:g}"
                for mark, value in zip(marks, values, strict=True)
                if mark != _END_FLOAT
            ]
        )
    if kind not in _INTS:
        return ""
    lowest = -(1 << (8 * _INT_SIZES[kind] - 1))
    numbers = struct.unpack_from(f"<{size}{_INT_CODES[kind]}", data, at)
    return ",".join(["." if value == lowest else str(value) for value in numbers if value != lowest + 1])

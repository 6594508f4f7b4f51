"""BAI, CSI and TBI as they lie in files (SAM specification 5.2; CSI and Tabix specifications)."""

import struct
from array import array
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from drs.htsget.errors import Damaged
from drs.htsget.reading.bins import BinIndex, Numbers, Shape
from drs.htsget.reading.header import few

_CLASSIC = Shape(14, 5)
_WIDEST = 60
_VCF = 2  # the Tabix specification's number of the format


@dataclass(slots=True)
class _Found:
    """What was found while going through a file: bins with where their chunks are, and floors."""

    references: "array[int]" = field(default_factory=lambda: array("q"))
    ids: "array[int]" = field(default_factory=lambda: array("q"))
    counts: "array[int]" = field(default_factory=lambda: array("q"))
    places: "array[int]" = field(default_factory=lambda: array("q"))
    loffsets: "array[int]" = field(default_factory=lambda: array("Q"))
    windows: "array[int]" = field(default_factory=lambda: array("q"))
    window_places: "array[int]" = field(default_factory=lambda: array("q"))


def read_bins(kind: str, data: bytes) -> BinIndex:
    """The index of that kind (bai, csi, tbi).

    Raises:
        Damaged: it is none, is cut off, or says what cannot be.
    """
    try:
        return {"bai": _bai, "csi": _csi, "tbi": _tbi}[kind](data)
    except (struct.error, ValueError, OverflowError) as error:
        raise Damaged(f"what should be a {kind} index is none: {error}") from error


def _bai(data: bytes) -> BinIndex:
    _expect(data, b"BAI\1")
    return _index(data, 4, _CLASSIC, None, linear=True)


def _csi(data: bytes) -> BinIndex:
    _expect(data, b"CSI\1")
    min_shift, depth, length = struct.unpack_from("<iii", data, 4)
    if not (0 < min_shift < 32 and 0 <= depth < 15 and min_shift + 3 * depth <= _WIDEST):
        raise Damaged("the index cuts references into bins that cannot be")
    if not 0 <= length <= len(data) - 16:
        raise Damaged("the index is cut off")
    names = _names(data[16 : 16 + length]) if length >= 28 else None
    return _index(data, 16 + length, Shape(min_shift, depth), names, linear=False)


def _tbi(data: bytes) -> BinIndex:
    _expect(data, b"TBI\1")
    (length,) = struct.unpack_from("<i", data, 32)
    if not 0 <= length <= len(data) - 36:
        raise Damaged("the index is cut off")
    names = _names(data[8 : 36 + length])
    # The number of references stands before the names: _index is to find it where it begins.
    return _index(data[4:8] + data[36 + length :], 0, _CLASSIC, names, linear=True)


def _names(header: bytes) -> dict[str, int]:
    """The names in a Tabix header, which has seven numbers first."""
    kind, *_, length = struct.unpack_from("<7i", header)
    if kind & 0xFFFF != _VCF:
        raise Damaged("the index is not one of VCF")
    if not 0 <= length <= len(header) - 28:
        raise Damaged("the index is cut off")
    names = header[28 : 28 + length].split(b"\0")[:-1]
    return {name.decode("utf-8", "surrogateescape"): number for number, name in enumerate(names)}


def _expect(data: bytes, magic: bytes) -> None:
    if data[:4] != magic:
        raise Damaged("the index is not of the kind that it was registered as")


def _index(data: bytes, at: int, shape: Shape, names: dict[str, int] | None, *, linear: bool) -> BinIndex:
    (references,) = struct.unpack_from("<i", data, at)
    at += 4
    found = _Found()
    for number in range(few(references)):
        at = _bins(data, at, number, shape, found, linear=linear)
        if linear:
            at = _linear(data, at, found)
    return _arranged(data, shape, names, max(references, 0), found, linear=linear)


def _bins(data: bytes, at: int, number: int, shape: Shape, found: _Found, *, linear: bool) -> int:
    """Goes through the bins of a reference; every one takes bytes, so that no count leads beyond the file."""
    record = struct.Struct("<Ii" if linear else "<IQi")
    (bins,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(bins):
        identifier, *loffset, count = record.unpack_from(data, at)
        at += record.size
        if count < 0 or at + 16 * count > len(data):
            raise Damaged("the index is cut off")
        if identifier < shape.bins:
            if count:
                found.references.append(number)
                found.ids.append(identifier)
                found.counts.append(count)
                found.places.append(at)
                found.loffsets.extend(loffset)
        elif identifier != shape.bins + 1:  # statistics stand there
            raise Damaged("the index has a bin that cannot be")
        at += 16 * count
    return at


def _linear(data: bytes, at: int, found: _Found) -> int:
    count: int = struct.unpack_from("<i", data, at)[0]
    at += 4
    if count < 0 or at + 8 * count > len(data):
        raise Damaged("the index is cut off")
    found.windows.append(count)
    found.window_places.append(at)
    return at + 8 * count


def _arranged(
    data: bytes, shape: Shape, names: dict[str, int] | None, references: int, found: _Found, *, linear: bool
) -> BinIndex:
    owners, ids = np.array(found.references, np.int64), np.array(found.ids, np.int64)
    order = np.lexsort((ids, owners))
    owners, ids = owners[order], ids[order]
    counts, places = np.array(found.counts, np.int64)[order], np.array(found.places, np.int64)[order]
    chunks = _joined(data, places, 16 * counts)
    begins, ends = chunks[::2].copy(), chunks[1::2].copy()
    if (begins > ends).any():
        raise Damaged("the index has a chunk that ends before it begins")
    slices = np.searchsorted(owners, np.arange(references + 1))
    if linear:
        floors = _linear_floors(data, found)
    else:
        loffsets = _checked(np.array(found.loffsets, np.uint64))[order]
        floors = _bin_floors(slices, shape.starts(ids), loffsets)
    return BinIndex(shape, names, slices, ids, np.append(0, np.cumsum(counts)), begins, ends, *floors)


def _linear_floors(data: bytes, found: _Found) -> tuple[Numbers, Numbers, Numbers]:
    """From the linear index: windows without records have what the one before has."""
    counts = np.array(found.windows, np.int64)
    slices = np.append(0, np.cumsum(counts))
    at = (np.arange(slices[-1]) - np.repeat(slices[:-1], counts)) << _CLASSIC.min_shift
    floors = _joined(data, np.array(found.window_places, np.int64), 8 * counts)
    return slices, at, _ascending(floors, slices)


def _bin_floors(slices: Numbers, starts: Numbers, loffsets: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """From the bins themselves: each says where the first record lies that reaches to where it begins."""
    owners = np.repeat(np.arange(len(slices) - 1), np.diff(slices))
    order = np.lexsort((starts, owners))
    return slices, starts[order], _ascending(loffsets[order], slices)


def _ascending(floors: Numbers, slices: Numbers) -> Numbers:
    """Each at least what those before it are, reference by reference."""
    for begin, end in zip(slices[:-1].tolist(), slices[1:].tolist(), strict=True):
        if begin < end:
            floors[begin:end] = np.maximum.accumulate(floors[begin:end])
    return floors


def _joined(data: bytes, places: Numbers, lengths: Numbers) -> Numbers:
    """The virtual offsets that lie at these places, one after the other."""
    pairs = zip(places.tolist(), lengths.tolist(), strict=True)
    return _checked(np.frombuffer(b"".join(data[at : at + length] for at, length in pairs), "<u8"))


def _checked(found: NDArray[np.uint64]) -> Numbers:
    if len(found) and int(found.max()) >> 62:
        raise Damaged("the index points beyond any file")
    return found.astype(np.int64)

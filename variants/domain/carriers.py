"""Sets of samples as bytes: dense sets as packed bits, sparse sets as lists of ordinals.

A set over n samples costs n/8 bytes as bits and two bytes a member as a list; each set is kept in whichever
form is smaller, told apart by its first byte. Sparse sets with ordinals beyond 65,535 are roaring bitmaps.
"""

import struct
from array import array
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

_ROARING = b"\x00"
_BITS = b"\x01"
_LIST = b"\x02"
_LIST_TOP = 1 << 16
_SPARSE = 16  # bits that an ordinal of a list takes
_SMALL = 10  # header of a roaring array of one container, in bytes


def countable(samples: int) -> bool:
    """True where every set over so many samples is kept in a form that the database can count."""
    return samples <= _LIST_TOP


def encode(ordinals: npt.NDArray[np.integer]) -> bytes | None:
    """The bytes of a set given as sorted, distinct ordinals; None for the empty set."""
    size = len(ordinals)
    if size == 0:
        return None
    top = int(ordinals[-1]) + 1
    if top > _LIST_TOP and top // 8 >= 2 * size + _SMALL:
        return _ROARING + BitMap(ordinals.tolist()).serialize()
    if top <= _LIST_TOP and top >= _SPARSE * size:
        return _LIST + ordinals.astype("<u2").tobytes()
    bits = np.zeros(top, np.bool_)
    bits[ordinals] = True
    return _BITS + np.packbits(bits, bitorder="little").tobytes()


def encode_mask(mask: npt.NDArray[np.bool_]) -> bytes | None:
    """What `encode` makes of the places where the mask is set, without listing them where they are many."""
    bits = np.packbits(mask, bitorder="little").tobytes().rstrip(b"\0")
    if not bits:
        return None
    top = 8 * len(bits) - 8 + bits[-1].bit_length()
    if top < _SPARSE * np.count_nonzero(mask):
        return _BITS + bits
    return encode(mask.nonzero()[0])


def encode_few(ordinals: list[int]) -> bytes | None:
    """What `encode` makes of a short list of sorted, distinct ordinals, sooner."""
    size = len(ordinals)
    if size == 0:
        return None
    if _SPARSE * size <= ordinals[-1] + 1 <= _LIST_TOP:
        return _LIST + struct.pack(f"<{size}H", *ordinals)
    return encode(np.asarray(ordinals, np.int64))


def encode_bitmap(members: BitMap) -> bytes | None:
    """The bytes of a bitmap; None where it is empty."""
    return encode(np.asarray(members.to_array(), np.int64))


def decode(data: bytes | memoryview | None) -> BitMap:
    """The set that `encode` wrote.

    Raises:
        ValueError: the bytes were not written by `encode`.
    """
    if data is None:
        return BitMap()
    data = bytes(data)
    if data[:1] == _ROARING:
        return BitMap.deserialize(data[1:])
    return BitMap(array("I", _members(data).astype(np.uint32).tobytes()))


def members(data: bytes | memoryview | None) -> npt.NDArray[np.int64]:
    """The ordinals of a set, sorted: what `encode` was given.

    Raises:
        ValueError: the bytes were not written by `encode`.
    """
    if data is None:
        return np.zeros(0, np.int64)
    data = bytes(data)
    if data[:1] == _ROARING:
        return np.asarray(BitMap.deserialize(data[1:]).to_array(), np.int64)
    return _members(data)


def union(sets: Iterable[bytes | memoryview | None], samples: int) -> BitMap:
    """Everybody in any of the sets, over `samples` people. Dense sets are joined as bits, never unpacked."""
    bits = np.zeros((samples + 7) // 8, np.uint8)
    lists: list[bytes] = []
    roaring: list[BitMap] = []
    for data in sets:
        if data is None:
            continue
        raw = bytes(data)
        if raw[:1] == _BITS:
            packed = np.frombuffer(raw, np.uint8, offset=1)
            np.bitwise_or(bits[: len(packed)], packed, out=bits[: len(packed)])
        elif raw[:1] == _LIST:
            lists.append(raw[1:])
        else:
            roaring.append(decode(raw))
    everybody = np.unpackbits(bits, bitorder="little")
    everybody[np.frombuffer(b"".join(lists), "<u2")] = 1
    joined = BitMap(array("I", np.flatnonzero(everybody).astype(np.uint32).tobytes()))
    return BitMap.union(joined, *roaring) if roaring else joined


def _members(data: bytes) -> npt.NDArray[np.int64]:
    if data[:1] == _BITS:
        return np.flatnonzero(np.unpackbits(np.frombuffer(data, np.uint8, offset=1), bitorder="little"))
    if data[:1] == _LIST:
        return np.frombuffer(data, "<u2", offset=1).astype(np.int64)
    raise ValueError("not a set of samples")


def _packed(ordinals: BitMap) -> bytes:
    bits = np.zeros(ordinals.max() + 1 if ordinals else 0, np.bool_)
    bits[np.asarray(ordinals.to_array(), np.int64)] = True
    return np.packbits(bits, bitorder="little").tobytes()


class Mask:
    """A few samples, to be looked for in many sets without unpacking each."""

    def __init__(self, ordinals: Iterable[int]) -> None:
        self._members = BitMap(ordinals)
        self._set = frozenset(self._members)
        self._bits = int.from_bytes(_packed(self._members), "little")

    def touches(self, data: bytes | memoryview | None) -> bool:
        """True where any of the samples is in the set."""
        if data is None:
            return False
        raw = bytes(data)
        if raw[:1] == _BITS:
            return bool(int.from_bytes(raw[1:], "little") & self._bits)
        if raw[:1] == _LIST:
            return not self._set.isdisjoint(np.frombuffer(raw, "<u2", offset=1).tolist())
        return bool(self._members.intersect(decode(raw)))

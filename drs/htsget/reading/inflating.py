"""An index file as bytes: read in pieces and decompressed up to a bound, whatever it says of itself."""

import zlib

from drs.htsget.errors import Damaged
from drs.storage.store import Source

_GZIP = b"\x1f\x8b"


def whole(source: Source, most: int) -> bytes:
    """All of a file, decompressed where it is gzip of one or many members.

    Raises:
        Damaged: it is larger than `most` bytes, cut off, or cannot be decompressed.
    """
    size = source.stat.size
    if size > most:
        raise Damaged(f"the index has more than the {most} bytes that this site reads")
    if source.read(0, min(2, size)) != _GZIP:
        return source.read(0, size)
    try:
        return _inflated(source, size, most)
    except zlib.error as error:
        raise Damaged("the index cannot be decompressed") from error


def _inflated(source: Source, size: int, most: int) -> bytes:
    found = bytearray()
    inflater = zlib.decompressobj(31)
    for chunk in source.chunks(0, size):
        left = chunk
        while left:
            if inflater.eof:
                inflater = zlib.decompressobj(31)
            found += inflater.decompress(left, most + 1 - len(found))
            left = inflater.unconsumed_tail or inflater.unused_data
            if len(found) > most:
                raise Damaged(f"the index has more than the {most} bytes that this site reads")
    if not inflater.eof:
        raise Damaged("the index is cut off")
    return bytes(found)

"""An object that is encrypted to this site, as one that is encrypted to somebody else.

Only the header is made anew; the blocks pass through as they lie in the store, so any range of the whole
costs no more than of a plain object. Edit lists that the file has are kept; none is made, so what is asked
for in ranges is the encrypted file's bytes.
"""

import hashlib
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from drs.storage.location import Stat
from drs.storage.store import Source
from drs.streaming.crypt4gh import read_header, written
from drs.streaming.crypt4gh_keys import Crypt4ghKeys, decoded

_AT_ONCE = 65_536  # bytes; most headers have 124


class Reencrypting:
    """Re-encrypts under the site's keys; see `streaming_app`. Safe between threads."""

    def __init__(self, keys: Crypt4ghKeys) -> None:
        self._keys = keys

    def __call__(self, source: Source, key: str) -> "ReencryptedSource":
        """The source for the public key (base64).

        Raises:
            NotEncrypted: the source is not encrypted to this site.
            BadKey: it is no public key.
            Changed, Unreachable: the header cannot be read.
        """
        recipient = decoded(key)
        size = source.stat.size
        head = source.read(0, min(size, _AT_ONCE))  # in a bucket each reading is a request
        header = read_header(lambda at, to: head[at:to] if to <= len(head) else source.read(at, to), size)
        texts = header.opened(self._keys.private)
        # Of this header and this recipient alone, and known to nobody but the site.
        info = b"insitu crypt4gh secret" + header.digest() + recipient
        secret = HKDF(SHA256(), 32, None, info).derive(self._keys.private[0].private_bytes_raw())
        return ReencryptedSource(source, header.length, written(texts, recipient, secret))


class ReencryptedSource:
    """A new header before the blocks of another source. See `Source`; closing it closes that."""

    def __init__(self, source: Source, skipped: int, header: bytes) -> None:
        self._source = source
        self._skipped = skipped
        self._header = header
        of = source.stat
        mark = f"{of.mark}/{hashlib.sha256(header).hexdigest()[:16]}"
        self.stat = Stat(of.size - skipped + len(header), mark, of.modified)

    def read(self, start: int, stop: int) -> bytes:
        """The bytes of that range; see `Source.read`."""
        return b"".join(self.chunks(start, stop))

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes of that range in pieces; see `Source.chunks`."""
        if not 0 <= start <= stop <= self.stat.size:
            raise ValueError(f"no range of the object: {start} to {stop}")
        length = len(self._header)
        if start < min(stop, length):
            yield self._header[start : min(stop, length)]
        if stop > length:
            moved = self._skipped - length
            yield from self._source.chunks(max(start, length) + moved, stop + moved)

    def close(self) -> None:
        """Closes the source beneath."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

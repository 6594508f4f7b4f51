"""An open file of this machine, of which nothing is given once it is not the same any more."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from drs.storage.errors import Changed, Unreachable
from drs.storage.location import Stat

CHUNK = 1 << 18
"""Bytes that are read at a time."""


def stat_of(found: os.stat_result) -> Stat:
    """What a store says of a local file."""
    return Stat(found.st_size, f"{found.st_ino:x}-{found.st_mtime_ns:x}", found.st_mtime)


class LocalSource:
    """An open file. See `Source`. The descriptor is now this object's to close."""

    def __init__(self, descriptor: int, found: Stat, shown: str) -> None:
        self.stat = found
        self._descriptor = descriptor
        self._shown = shown
        self._lock = threading.Lock()
        self._users = 0
        self._closed = False

    def read(self, start: int, stop: int) -> bytes:
        """The bytes of that range; see `Source.read`."""
        return b"".join(self.chunks(start, stop))

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes of that range in pieces; see `Source.chunks`."""
        if not 0 <= start <= stop <= self.stat.size:
            raise ValueError(f"no range of the file: {start} to {stop}")
        while start < stop:
            piece = self._piece(start, min(CHUNK, stop - start))
            start += len(piece)
            yield piece

    @contextmanager
    def descriptor(self) -> Iterator[int]:
        """The file's descriptor, which stays open for the length of the block."""
        with self._lock:
            if self._closed:
                raise ValueError("the file is closed")
            self._users += 1
        try:
            yield self._descriptor
        finally:
            with self._lock:
                self._users -= 1
                self._close_unused()

    def confirm(self) -> None:
        """Returns where the file is still the one that was opened.

        Raises:
            Changed: it is not.
        """
        with self.descriptor() as descriptor:
            if stat_of(os.fstat(descriptor)) != self.stat:
                raise Changed(f"{self._shown} has changed while it was read")

    def close(self) -> None:
        """Closes the file when nobody reads from it any more; idempotent."""
        with self._lock:
            self._closed = True
            self._close_unused()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _piece(self, start: int, size: int) -> bytes:
        try:
            with self.descriptor() as descriptor:
                piece = os.pread(descriptor, size, start)
                # After the read: what was read before a change is of the file that was opened.
                self.confirm()
        except OSError as error:
            raise Unreachable(f"{self._shown}: {error.strerror}") from error
        if not piece:
            raise Changed(f"{self._shown} has become shorter while it was read")
        return piece

    def _close_unused(self) -> None:
        # A number that was closed under a reader might be another file's already.
        if self._closed and not self._users and self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

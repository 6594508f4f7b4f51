"""Where the trail ends, in a file outside the database: what tells that rows are missing at the end.

Two lines of fixed length are written in turn, each with a checksum: a write that a power cut tears leaves the
line before. The file is behind the database where a process died between commit and file, or where other
machines record, too; the database is behind the file only where rows have been taken from it.
"""

import fcntl
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from governance.audit.chain import Head
from governance.keys.site import own_folder, sync_folder
from processes.locks import give_to_folder_owner

_LINE = 95  # 20 digits, 64 hexadecimal digits, 8 of a checksum, two spaces, one newline


class HeadFile:
    """The file `audit/head` of the data folder. Safe between threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / "audit" / "head"

    def read(self) -> Head | None:
        """The newest head that was written; None where none ever was.

        Raises:
            OSError: the file is there and cannot be read.
        """
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            return _newest(os.pread(descriptor, 2 * _LINE, 0))[0]
        finally:
            os.close(descriptor)

    def write(self, head: Head, *, back: bool = False) -> None:
        """Returns when the head is written; one that is not newer is left out, unless it goes `back`.

        It is with the operating system then, and survives whatever kills us. Only a power cut may leave the
        file behind the database, which is no tampering and is put right by the next entry: to wait for the
        disk a second time would make each answer a third slower.

        Raises:
            OSError: it cannot be written.
        """
        with self._locked() as descriptor:
            found, line = _newest(os.pread(descriptor, 2 * _LINE, 0))
            if back:
                os.ftruncate(descriptor, 0)
            elif found is not None and found.sequence >= head.sequence:
                return
            os.pwrite(descriptor, _line(head), 0 if back else _LINE * (1 - line))

    @contextmanager
    def _locked(self) -> Iterator[int]:
        descriptor = self._open()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            return os.open(self.path, flags)
        except FileNotFoundError:
            own_folder(self._folder, self.path.parent.name)
        descriptor = os.open(self.path, flags | os.O_CREAT, 0o600)
        give_to_folder_owner(descriptor, self.path.parent)
        sync_folder(self.path.parent)
        return descriptor


def _line(head: Head) -> bytes:
    said = f"{head.sequence:020d} {head.hash.hex()}"
    return f"{said} {zlib.crc32(said.encode()):08x}\n".encode()


def _newest(content: bytes) -> tuple[Head | None, int]:
    """The newest head that the lines say and the number of its line; 1 where there is none."""
    lines = [(_head(content[at : at + _LINE]), at // _LINE) for at in (0, _LINE)]
    heads = [(head, line) for head, line in lines if head is not None]
    return max(heads, key=lambda each: each[0].sequence, default=(None, 1))


def _head(line: bytes) -> Head | None:
    if len(line) != _LINE:
        return None
    try:
        sequence, hash_, _ = line.decode("ascii").split()
        head = Head(int(sequence), bytes.fromhex(hash_))
    except ValueError:
        return None
    return head if _line(head) == line else None

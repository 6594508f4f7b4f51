"""Where the trail ends, in a file outside the database: what tells that rows are missing at the end.

Two lines of fixed length are written in turn, each with a checksum: a write that a power cut tears leaves the
line before. The file is behind the database where a process died between commit and file, or where other
machines record, too; the database is behind the file only where rows have been taken from it.
"""

import fcntl
import os
import secrets
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from governance.audit.chain import Head
from governance.audit.errors import HeadUnreadable
from governance.keys.site import own_folder, sync_folder
from processes.locks import give_to_folder_owner

_LINE = 95  # 20 digits, 64 hexadecimal digits, 8 of a checksum, two spaces, one newline


class HeadFile:
    """A file of the folder `audit` of the data folder. Safe between threads and processes.

    `head` has the last row and its hash; `signed`, in the same form, the last checkpoint and its digest.
    """

    def __init__(self, folder: Path, name: str = "head") -> None:
        self._folder = folder
        self.path = folder / "audit" / name
        self._seen: tuple[bytes, tuple[Head, int]] | None = None

    def read(self) -> Head | None:
        """The newest head that was written; None where there is no file.

        Raises:
            HeadUnreadable: the file is there and says nothing.
            OSError: the file is there and cannot be read.
        """
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            return self._newest(descriptor)[0]
        finally:
            os.close(descriptor)

    def write(self, head: Head, *, back: bool = False) -> None:
        """Returns when the head is written; one that is not newer is left out, unless it goes `back`.

        It is with the operating system then, and survives whatever kills us. Only a power cut may leave the
        file behind the database, which is no tampering and is put right by the next entry: to wait for the
        disk a second time would make each answer a third slower. What goes back replaces both lines at once.

        Raises:
            HeadUnreadable, OSError: it cannot be written.
        """
        with self._locked(head) as descriptor:
            if back:
                os.pwrite(descriptor, _line(head) + b" " * _LINE, 0)
                os.fsync(descriptor)
                return
            found, line = self._newest(descriptor)
            if found.sequence < head.sequence:
                os.pwrite(descriptor, _line(head), _LINE * (1 - line))

    def _newest(self, descriptor: int) -> tuple[Head, int]:
        """The newest head that the lines say, and the number of its line."""
        content = os.pread(descriptor, 2 * _LINE, 0)
        seen = self._seen
        if seen is not None and seen[0] == content:
            return seen[1]
        lines = [(_head(content[at : at + _LINE]), at // _LINE) for at in (0, _LINE)]
        heads = [(head, line) for head, line in lines if head is not None]
        if not heads:
            raise HeadUnreadable(
                f"{self.path} is damaged: nothing outside the database says where the trail ends; "
                "`insitu audit verify`, then `insitu audit resume --accept-tampering`"
            )
        newest = max(heads, key=lambda each: each[0].sequence)
        self._seen = content, newest
        return newest

    @contextmanager
    def _locked(self, head: Head) -> Iterator[int]:
        descriptor = self._open(head)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)

    def _open(self, head: Head) -> int:
        """The file, made with this head where there is none: one without a head would look damaged."""
        flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            return os.open(self.path, flags)
        except FileNotFoundError:
            own_folder(self._folder, self.path.parent.name)
        fresh = self.path.with_name(f".{self.path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(fresh, flags | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            give_to_folder_owner(descriptor, self.path.parent)
            os.pwrite(descriptor, _line(head), 0)
            os.fsync(descriptor)
            with suppress(FileExistsError):
                self.path.hardlink_to(fresh)
            sync_folder(self.path.parent)
        finally:
            os.close(descriptor)
            fresh.unlink()
        return os.open(self.path, flags)


def _line(head: Head) -> bytes:
    said = f"{head.sequence:020d} {head.hash.hex()}"
    return f"{said} {zlib.crc32(said.encode()):08x}\n".encode()


def _head(line: bytes) -> Head | None:
    if len(line) != _LINE:
        return None
    try:
        sequence, hash_, _ = line.decode("ascii").split()
        head = Head(int(sequence), bytes.fromhex(hash_))
    except ValueError:
        return None
    return head if _line(head) == line else None

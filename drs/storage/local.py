"""A folder of this machine as a store. No link in it is followed, wherever it leads.

Each file is reached from the folder's own descriptor, part by part, so that nothing that is renamed or linked
in between leads out of it.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from drs.storage.errors import Changed, Missing, Unreachable
from drs.storage.file import LocalSource, stat_of
from drs.storage.location import Stat, is_key
from drs.storage.store import Skipped
from drs.storage.walking import is_over, left_out

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# A pipe would keep us waiting for its writer: what is no plain file is found out once it is open.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_GONE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENXIO}
"""What says that there is no plain file behind plain folders; a link is one "too many" or "no folder"."""


class LocalStore:
    """The files under `root`, an absolute path, which may itself be reached through links. See `Store`."""

    scheme = "file"

    def __init__(self, name: str, root: Path) -> None:
        self.name = name
        self.root = root

    def stat(self, key: str) -> Stat:
        """What is at the key; see `Store.stat`."""
        with self._parent(key) as (folder, name), self._explained(key):
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        return self._plain(found, key)

    def open(self, key: str, expected: Stat | None = None) -> LocalSource:
        """The file at the key, open; see `Store.open`."""
        with self._parent(key) as (folder, name), self._explained(key):
            descriptor = os.open(name, _FILE, dir_fd=folder)
        source = None
        try:
            found = self._plain(os.fstat(descriptor), key)
            if expected is not None and (found.size, found.mark) != (expected.size, expected.mark):
                raise Changed(f"{self._shown(key)} is not the file that was registered")
            source = LocalSource(descriptor, found, self._shown(key))
        finally:
            if source is None:
                os.close(descriptor)
        return source

    def presigned(self, key: str, seconds: int) -> None:
        """None: this site streams what lies here itself."""

    def key_of(self, where: str) -> str | None:
        """The key of a path or `file:` URL; see `Store.key_of`."""
        parts = urlsplit(where) if where.startswith("file:") else None
        if (parts is None and "://" in where) or (
            parts is not None and parts.netloc not in ("", "localhost")
        ):
            return None
        path = os.path.abspath(unquote(parts.path) if parts is not None else where)  # noqa: PTH100 - keeps links
        # What is below the root is left as it is written: a link there is refused, not resolved.
        for root in {str(self.root), os.path.realpath(self.root)}:
            if path == root:
                return ""
            if path.startswith(root.rstrip("/") + "/"):
                return path[len(root.rstrip("/")) + 1 :]
        return None

    def check(self) -> str:
        """Looks into the folder; see `Store.check`."""
        with self._root() as root, self._explained(""), os.scandir(root) as entries:
            next(entries, None)
        return str(self.root)

    def walk(
        self, prefix: str = "", after: str = "", skipped: Skipped | None = None
    ) -> Iterator[tuple[str, Stat]]:
        """The files at and under the prefix; see `Store.walk`."""
        skipped = Skipped() if skipped is None else skipped
        if prefix:
            with self._parent(prefix) as (folder, name), self._explained(prefix):
                found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if not stat.S_ISDIR(found.st_mode):
                if prefix.encode() > after.encode():
                    yield prefix, self._plain(found, prefix)
                return
        with self._folder(prefix.split("/") if prefix else []) as folder:
            yield from self._inside(folder, prefix, after, skipped)

    def _inside(self, folder: int, prefix: str, after: str, skipped: Skipped) -> Iterator[tuple[str, Stat]]:
        try:
            names = _sorted(folder, skipped)
        except OSError:
            skipped.unreadable.append(prefix)
            return
        for name, is_folder in names:
            key = f"{prefix}/{name}" if prefix else name
            if is_folder and is_over(key, after):
                continue
            if not is_key(key):
                skipped.unnamable += 1
            elif is_folder:
                yield from self._below(folder, name, key, after, skipped)
            elif key.encode() > after.encode() and (found := _file(folder, name, skipped)) is not None:
                yield key, stat_of(found)

    def _below(
        self, folder: int, name: str, key: str, after: str, skipped: Skipped
    ) -> Iterator[tuple[str, Stat]]:
        try:
            inner = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
        except OSError as error:
            if error.errno not in _GONE:  # it was removed meanwhile, or is no folder any more
                skipped.unreadable.append(key)
            return
        try:
            yield from self._inside(inner, key, after, skipped)
        finally:
            os.close(inner)

    @contextmanager
    def _parent(self, key: str) -> Iterator[tuple[int, str]]:
        """The open folder that a file is in, and its name there."""
        if not is_key(key):
            raise Missing(f"{key!r} cannot be a key in the store {self.name}")
        *parts, name = key.split("/")
        with self._folder(parts) as folder:
            yield folder, name

    @contextmanager
    def _folder(self, parts: list[str]) -> Iterator[int]:
        with self._root() as folder:
            opened = folder
            try:
                for part in parts:
                    with self._explained("/".join(parts)):
                        inner = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=opened)
                    if opened != folder:
                        os.close(opened)
                    opened = inner
                yield opened
            finally:
                if opened != folder:
                    os.close(opened)

    @contextmanager
    def _root(self) -> Iterator[int]:
        try:
            descriptor = os.open(self.root, _FOLDER)
        except OSError as error:  # and not Missing: a disk that is not mounted comes back
            raise Unreachable(f"store {self.name}: {self.root}: {error.strerror}") from error
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def _explained(self, key: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in _GONE:
                raise Missing(f"{self._shown(key)} is not there, or lies behind a link") from error
            raise Unreachable(f"{self._shown(key)}: {error.strerror}") from error

    def _plain(self, found: os.stat_result, key: str) -> Stat:
        if not stat.S_ISREG(found.st_mode):
            raise Missing(f"{self._shown(key)} is no plain file")
        return stat_of(found)

    def _shown(self, key: str) -> str:
        return str(self.root / key)


def _sorted(folder: int, skipped: Skipped) -> list[tuple[str, bool]]:
    """What is in a folder and not left out, in the order of the keys that it leads to; True of folders."""
    found = []
    with os.scandir(folder) as entries:
        for each in entries:
            if each.is_symlink():
                skipped.links += 1
            elif not left_out(each.name, skipped):
                found.append((each.name, each.is_dir(follow_symlinks=False)))
    return sorted(found, key=lambda each: os.fsencode(each[0]) + (b"/" if each[1] else b""))


def _file(folder: int, name: str, skipped: Skipped) -> os.stat_result | None:
    """What the file is now, after its folder was listed; None where it is no plain file, or gone."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return None
    if stat.S_ISREG(found.st_mode):
        return found
    if stat.S_ISLNK(found.st_mode):
        skipped.links += 1
    else:
        skipped.special += 1
    return None

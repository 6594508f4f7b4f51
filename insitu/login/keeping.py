"""Where this user's logins are kept: a file for each broker, which nobody else can read.

They lie in `$XDG_STATE_HOME/insitu/logins` (`~/.local/state/insitu/logins`). A folder or file that others can
look into, or that is not ours, is refused and not mended: what was in it may be known.
"""

import fcntl
import hashlib
import json
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from insitu.exits import Stop
from insitu.login.kept import Login, read, written

PATIENCE = 60.0  # seconds for which another command is waited for that refreshes the same login
_LARGEST = 10_000_000  # bytes


def folder() -> Path:
    """The folder of logins, which need not be there."""
    base = Path(os.environ.get("XDG_STATE_HOME", ""))
    if not base.is_absolute():  # as the XDG specification wants it
        base = Path("~/.local/state").expanduser()
    return base / "insitu" / "logins"


class Keeping:
    """The logins in a folder. Safe between processes: who changes one holds its lock."""

    def __init__(self, path: Path | None = None) -> None:
        self._folder = path or folder()

    def issuers(self) -> list[str]:
        """The brokers that there is a login at, in order.

        Raises:
            Stop: the folder or a file in it is not ours alone, or holds no login.
        """
        if not self._there():
            return []
        found = [self._read(each) for each in sorted(self._folder.glob("*.json"))]
        return sorted(each.issuer for each in found if each is not None)

    def of(self, issuer: str) -> Login | None:
        """The login at that broker.

        Raises:
            Stop: as `issuers`.
        """
        found = self._read(self._file(issuer)) if self._there() else None
        return found if found is not None and found.issuer == issuer else None

    @contextmanager
    def locked(self, issuer: str) -> Iterator[None]:
        """The login at that broker is nobody else's to change for the length of the block.

        Raises:
            Stop: somebody holds it for too long, or the folder is not ours alone.
        """
        self._make()
        descriptor = os.open(
            self._file(issuer).with_suffix(".lock"),
            os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW,
            0o600,
        )
        try:
            _take(descriptor, issuer)
            yield
        finally:
            os.close(descriptor)

    def keep(self, login: Login) -> None:
        """Writes the login, whole or not at all; under its lock."""
        path = self._file(login.issuer)
        fresh = path.with_name(f".{path.stem}.{secrets.token_hex(8)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(written(login), file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        _sync(self._folder)

    def drop(self, issuer: str) -> None:
        """The login is not kept any more; under its lock."""
        self._file(issuer).unlink(missing_ok=True)
        _sync(self._folder)

    def _file(self, issuer: str) -> Path:
        return self._folder / f"{hashlib.sha256(issuer.encode()).hexdigest()[:40]}.json"

    def _make(self) -> None:
        for each in (self._folder.parent, self._folder):
            with suppress(FileExistsError):
                each.mkdir(mode=0o700, parents=True)
        self._there()

    def _there(self) -> bool:
        try:
            found = self._folder.lstat()
        except FileNotFoundError:
            return False
        _check(self._folder, found, stat.S_ISDIR(found.st_mode))
        return True

    def _read(self, path: Path) -> Login | None:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(file.fileno())
            _check(path, found, stat.S_ISREG(found.st_mode))
            content = file.read(_LARGEST)
        try:
            return read(json.loads(content))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Stop(f"{path} holds no login that can be read: remove it and log in again") from None


def _check(path: Path, found: os.stat_result, right_kind: bool) -> None:
    """Returns where it is ours, and nobody else's to look into."""
    if not right_kind or found.st_uid != os.geteuid():
        raise Stop(f"{path} is not ours, or a link: remove it and log in again")
    if stat.S_IMODE(found.st_mode) & 0o077:
        mode = "700" if stat.S_ISDIR(found.st_mode) else "600"
        raise Stop(f"others can look into {path}: run chmod {mode} on it, and log in again if they may have")


def _take(descriptor: int, issuer: str) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise Stop(f"another command has been busy with the login at {issuer} for too long") from None
            time.sleep(0.02)
        else:
            return


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

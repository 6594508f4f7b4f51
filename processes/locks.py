"""Locks between processes that free themselves however their holder ends (flock on small files)."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from processes.errors import CannotStart, explain


def open_lock(path: Path) -> int:
    """Opens the lock file, made when it is not there; programs we start do not inherit it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        give_to_folder_owner(descriptor, path.parent)
    except OSError as error:
        raise explain(error, str(path)) from error
    return descriptor


def give_to_folder_owner(descriptor: int, folder: Path) -> None:
    """Hands a file that root made to the owner of the folder, who must be able to use it later."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def try_lock(descriptor: int, kind: int) -> bool:
    """Takes the lock (`fcntl.LOCK_SH` or `LOCK_EX`) now, or says that another process is in the way."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise explain(error, "a lock file of the data folder") from error
    return True


@contextmanager
def exclusive(path: Path, timeout_seconds: float) -> Iterator[None]:
    """Holds the lock alone for the length of the block.

    Raises CannotStart when another process keeps it longer than `timeout_seconds`.
    """
    descriptor = open_lock(path)
    try:
        until = time.monotonic() + timeout_seconds
        while not try_lock(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > until:
                raise CannotStart(f"{path.parent}: another process has been starting or stopping here "
                                  "for too long; end it and try again")
            time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Tells whether any process holds the lock; never waits and leaves nothing behind."""
    if not path.exists():
        return False
    descriptor = open_lock(path)
    try:
        return not try_lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


class SharedHold:
    """One process's share in a thing that lives as long as anybody holds a share.

    A share ends with `release()` or with the process, however it ends. A forked child keeps its parent's
    share alive and cannot give it up.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._owner = 0

    @property
    def held(self) -> bool:
        """Says whether this process took the share itself."""
        return self._descriptor is not None and self._owner == os.getpid()

    def take(self) -> None:
        """Takes a share; does nothing when it is held. Call it under the lock that guards starting."""
        if self.held:
            return
        if self._descriptor is not None:
            os.close(self._descriptor)  # a copy that fork gave us; the parent's share is the parent's
            self._descriptor = None
        descriptor = open_lock(self._path)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        self._descriptor, self._owner = descriptor, os.getpid()

    def release(self) -> bool:
        """Gives the share up and says whether it was the last. Call it under the lock for starting."""
        if not self.held or self._descriptor is None:
            return False
        last = try_lock(self._descriptor, fcntl.LOCK_EX)
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)  # also for copies that forked children inherited
        os.close(self._descriptor)
        self._descriptor = None
        return last

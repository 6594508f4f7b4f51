"""The trust file of a site, followed as people change it."""

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from governance.passport.trust import NO_TRUST, Trust, TrustInvalid, read_trust
from governance.stating import secret_path

log = logging.getLogger("insitu.trust")

LOOKED_AT_EVERY = 1.0  # seconds
_Print: TypeAlias = tuple[tuple[int, int, int] | None, ...]


def path_in(folder: Path) -> Path:
    """Where the trust file lies in a data folder."""
    return folder / "governance" / "trust.toml"


class TrustFile:
    """What the file says, looked at no more than once a second. Safe between threads.

    Without the file nobody is trusted. One that breaks while the site runs leaves the last good one in
    force, and the log says why; one that goes away takes its trust with it. That is believed at the second
    look, for an editor may have it away for a moment.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Reads the file.

        Raises:
            TrustInvalid: it cannot be understood: a site does not start on it.
        """
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._trust = NO_TRUST
        self._broken: str | None = None
        self._missed = False
        self._print: _Print | None = self._look()  # before reading: a change in between is seen next time
        self._trust = _read(path)
        self._looked = clock()

    def current(self) -> Trust:
        """The trust in force."""
        if self._clock() - self._looked >= LOOKED_AT_EVERY and self._lock.acquire(blocking=False):
            try:
                self._follow()
            finally:
                self._lock.release()
        return self._trust

    def _follow(self) -> None:
        self._looked = self._clock()
        found = self._look()
        if found == self._print:
            self._missed = False
            return
        if found[0] is None and not self._missed:
            self._missed = True
            return
        self._missed = False
        try:
            self._trust = _read(self._path)
        except (TrustInvalid, OSError) as error:
            self._print = None  # and so read again, for it may be mended without being written
            self._complain(str(error))
        else:
            self._print, self._broken = found, None
            log.info("the trust in force is %s of %s", self._trust.version or "none", self._path)

    def _complain(self, why: str) -> None:
        if why != self._broken:
            self._broken = why
            log.error("the last good trust stays in force: %s", why)

    def _look(self) -> _Print:
        """What changes when the file does, or a secret it names."""
        named = [each.client_secret_file for each in self._trust.broker if each.client_secret_file]
        return tuple(_stat(each) for each in (self._path, *(secret_path(self._path, name) for name in named)))


def _read(path: Path) -> Trust:
    try:
        return read_trust(path)
    except FileNotFoundError:
        return NO_TRUST


def _stat(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - the plain call, each second
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino

"""The rule book of a running site: read anew when somebody changes a file."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from governance.policy import files
from governance.policy.problems import PolicyInvalid
from governance.policy.rulebook import RuleBook, load

log = logging.getLogger("insitu.policy")

EVERY = 1.0
"""Seconds between two looks at the files."""
_CHANGING: files.Signature = (("changed while it was read", 0, 0, 0),)


class WatchedRules:
    """The rules of a folder (of the packs alone where it is None), as they were last good.

    A change is taken up when two looks have found it the same: half-written files are nobody's rules. Files
    that cannot be used are logged, and what was good before stays in force. Safe between threads.

    Raises:
        PolicyInvalid: the files cannot be used at the start.
    """

    def __init__(self, folder: Path | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = Lock()
        self._taken = self._seen = self._signature()
        self._looked = clock()
        self._book = load(folder)

    def current(self) -> RuleBook:
        """The rules in force. Looks at the files at most once a second, in one thread only."""
        if self._folder is None or self._clock() - self._looked < EVERY:
            return self._book
        if self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        return self._book

    def _look(self) -> None:
        now = self._clock()
        if now - self._looked < EVERY:
            return
        found, before = self._signature(), self._seen
        self._seen, self._looked = found, now
        if found != self._taken and found == before:
            self._take(found)

    def _take(self, found: files.Signature) -> None:
        self._taken = found
        try:
            book = load(self._folder)
        except PolicyInvalid as error:
            for each in error.problems:
                log.error("policy not changed, the rules of before stay in force: %s", each)  # noqa: TRY400 - the fault is in the file
            return
        if self._signature() != found:  # changed while it was read: look again
            self._taken = _CHANGING
            return
        log.info("policy changed: %s is in force now, %s before", book.version, self._book.version)
        self._book = book

    def _signature(self) -> files.Signature:
        return () if self._folder is None else files.signature(self._folder)

"""The rule book of a running site: read anew when somebody changes a file."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from governance.policy import files
from governance.policy.problems import PolicyInvalid, Problem
from governance.policy.rulebook import RuleBook, load

log = logging.getLogger("insitu.policy")

EVERY = 1.0
"""Seconds between two looks at the files."""
_TRIES = 10  # to read files at the start that somebody changes at that moment
_UNKNOWN = files.Signature((("not known", 0, 0, 0, 0),))


class WatchedRules:
    """The rules of a folder (of the packs alone where it is None), as they were last good.

    A change is taken up when two looks have found it the same: half-written files are nobody's rules. Files
    that cannot be used are logged, and what was good before stays in force. So it does where files went with
    their folder: a site whose rules are out of reach is no site without rules. A file is deleted where the
    folder it lay in is still there. Safe between threads.

    Raises:
        PolicyInvalid: the files cannot be used at the start.
    """

    def __init__(self, folder: Path | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = Lock()
        self._said: object = None
        self._looked = clock()
        for _ in range(_TRIES):
            self._good = self._seen = self._taken = self._signature()
            self._book = load(folder)
            if self._signature() == self._taken:
                break  # else it changed while it was read: what vanished then would not be missed

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
        self._looked, before, self._seen = now, self._seen, _UNKNOWN
        try:
            self._seen = self._signature()
            if self._seen != self._taken and self._seen == before:
                self._take(self._seen)
            elif self._seen == self._good:
                self._said = None  # all is well again
        except PolicyInvalid as error:
            self._stay(error.problems)

    def _take(self, found: files.Signature) -> None:
        """Raises PolicyInvalid where the files cannot be used."""
        self._taken = found
        lost = files.lost(self._good, found)
        if lost:
            reason = "is gone together with its folder: put it back, or restart the site to do without it"
            raise PolicyInvalid([Problem(each, 0, reason) for each in lost])
        book = load(self._folder)
        if self._signature() != found:  # changed while it was read: look again
            self._taken = _UNKNOWN
            return
        if book.version != self._book.version:
            log.info("policy changed: %s is in force now, %s before", book.version, self._book.version)
        self._book, self._good, self._said = book, found, None

    def _stay(self, problems: tuple[Problem, ...]) -> None:
        """Says what is wrong, once."""
        if problems == self._said:
            return
        self._said = problems
        for each in problems:
            log.error("policy not changed, the rules of before stay in force: %s", each)

    def _signature(self) -> files.Signature:
        return files.Signature(()) if self._folder is None else files.signature(self._folder)

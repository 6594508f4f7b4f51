"""A thread beside the answers: woken, or due by itself, it does a round. Nobody waits for it."""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger("insitu.trail")

_SOON = 1.0  # seconds until the second try of what failed; twice as long each time
_MOST = 60.0
_FOREVER = 86_400.0


class Beside:
    """Does `work`, which gives the seconds until it is due again, None for when it is woken.

    Whatever it raises is logged once, and tried again later and later. A thread that has died, as in a
    process that was forked, is started anew when it is woken.
    """

    def __init__(self, name: str, what: str, work: Callable[[], float | None]) -> None:
        self._name, self._what, self._work = name, what, work
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._failures = 0

    def wake(self) -> None:
        """Has a round begin, in no time; in a while where the last one failed."""
        thread = self._thread
        if thread is None or not thread.is_alive():
            self._start()
        if not self._failures:
            self._wake.set()

    def close(self, seconds: float = _MOST) -> None:
        """Ends the thread after a last round, or leaves it after so many seconds."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._stopped = True
        if thread is not None:
            self._wake.set()
            thread.join(seconds)

    def round(self) -> float | None:
        """One round; the seconds until the next."""
        try:
            due = self._work()
        except BaseException as error:
            self._failures += 1
            if self._failures == 1:
                public = getattr(error, "public", None)
                log.error("%s; trying on: %s", self._what, public or "", exc_info=not public)  # noqa: TRY400
            return float(min(_MOST, _SOON * 2 ** min(self._failures - 1, 10)))
        if not self._failures:
            return due
        log.warning("what failed beside the audit trail goes again, after %d times", self._failures)
        self._failures = 0
        return 0.0  # who woke us while this try was under way was not heard

    def _start(self) -> None:
        with self._lock:
            if not self._stopped and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        patience: float | None = 0.0
        while not self._stopped:
            self._wake.wait(_FOREVER if patience is None else patience)
            self._wake.clear()  # before the round: who wakes from now on finds the next one begun
            if not self._stopped:
                patience = self.round()
        self.round()  # of what came while the last round was under way

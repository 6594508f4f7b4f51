"""What happens beside recording, in a thread of its own: checkpoints and the witness. Nobody waits for it."""

import logging
import threading
from collections.abc import Callable

from governance.audit.chain import Head

log = logging.getLogger("insitu.trail")

_OFTEN = 5.0  # seconds between looks while something is due or failing
_MOST = 60.0


class Clerk:
    """Signs the head after so many rows or seconds, and tells the witness of each head or a later one.

    `signed` gives the row of the last checkpoint, `sign` makes one; `tell` is True where the witness took it.
    """

    def __init__(
        self,
        *,
        signed: Callable[[], int],
        sign: Callable[[Head], object],
        tell: Callable[[Head], bool] | None,
        rows: int,
        seconds: float,
        clock: Callable[[], float],
    ) -> None:
        self._last_signed, self._sign, self._tell = signed, sign, tell
        self._rows, self._seconds, self._clock = rows, seconds, clock
        self._head = Head()
        self._signed: int | None = None
        self._unsigned_since: float | None = None
        self._told = Head()
        self._wake = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def moved(self, head: Head) -> None:
        """Takes note of a new head, in no time."""
        self._head = head
        if self._thread is None:
            self._start()
        if self._unsigned_since is None or self._tell is not None or self._due():
            self._wake.set()

    def _due(self) -> bool:
        if self._signed is None or self._head.sequence <= self._signed:
            return False
        waited = 0.0 if self._unsigned_since is None else self._clock() - self._unsigned_since
        return self._head.sequence - self._signed >= self._rows or waited >= self._seconds

    def work(self) -> None:
        """Does what is due; what fails is logged, and due again."""
        head = self._head
        try:
            if self._signed is None:
                self._signed = self._last_signed()
            if self._unsigned_since is None and head.sequence > self._signed:
                self._unsigned_since = self._clock()
            if self._due():
                self._sign(head)
                self._signed, self._unsigned_since = head.sequence, None
        except Exception:
            log.exception("a checkpoint of the audit trail could not be made; trying on")
        if self._tell is not None and head.sequence > self._told.sequence and self._tell(head):
            self._told = head

    def close(self) -> None:
        """Ends the thread after a last round."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._stopped = True
        if thread is not None:
            self._wake.set()
            thread.join(_MOST)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None and not self._stopped:
                self._thread = threading.Thread(target=self._run, name="audit-clerk", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        patience: float | None = None
        while not self._stopped:
            self._wake.wait(patience)
            self._wake.clear()
            self.work()
            patience = self._patience()
        self.work()  # of what came while the last round was under way

    def _patience(self) -> float | None:
        """Seconds until there may be something to do without anything having been recorded."""
        if self._signed is None or (self._tell is not None and self._told.sequence < self._head.sequence):
            return _OFTEN
        if self._unsigned_since is None:
            return None
        return min(_MOST, max(0.05, self._unsigned_since + self._seconds - self._clock()))

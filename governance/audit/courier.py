"""Who tells the witness of each head, or of a later one, in a thread of its own: a witness may hang."""

import threading
from collections.abc import Callable

from governance.audit.beside import Beside
from governance.audit.chain import Head

_AGAIN = 5.0  # seconds until a witness that did not take a head is told again


class Courier:
    """`tell` is True where the witness took the head."""

    def __init__(self, tell: Callable[[Head], bool]) -> None:
        self._tell = tell
        self._head = self._told = Head()
        self._lock = threading.Lock()
        self._thread = Beside("audit-courier", "the witness of the audit trail cannot be told", self.work)

    def moved(self, head: Head, *, back: bool = False) -> None:
        """Takes note of a new head, in no time.

        Threads come in any order, so one that is not newer is left out, unless the trail goes `back`.
        """
        with self._lock:
            if head.sequence <= self._head.sequence and not back:
                return
            self._head = head
        self._thread.wake()

    def work(self) -> float | None:
        """Tells of the newest head, unless that was told."""
        head = self._head
        if head != self._told and head.sequence:
            if not self._tell(head):
                return _AGAIN
            self._told = head
        return None

    def close(self, seconds: float) -> None:
        """Ends the thread; a witness that hangs is left alone."""
        self._thread.close(seconds)

"""Who sees to it that the end is signed: after so many rows, or when the oldest that is not is so old."""

import threading
import time
from collections.abc import Callable

from governance.audit.beside import Beside
from governance.audit.chain import Head
from governance.audit.signing import Standing

_LEAST = 0.05


class Clerk:
    """Signs in a thread of its own, for as long as the process lives, also what other processes have added.

    `standing` says how far the trail is signed, by the database; `sign` gives the row that is signed now.
    """

    def __init__(
        self,
        *,
        standing: Callable[[], Standing],
        sign: Callable[[], int],
        rows: int,
        seconds: float,
        clock: Callable[[], float],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._standing, self._sign = standing, sign
        self._rows, self._seconds = rows, seconds
        self._clock, self._monotonic = clock, monotonic
        self._signed: int | None = None
        self._head = 0
        self._seen: tuple[int, float] | None = None
        self._lock = threading.Lock()
        self._thread = Beside("audit-clerk", "the audit trail could not be signed", self.work)

    def moved(self, head: Head, *, back: bool = False) -> None:
        """Takes note of a new head, in no time. One that goes `back` ends all that was known."""
        with self._lock:
            if back:
                self._signed = None
            elif head.sequence <= self._head:
                return  # threads come in any order
            self._head = head.sequence
            signed = self._signed
        if signed is None or head.sequence - signed >= self._rows:
            self._thread.wake()

    def start(self) -> None:
        """Looks from now on, whether this process records or not."""
        self._thread.wake()

    def work(self) -> float:
        """Signs where it is due; the seconds until the next look."""
        found = self._standing()
        signed, waited = found.signed, self._waited(found)
        if found.last > signed and (found.last - signed >= self._rows or waited >= self._seconds):
            signed, waited, self._seen = self._sign(), 0.0, None
        with self._lock:
            self._signed = signed
        return max(_LEAST, self._seconds - waited)

    def close(self) -> None:
        """Ends the thread after a last round."""
        self._thread.close()

    def _waited(self, found: Standing) -> float:
        """Seconds that the first row that is not signed has waited.

        By its time, which other processes know, or since it was seen, for hosts' clocks may be put back.
        """
        if found.since is None:
            self._seen = None
            return 0.0
        now = self._monotonic()
        if self._seen is None or self._seen[0] != found.signed:
            self._seen = (found.signed, now)
        return max(self._clock() - found.since, now - self._seen[1])

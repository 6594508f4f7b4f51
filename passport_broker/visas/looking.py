"""A direct look at what this broker revoked, for the clearinghouse of its own site."""

import threading
import time
from collections.abc import Callable

from database.engine import Database
from governance.caller import Visa
from passport_broker.store import visas as store
from passport_broker.visas.lifetimes import Lifetimes
from passport_broker.visas.signing import assertion_of

LOOKED_AT_EVERY = 1.0  # seconds
_OVERRUN = 900  # seconds by which clocks, and a revocation's own transaction, may be late


class Revocations:
    """Which visas of this broker hold no more, though they have not ended. Safe between threads.

    The database is asked once a second at most, and for the ids only when something was revoked. One that
    cannot be asked raises DatabaseUnavailable: whether a visa holds is not known then.
    """

    def __init__(
        self,
        database: Database,
        issuer: str,
        lifetimes: Lifetimes | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.issuer = issuer
        self._database = database
        self._seconds = (lifetimes or Lifetimes()).signed + _OVERRUN
        self._ticks = ticks
        self._lock = threading.Lock()
        self._version: int | None = None
        self._looked = float("-inf")
        self._gone: frozenset[str] = frozenset()

    def __call__(self, visa: Visa) -> bool:
        """Whether a verified visa is one of this broker's that was revoked."""
        if visa.holder.issuer != self.issuer or visa.id is None:
            return False
        return assertion_of(visa.id) in self._current()

    def _current(self) -> frozenset[str]:
        if self._ticks() - self._looked >= LOOKED_AT_EVERY:
            with self._lock:
                if self._ticks() - self._looked >= LOOKED_AT_EVERY:
                    self._look()
        return self._gone

    def _look(self) -> None:
        now = self._ticks()  # before looking: what is revoked meanwhile is seen next time
        with self._database.reading() as connection:
            version, gone = store.revoked(connection, self._version, self._seconds)
        if gone is not None:
            self._version, self._gone = version, gone
        self._looked = now

"""A document of another server's, kept: asked for when needed, once at a time, and not too often.

Each fetch has a thread of its own, so that nobody's question waits longer for a server than it has patience.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from governance.keys.errors import Unfetched
from governance.keys.times import Times

log = logging.getLogger("insitu.keys")

Value = TypeVar("Value")
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Held(Generic[Value]):
    """What an address gave, and when."""

    value: Value
    fetched: float


class _Flight:
    """A fetch that is under way; times are of a clock that nobody sets."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self._began = time.monotonic()

    def took(self) -> float:
        return time.monotonic() - self._began

    def wait(self, seconds: float) -> None:
        """Waits until it is over, or `seconds` after it began: who comes late waits less."""
        self.over.wait(max(0.0, seconds - self.took()))


class Kept(Generic[Value]):
    """What one address holds. `fetch` gives its value, from what was held before where that is not stale.

    Safe between threads: one fetch at a time, and who waited for it uses what it brought. `url` is for the
    log, which tells the first failure and the recovery.
    """

    def __init__(
        self, url: str, fetch: Callable[[Held[Value] | None], Value], clock: Clock, times: Times
    ) -> None:
        self._url = url
        self._fetch = fetch
        self._clock = clock
        self._times = times
        self._lock = threading.Lock()
        self._flight: _Flight | None = None
        self._held: Held[Value] | None = None
        self._rests_until: float | None = None
        self._failures = 0
        self._why: tuple[str, bool] | None = None  # and no exception, which would hold on to what raised it
        self._slow = False

    def get(self) -> Value:
        """The value; waited for where there is none, or where it is too old to go on with.

        Raises:
            Unfetched: there is none, or only one that is stale, and the server does not give another.
        """
        held = self._usable()
        # A withdrawn key counts so long whether we look or not; who needs an older document waits for it.
        if held is None or not self._within(held.fetched, self._times.refresh + self._times.retired):
            return self.renewed()
        if not self._within(held.fetched, self._times.refresh):
            self._start()
        return held.value

    def renewed(self) -> Value:
        """The value, asked for once more unless that was done a moment ago; the one held if that fails.

        Raises:
            Unfetched: as `get`.
        """
        flight = self._start()
        if flight is not None:
            flight.wait(self._times.hurry if self._slow else self._times.patience)
        held = self._usable()
        if held is None:
            raise self.doubt() or Unfetched("is not known", down=True)
        return held.value

    def doubt(self) -> Unfetched | None:
        """Why the value held may not be what the server has; None where it gave it when last asked."""
        with self._lock:
            if self._why is not None:
                return Unfetched(self._why[0], down=self._why[1])
            return Unfetched("takes long to answer", down=True) if self._flight else None

    def _usable(self) -> Held[Value] | None:
        held = self._held
        return held if held is not None and self._within(held.fetched, self._times.stale) else None

    def _start(self) -> _Flight | None:
        """The fetch that is under way, begun where there is none; none either while the server rests."""
        with self._lock:
            if self._flight is None and not self._resting():
                flight = _Flight()
                threading.Thread(target=self._fly, args=(flight,), name="fetch", daemon=True).start()
                self._flight = flight
            return self._flight

    def _fly(self, flight: _Flight) -> None:
        value, why = None, ("cannot be asked", True)
        try:
            value = Held(self._fetch(self._usable()), self._clock())
        except Unfetched as error:
            why = error.why, error.down
        finally:
            with self._lock:
                self._land(flight, value, why)
            flight.over.set()

    def _land(self, flight: _Flight, value: Held[Value] | None, why: tuple[str, bool]) -> None:
        if value is None:
            if not self._failures:
                log.warning("%s cannot be had: it %s", self._url, why[0])
            self._failures, self._why = self._failures + 1, why
            # Until it answers: a server that is left alone, as it was slow, fails fast.
            self._slow |= flight.took() > self._times.patience
        else:
            if self._failures:
                log.info("%s can be had again, after %d failures", self._url, self._failures)
            self._held, self._failures, self._why, self._slow = value, 0, None, False
        self._flight = None
        # From its end, so that a slow server gets its rest.
        self._rests_until = self._clock() + self._times.rest_after(self._failures)

    def _resting(self) -> bool:
        """Whether the server is not to be asked yet; a clock that was set back has no say."""
        left = 0.0 if self._rests_until is None else self._rests_until - self._clock()
        return 0 < left <= self._times.longest_rest

    def _within(self, since: float, seconds: float) -> bool:
        """Whether it is less than `seconds` ago; a clock that was set back has no say."""
        return 0 <= self._clock() - since < seconds

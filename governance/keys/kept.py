"""A document of another server's, kept: asked for when needed, by one caller at a time, and not too often."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from governance.keys.fetching import Unfetched

Value = TypeVar("Value")
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Times:
    """How long things hold, in seconds.

    A kept document is asked for again after `refresh`, by the one caller who notices. Where the server does
    not answer, it holds until it is `stale`. Between two calls lie at least `floor` seconds, whatever
    anybody asks for. A key that is gone from its document is honoured for `retired` seconds.
    """

    refresh: float = 3600.0
    stale: float = 86_400.0
    floor: float = 30.0
    retired: float = 3600.0


@dataclass(frozen=True, slots=True)
class _Held(Generic[Value]):
    value: Value
    fetched: float


class Kept(Generic[Value]):
    """What one address holds. `fetch` gives its value, from the one held before (None at first).

    Safe between threads: one fetch at a time, and who waited for it uses what it brought.
    """

    def __init__(self, fetch: Callable[[Value | None], Value], clock: Clock, times: Times) -> None:
        self._fetch = fetch
        self._clock = clock
        self._times = times
        self._lock = threading.Lock()
        self._held: _Held[Value] | None = None
        self._tried: float | None = None
        self._failed: Unfetched | None = None

    def get(self, serves: Callable[[Value], bool] = lambda _: True) -> Value:
        """The value; fetched first where there is none, where it is old, or where it does not serve.

        It may still not serve afterwards: that is for the caller to see.

        Raises:
            Unfetched: there is none, or only one that is stale, and the server does not give another.
        """
        held = self._usable()
        if held is not None and serves(held.value):
            self._refresh_if_due(held)
        else:
            self._fetch_for(serves)
        held = self._usable()
        if held is None:
            failed = self._failed
            raise Unfetched(failed.why if failed else "is not known", down=failed.down if failed else True)
        return held.value

    def _usable(self) -> _Held[Value] | None:
        held = self._held
        return held if held is not None and self._within(held.fetched, self._times.stale) else None

    def _refresh_if_due(self, held: _Held[Value]) -> None:
        """One caller renews what has become old; the others go on with it meanwhile."""
        if self._within(held.fetched, self._times.refresh) or self._just_tried():
            return
        if self._lock.acquire(blocking=False):
            try:
                if self._held is held and not self._just_tried():
                    self._renew()
            finally:
                self._lock.release()

    def _fetch_for(self, serves: Callable[[Value], bool]) -> None:
        """Fetches, unless somebody did while we waited for our turn, or did a moment ago."""
        with self._lock:
            held = self._usable()
            if (held is None or not serves(held.value)) and not self._just_tried():
                self._renew()

    def _renew(self) -> None:
        try:
            value = self._fetch(self._held.value if self._held else None)
        except Unfetched as error:
            self._failed = error
        else:
            self._held, self._failed = _Held(value, self._clock()), None
        finally:
            self._tried = self._clock()  # from its end, so that a slow server gets its rest

    def _just_tried(self) -> bool:
        return self._tried is not None and self._within(self._tried, self._times.floor)

    def _within(self, since: float, seconds: float) -> bool:
        """Whether it is less than `seconds` ago; a clock that was set back has no say."""
        return 0 <= self._clock() - since < seconds

"""What was found out lately, for as long as it holds; and work that many ask for at once, done once."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

SWEPT_EVERY = 60.0  # seconds


class Late(Exception):  # noqa: N818 - named for what it is
    """Somebody else's work did not end in time."""


class Remembered(Generic[Key, Value]):
    """At most `most` values of `size` bytes in all, each until a time; those used longest ago make room.

    `weigh` says how large a value is, as near as it matters. Safe between threads.
    """

    def __init__(
        self,
        most: int,
        clock: Callable[[], float],
        size: int | None = None,
        weigh: Callable[[Value], int] = lambda _: 0,
    ) -> None:
        self._most = most
        self._size = size
        self._weigh = weigh
        self._clock = clock
        self._lock = threading.Lock()
        self._values: OrderedDict[Key, tuple[Value, float, int]] = OrderedDict()
        self._weight = 0
        self._swept = clock()

    def get(self, key: Key) -> Value | None:
        """The value, where it is remembered and still holds."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            if found[1] <= self._clock():
                self._drop(key)
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: Key, value: Value, until: float) -> None:
        """Remembers the value until that time, in the seconds of the clock."""
        weight = self._weigh(value)
        with self._lock:
            self._sweep()
            self._drop(key)
            self._values[key] = value, until, weight
            self._weight += weight
            while len(self._values) > self._most or (self._size is not None and self._weight > self._size):
                self._drop(next(iter(self._values)))

    def __len__(self) -> int:
        with self._lock:
            return len(self._values)

    def _drop(self, key: Key) -> None:
        gone = self._values.pop(key, None)
        if gone is not None:
            self._weight -= gone[2]

    def _sweep(self) -> None:
        """Now and then drops what has ended, for nobody may ask for it again."""
        now = self._clock()
        if 0 <= now - self._swept < SWEPT_EVERY:
            return
        self._swept = now
        for key in [key for key, (_, until, _) in self._values.items() if until <= now]:
            self._drop(key)


class Flights(Generic[Key, Value]):
    """Work under a key that is done once for all who ask while it is being done. Safe between threads."""

    def __init__(self, patience: float) -> None:
        """`patience`: seconds for which somebody waits for the work of who asked first."""
        self._patience = patience
        self._lock = threading.Lock()
        self._open: dict[Key, Future[Value]] = {}

    def run(self, key: Key, work: Callable[[], Value]) -> Value:
        """What `work` returns, in this thread or in that of who asked first; only there may it raise.

        Raises:
            Late: the other takes too long, or has failed.
        """
        with self._lock:
            flight = self._open.get(key)
            first = flight is None
            if flight is None:
                flight = self._open[key] = Future()
        if first:
            return self._fly(key, flight, work)
        try:
            return flight.result(self._patience)
        except Exception:  # noqa: BLE001 - one instance for all would grow with each who raises it
            raise Late from None

    def _fly(self, key: Key, flight: "Future[Value]", work: Callable[[], Value]) -> Value:
        try:
            value = work()
        except BaseException:
            self._land(key)
            flight.set_exception(Late())
            raise
        self._land(key)
        flight.set_result(value)
        return value

    def _land(self, key: Key) -> None:
        with self._lock:
            del self._open[key]

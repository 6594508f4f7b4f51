"""What was found out lately, for as long as it holds; and work that many ask for at once, done once."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Remembered(Generic[Key, Value]):
    """At most `most` values, each until a time; those used longest ago make room. Safe between threads."""

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._values: OrderedDict[Key, tuple[Value, float]] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        """The value, where it is remembered and still holds."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            if found[1] <= self._clock():
                del self._values[key]
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: Key, value: Value, until: float) -> None:
        """Remembers the value until that time, in the seconds of the clock."""
        with self._lock:
            self._values[key] = value, until
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)

    def __len__(self) -> int:
        with self._lock:
            return len(self._values)


class Flights(Generic[Key, Value]):
    """Work under a key that is done once for all who ask while it is being done. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[Key, Future[Value]] = {}

    def run(self, key: Key, work: Callable[[], Value]) -> Value:
        """What `work` returns or raises, in this thread or in that of who asked first."""
        with self._lock:
            flight = self._open.get(key)
            first = flight is None
            if flight is None:
                flight = self._open[key] = Future()
        return self._fly(key, flight, work) if first else flight.result()

    def _fly(self, key: Key, flight: "Future[Value]", work: Callable[[], Value]) -> Value:
        try:
            value = work()
        except BaseException as error:
            self._land(key)
            flight.set_exception(error if isinstance(error, Exception) else RuntimeError("interrupted"))
            raise
        self._land(key)
        flight.set_result(value)
        return value

    def _land(self, key: Key) -> None:
        with self._lock:
            del self._open[key]

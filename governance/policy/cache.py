"""Decisions kept while they hold."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """At most `most` values by key, the least used forgotten first, none given after its end.

    Safe between threads.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, tuple[Value, float | None]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, now: float) -> Value | None:
        """The value, where there is one that holds now (seconds since 1970)."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            value, end = found
            if end is not None and now >= end:
                del self._values[key]
                return None
            self._values.move_to_end(key)
            return value

    def put(self, key: Hashable, value: Value, end: float | None) -> None:
        """Keeps a value until `end`; for good where it is None."""
        with self._lock:
            self._values[key] = (value, end)
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)

    def __len__(self) -> int:
        return len(self._values)

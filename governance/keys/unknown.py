"""Names of keys that an address did not have: for each of them it is asked ever more seldom."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from governance.keys.jwk import Name

MOST = 1000


class Unknown:
    """The names that one address did not have lately. Safe between threads.

    A name not seen before may be new, and be asked for. One that was not there is asked for again after
    `first` seconds, then after twice as long each time, up to `last`: a visa of a key that will never come
    back costs a call an hour in the end, like any other.
    """

    def __init__(self, clock: Callable[[], float], first: float, last: float) -> None:
        self._clock = clock
        self._first = first
        self._last = last
        self._lock = threading.Lock()
        self._names: OrderedDict[Name, tuple[float, float]] = OrderedDict()

    def may_ask(self, name: Name) -> bool:
        """Whether the address may be asked for it now."""
        with self._lock:
            return self._due(name)

    def note(self, name: Name) -> None:
        """The address does not have it."""
        with self._lock:
            if not self._due(name):
                return
            pause = min(2 * self._names[name][1], self._last) if name in self._names else self._first
            self._names[name] = self._clock(), pause
            self._names.move_to_end(name)
            while len(self._names) > MOST:
                self._names.popitem(last=False)

    def _due(self, name: Name) -> bool:
        since, pause = self._names.get(name, (0.0, 0.0))
        return not 0 <= self._clock() - since < pause

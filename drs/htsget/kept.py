"""Things that were read from files, kept as long as there is room: what was used least lately goes first."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Protocol, TypeVar, cast


class Sized(Protocol):
    """A thing that knows about how many bytes of memory it takes."""

    @property
    def size(self) -> int:
        """Bytes of memory, about."""


Thing = TypeVar("Thing", bound=Sized)
_STRIPES = 64


class Kept:
    """At most `most` bytes of things, by key. Safe between threads.

    A key names a state of a file, so that nothing that is kept ever becomes wrong. Whoever asks for a thing
    that is just being made waits for it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._things: OrderedDict[Hashable, Sized] = OrderedDict()
        self._lock = threading.Lock()
        self._making = [threading.Lock() for _ in range(_STRIPES)]
        self.size = 0

    def get(self, key: Hashable, make: Callable[[], Thing]) -> Thing:
        """The thing of that key, made where it is not kept. One that is larger than all room is not kept."""
        found = self._find(key)
        if found is None:
            with self._making[hash(key) % _STRIPES]:
                found = self._find(key)
                if found is None:
                    found = make()
                    self._keep(key, found)
        return cast("Thing", found)

    def _find(self, key: Hashable) -> Sized | None:
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
            return self._things.get(key)

    def _keep(self, key: Hashable, thing: Sized) -> None:
        if thing.size > self._most:
            return
        with self._lock:
            self._things[key] = thing
            self.size += thing.size
            while self.size > self._most:
                _, gone = self._things.popitem(last=False)
                self.size -= gone.size

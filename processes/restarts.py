"""When to start anew what has died: soon, and later the more often it dies soon again."""

import time
from collections.abc import Callable

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
LONG_LIFE_SECONDS = 60.0
"""What has lived longer than this is not on its way to dying again: its next pause is the first once more."""


class Restarts:
    """The pauses between deaths and restarts of things that have names."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pauses: dict[str, float] = {}
        self._started: dict[str, float] = {}
        self._due: dict[str, float] = {}

    def died(self, name: str) -> None:
        """Notes a death, or a start that failed: it is due again after a pause."""
        now, last = self._clock(), self._pauses.get(name)
        again = last is not None and now - self._started.get(name, now) < LONG_LIFE_SECONDS
        self._pauses[name] = min(LONGEST_PAUSE_SECONDS, 2 * last) if last and again else FIRST_PAUSE_SECONDS
        self._due[name] = now + self._pauses[name]

    def due(self) -> list[str]:
        """Gives the names whose pause is over, each once: they are being started now."""
        now = self._clock()
        names = [name for name, at in self._due.items() if at <= now]
        for name in names:
            del self._due[name]
            self._started[name] = now
        return names

    def waiting(self, name: str) -> bool:
        """Says whether the name is in its pause."""
        return name in self._due

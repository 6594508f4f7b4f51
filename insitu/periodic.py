"""What a running site does now and then: a command of ours as a child, which ends by itself."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence

from processes.children import Children, Ended
from processes.errors import CannotStart

log = logging.getLogger("insitu.site")


class Periodic:
    """Starts a command `first` seconds from now, and again `every` so many seconds.

    One that takes longer than that is waited for. Several sites over one database may each do so: the command
    has to see to it that nothing is done twice.
    """

    def __init__(
        self,
        children: Children,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        first: float = 60.0,
        every: float = 3600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._children = children
        self._name = name
        self._command = command
        self._environment = environment
        self._every = every
        self._clock = clock
        self._due = clock() + first

    def tend(self, ended: Sequence[Ended]) -> None:
        """Starts it where it is time; says so where it failed."""
        for each in ended:
            if each.name == self._name and each.status:
                log.warning("%s ended with status %d and is tried again", each.name, each.status)
        if self._clock() < self._due:
            return
        self._due = self._clock() + self._every
        if self._name in self._children.pids:
            return
        try:
            self._children.start(self._name, self._command, environment=self._environment)
        except (CannotStart, OSError) as error:
            log.warning("%s cannot be started now: %s", self._name, error)

"""A server of others as this site calls it: few calls at once, each ends, and rest where it is slow."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from governance.keys.errors import Unfetched
from governance.keys.watching import Watch

Value = TypeVar("Value")

TURN = 0.5  # seconds for which a call waits for its turn
RESTS_MOST = 60.0  # seconds


class Server:
    """Calls to one server. Safe between threads.

    Each runs in a thread of its own, for nothing else can leave a look-up of a name or a connection that
    never comes about; whoever waits for it leaves after `seconds`. A server that took too long is not called
    for `rest` seconds, then by one call, and if that is slow as well not for twice as long.
    """

    def __init__(self, seconds: float, at_once: int, rest: float) -> None:
        self._seconds = seconds
        self._rest = rest
        self._turns = threading.BoundedSemaphore(at_once)
        self._lock = threading.Lock()
        self._slow = 0
        self._rests_until = 0.0

    def call(self, work: Callable[[Watch], Value]) -> Value:
        """What `work` returns, which is to connect under its watch.

        Raises:
            Unfetched: it takes too long, has its rest, or is being called as much as it may.
        """
        self._enter()
        if not self._turns.acquire(timeout=min(TURN, self._seconds)):
            raise Unfetched("is being asked as much as this site asks at a time", down=True)
        made: Future[Value] = Future()
        watch = Watch()
        threading.Thread(target=self._run, args=(work, watch, made), name="call", daemon=True).start()
        try:
            found = made.result(self._seconds)
        except TimeoutError:
            watch.end()
            self._note(slow=True)
            raise Unfetched("took too long", down=True) from None
        except BaseException:
            self._note(slow=False)
            raise
        self._note(slow=False)
        return found

    def _run(self, work: Callable[[Watch], Value], watch: Watch, made: "Future[Value]") -> None:
        """The turn lasts as long as the thread, so that there are never more of them than turns."""
        try:
            made.set_result(work(watch))
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            made.set_exception(error)
        finally:
            self._turns.release()

    def _enter(self) -> None:
        with self._lock:
            if not self._slow:
                return
            now = time.monotonic()
            if now < self._rests_until:
                raise Unfetched("took too long the last time, and is left alone for a while", down=True)
            self._rests_until = now + self._seconds  # for the others: this one goes to look

    def _note(self, *, slow: bool) -> None:
        with self._lock:
            self._slow = self._slow + 1 if slow else 0
            pause = min(self._rest * 2.0 ** min(self._slow - 1, 30), RESTS_MOST)
            self._rests_until = time.monotonic() + pause * random.uniform(0.75, 1.25)  # noqa: S311 - no secret

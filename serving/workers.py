"""The threads in which operations run, as many as there are database connections for them.

A pool of our own, for the hand-over to a thread and back is the larger part of what a small answer costs:
`concurrent.futures` under asyncio makes two futures and chains them, this makes one.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

from serving.reasons import Unavailable

Answer = TypeVar("Answer")
_Job = tuple[Callable[[], Any], asyncio.AbstractEventLoop, "asyncio.Future[Any]"]


class Workers:
    """`threads` calls at a time; `waiting` more may queue. One pool may serve several apps of a process.

    Threads start with the first call, so that a pool made before a fork is whole after it. They never hold up
    the end of the process.
    """

    def __init__(self, threads: int, waiting: int) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._size = threads
        self._most = threads + waiting
        self._busy = 0
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    async def run(self, work: Callable[[], Answer]) -> Answer:
        """What `work` returns, from a thread of the pool.

        Raises:
            Unavailable: as many calls as may wait are waiting.
        """
        if self._busy >= self._most:
            raise Unavailable("This site is answering as much as it can just now: try again in a moment.")
        if not self._threads:
            self._start()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._busy += 1
        try:
            self._jobs.put((work, loop, future))
            return await future
        finally:
            self._busy -= 1

    def close(self) -> None:
        """Has each thread end after the calls that were asked for before; idempotent."""
        with self._lock:
            for _ in self._threads:
                self._jobs.put(None)
            self._threads = []

    def _start(self) -> None:
        with self._lock:
            if not self._threads:
                self._threads = [
                    threading.Thread(target=self._work, name=f"operation-{number}", daemon=True)
                    for number in range(self._size)
                ]
                for each in self._threads:
                    each.start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            work, loop, future = job
            result, error = None, None
            try:
                result = work()
            except BaseException as raised:  # noqa: BLE001 - it is raised where the answer is awaited
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, future, result, error)
            # Nothing of a request stays with the thread while it waits for the next.
            del job, work, loop, future, result, error


def _settle(future: "asyncio.Future[Any]", result: object, error: BaseException | None) -> None:
    if future.cancelled():
        return
    if error is None:
        future.set_result(result)
    elif isinstance(error, Exception) and not isinstance(error, StopIteration):
        future.set_exception(error)
    else:
        # A future may not hold a StopIteration, and what ends a program may not end the loop.
        wrong = RuntimeError(f"{type(error).__name__} left an operation")
        wrong.__cause__ = error
        future.set_exception(wrong)

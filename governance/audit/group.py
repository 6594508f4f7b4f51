"""Group commit: calls that come together are committed together, and a lone one waits for nobody.

Whoever finds nobody committing leads: it commits what is waiting, its own item first. Items that arrive
meanwhile wait; when the commit is done the first of those leads next, while the leader before finishes what
comes after a commit and wakes those it committed. So no thread serves others longer than one commit, and no
time is slept.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class _Waiting(Generic[Item]):
    """An item and its thread, which wakes when the item is settled or the thread is to lead."""

    __slots__ = ("awake", "error", "gone", "item", "leads")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.leads = False
        self.gone = False
        self.error: BaseException | None = None
        self.awake = threading.Lock()
        self.awake.acquire()


class NotCommitted(Exception):  # noqa: N818  (names what happened)
    """The commit that an item was part of failed; the cause says why."""


class Group(Generic[Item]):
    """Commits items by `commit`, at most `most` at once, one commit at a time.

    What `commit` returns is called before anybody is told, and may run beside the next commit.
    """

    def __init__(self, commit: Callable[[list[Item]], Callable[[], None]], most: int = 256) -> None:
        self._commit = commit
        self._most = most
        self._lock = threading.Lock()
        self._waiting: list[_Waiting[Item]] = []
        self._led = False

    def put(self, item: Item) -> None:
        """Returns when the item is committed.

        Raises:
            NotCommitted: it is not, or nobody can tell; from what `commit` raised.
        """
        mine = _Waiting(item)
        with self._lock:
            self._waiting.append(mine)
            mine.leads = not self._led
            self._led = True
        if not mine.leads:
            self._wait(mine)
        if mine.leads:
            self._lead(mine)
        if mine.error is not None:
            raise NotCommitted from mine.error

    def _wait(self, mine: _Waiting[Item]) -> None:
        try:
            mine.awake.acquire()
        except BaseException:  # Ctrl-C: the item stays, but its thread cannot lead
            with self._lock:
                mine.gone = True
                leads = mine.leads
            if leads:
                self._hand_over()
            raise

    def _lead(self, mine: _Waiting[Item]) -> None:
        with self._lock:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        error: BaseException | None = None
        try:
            try:
                finish = self._commit([each.item for each in batch])
            finally:
                self._hand_over()
            finish()
        except BaseException as raised:  # noqa: BLE001  (each thread raises it)
            error = raised
        for each in batch:
            each.error = error
            if each is not mine:
                each.awake.release()

    def _hand_over(self) -> None:
        with self._lock:
            heir = self._heir()
        if heir is not None:
            heir.awake.release()

    def _heir(self) -> _Waiting[Item] | None:
        """The thread that leads next, told so; None where nobody waits. Called under the lock."""
        heir = next((each for each in self._waiting if not each.gone), None)
        if heir is not None:
            heir.leads = True
            self._waiting.remove(heir)
            self._waiting.insert(0, heir)  # whatever it takes, its own item is among it
        self._led = heir is not None
        return heir

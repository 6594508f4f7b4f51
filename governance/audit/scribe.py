"""Adding to the chain: the quick way while all is as it was left, else with a look at what is there."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from database.engine import Database
from governance.audit import checkpoints, signing
from governance.audit.appending import Appender, End
from governance.audit.chain import Body, Head
from governance.audit.entries import Act, Entry
from governance.audit.errors import TrailBroken
from governance.audit.headfile import HeadFile
from governance.audit.keyring import Keyring
from governance.audit.prunings import last_pruning
from governance.audit.pseudonyms import Pseudonyms
from governance.audit.seals import Writer
from governance.audit.walking import walk
from governance.audit.writing import body_of

LEAST = 1_000_000
# Far enough that no process still has this number from before rows were lost.
_LEAP = f"UPDATE governance.audit_forgotten SET number = number + {LEAST} + (random() * 1e9)::bigint"


@dataclass(slots=True)
class Item:
    """Something to record, as text, and how many subjects had been forgotten when it became text."""

    made: Entry | Act
    body: Body
    forgotten: int


class Scribe:
    """Adds items through a connection of its own. `commit` is for one thread at a time."""

    def __init__(
        self,
        database: Database,
        keys: Keyring,
        head_file: HeadFile,
        question_bytes: int,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._keys = keys
        self._head_file = head_file
        self._question_bytes = question_bytes
        self._clock = clock
        self.appender = Appender(database)
        self._known = Head()
        self._forgotten = -1
        self._number = -1  # as `_forgotten`, and a doubt leaves it
        self._back = False
        self._doubted = True
        self._shut: TrailBroken | None = None

    @cached_property
    def names(self) -> Pseudonyms:
        """Under which names subjects are recorded."""
        return Pseudonyms(self._database, self._keys.names)

    @cached_property
    def writer(self) -> Writer:
        """Seals bodies."""
        self.begin()
        return Writer(self._keys.seals)

    def begin(self) -> None:
        """Begins the seals: a site that had none signs first what it has written without."""
        if not self._keys.begun():
            signing.begin_seals(self._database, self._keys, self.last, self._clock())

    def item(self, made: Entry | Act) -> Item:
        """As text, which takes longest and holds nobody up."""
        forgotten = self._forgotten  # before the names are looked up
        return Item(made, self.body(made), forgotten)

    def body(self, made: Entry | Act) -> Body:
        """The text of an entry as of now."""
        return body_of(made, self.names, self._question_bytes)

    def last(self) -> Head:
        """What the file says was written; where somebody has removed it, what this process knows."""
        return self._head_file.read() or self._known

    def doubt(self) -> None:
        """Has the next entry look at all that is not signed first: something there was found to be wrong."""
        self._doubted, self._forgotten = True, -1

    def commit(self, items: Sequence[Item]) -> Head:
        """The end of the chain after the items."""
        if self._shut is not None:
            raise self._shut
        known = self.last()
        head = self._extended(known, items)
        if head is None:
            self.writer.anew()
            head = self._appended(known, items)
        self._known = head
        return head

    def resume(self, act: Act, expected: Head, *, accept: bool = False) -> Head:
        """The end of the chain after the act, whatever was written before; every process looks again then.

        `accept`: the secrets that there are now are the site's from this row on; those that are not are made.

        Raises:
            TrailBroken: the end is not the expected one any more; nothing is accepted.
        """
        secrets = self._keys.there() if accept else None
        names = self.names if secrets is None else Pseudonyms(self._database, secrets.names)
        writer = self.writer if secrets is None else Writer(secrets.seals)
        writer.anew()

        def bodies(end: End) -> Sequence[Body]:
            if end.head != expected:
                raise TrailBroken(f"the trail ends with row {end.head.sequence} by now: look again")
            return writer.sealed([body_of(act, names, self._question_bytes)])

        def within(cursor: Any) -> None:
            cursor.execute(_LEAP)
            if secrets is not None:
                self._keys.accept(cursor, secrets)

        self._known = self.appender.append(0, bodies, within)
        self._renew()
        self.writer.anew()
        self._forgotten = -1
        return self._known

    def went_back(self) -> bool:
        """Was the trail resumed, by any process, since this was asked?"""
        went, self._back = self._back, False
        return went

    def _renew(self) -> None:
        """Lets go of secrets that are not the trail's any more."""
        if self._keys.renew():
            self.__dict__.pop("names", None)
            self.__dict__.pop("writer", None)

    def _extended(self, known: Head, items: Sequence[Item]) -> Head | None:
        """The head after the items, where nobody was forgotten meanwhile and all is as it was left."""
        forgotten = self._forgotten
        if forgotten < 0 or any(each.forgotten != forgotten for each in items):
            return None
        bodies = self.writer.sealed(each.body for each in items)
        try:
            with self._counted(len(items)):  # where None comes, another writer goes on
                return self.appender.extend(known, forgotten, bodies)
        except TrailBroken as broken:
            self._shut = broken  # its rows are there, and more would make it worse
            raise

    def _appended(self, known: Head, items: Sequence[Item]) -> Head:
        with self._counted(len(items)):
            return self.appender.append(known.sequence, lambda end: self._bodies(end, known, items))

    @contextmanager
    def _counted(self, count: int) -> Iterator[None]:
        """Counts the rows that the block adds; its writer goes on under another name where none can tell."""
        try:
            yield
        except BaseException:
            self.writer.anew()
            raise
        self.writer.wrote(count)

    def _bodies(self, end: End, known: Head, items: Sequence[Item]) -> Sequence[Body]:
        if not holds(end, known):
            raise _broken(end, known)
        moved = end.forgotten != self._forgotten
        if moved:
            self._renew()
        self._verified(end, known)
        if moved:
            self.names.clear()
            self._back = self._back or 0 <= self._number <= end.forgotten - LEAST
            self._forgotten = self._number = end.forgotten
        for each in items:
            if each.forgotten != end.forgotten:  # its names may be those of somebody forgotten meanwhile
                each.body = self.body(each.made)
        return self.writer.sealed(each.body for each in items)

    def _verified(self, end: End, known: Head) -> None:
        """Were the rows behind the known one, which others have added, sealed by this site?

        Raises:
            TrailBroken: one was not.
        """
        if end.head.sequence == 0 or (end.head == known and not self._doubted):
            return
        public, secret = self._keys.public, self._keys.seals
        with self._database.unit_of_work() as work:
            if self._doubted or known.sequence <= end.pruned:
                last, _ = checkpoints.newest(work.raw, public)
                signing.verified_end(work.raw, public, secret, last, end.head.sequence)
            else:
                _, writers = last_pruning(work.raw, public)
                walk(work.raw, secret, known, end.head.sequence, writers)
        self._doubted = False


def holds(end: End, known: Head) -> bool:
    """True where the database's chain has the row that was written before, or it was pruned."""
    return end.known == known.hash or known.sequence <= end.pruned < end.head.sequence


def _broken(end: End, known: Head) -> TrailBroken:
    return TrailBroken(
        f"the audit trail in the database ends at row {end.head.sequence} and does not hold row "
        f"{known.sequence} as it was written: `insitu audit verify` says what is wrong; after putting "
        "back a backup, `insitu audit resume` accepts what is lost"
    )

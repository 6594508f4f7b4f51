"""The trail: what is recorded is on disk before anybody is answered."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from database.engine import Database
from governance.audit import checkpoints
from governance.audit.appending import Appender, End
from governance.audit.chain import Body, Head
from governance.audit.clerk import Clerk
from governance.audit.entries import Act, Entry
from governance.audit.errors import CannotRecord, TrailBroken
from governance.audit.group import Group, NotCommitted
from governance.audit.headfile import HeadFile
from governance.audit.pseudonyms import Pseudonyms
from governance.audit.witness import Witness
from governance.audit.writing import body_of
from governance.keys.site import SiteKey, secret_bytes, site_key
from governance.settings import AuditSettings

log = logging.getLogger("insitu.trail")


@dataclass(slots=True)
class _Item:
    """Something to record, as text, and how many subjects had been forgotten when it became text."""

    made: Entry | Act
    body: Body
    forgotten: int


class Trail:
    """The audit trail of a site, in its database and its data folder. Safe between threads and processes.

    Threads that record at the same time share one transaction, processes take turns at the end of the chain.
    """

    def __init__(
        self,
        database: Database,
        folder: Path,
        settings: AuditSettings | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Opens and makes nothing before it is needed."""
        self.database = database
        self.folder = folder
        self.clock = clock
        self.head_file = HeadFile(folder)
        self._settings = settings or AuditSettings()
        self._appender = Appender(database)
        self._group: Group[_Item] = Group(self._commit)
        self._known = Head()
        self._forgotten = -1
        self._clerk = Clerk(
            signed=lambda: checkpoints.last(database),
            sign=self._sign,
            tell=None if self._settings.witness_url is None else self._tell,
            rows=self._settings.checkpoint_rows,
            seconds=self._settings.checkpoint_seconds,
            clock=clock,
        )

    @cached_property
    def key(self) -> SiteKey:
        """The site's key, made at first need."""
        return site_key(self.folder)

    @cached_property
    def names(self) -> Pseudonyms:
        """Under which names subjects are recorded."""
        return Pseudonyms(self.database, secret_bytes(self.folder, "pseudonyms"))

    def _tell(self, head: Head) -> bool:
        return self._witness.tell(head)

    @cached_property
    def _witness(self) -> Witness:
        """Asked for by the clerk's thread alone."""
        url = str(self._settings.witness_url)
        return Witness(url, self.key, self.folder, self._settings.witness_seconds, self.clock)

    def record(self, made: Entry | Act) -> None:
        """Returns when the entry is committed, and the head of the chain with it outside the database.

        Raises:
            CannotRecord: it is not, or nobody can tell. The log says why.
        """
        try:
            self._group.put(self._item(made))
        except NotCommitted as failed:
            raise CannotRecord from failed.__cause__
        except Exception as error:
            log.exception("an entry of the audit trail cannot be written")
            raise CannotRecord from error

    def checkpoint(self) -> Head:
        """The end of the chain, now signed.

        Raises:
            TrailBroken: the database's end is not the one that was written here; nothing is signed.
        """
        known = self._last()
        head = self._appender.append(known.sequence, lambda end: _checked(end, known))
        if head.sequence:
            self._sign(head)
        return head

    def standing(self) -> tuple[Head, Head | None]:
        """What was written here; with it, where that is not in the database any more, what that ends with."""
        known = self._last()
        held = []

        def look(end: End) -> list[Body]:
            held.append(_holds(end, known))
            return []

        head = self._appender.append(known.sequence, look)
        return known, None if held[0] else head

    def resume(self, made: Act) -> Head:
        """Records an act although the end of the chain is not what was written here, and goes on from it.

        For the operator who has put a backup of the database back: the act says what is missing, and by whom
        that was accepted.
        """
        head = self._appender.append(0, lambda _end: [self._body(made)])
        self.head_file.write(head, back=True)
        self._known = head
        return head

    def close(self) -> None:
        """Ends the thread beside and the connection."""
        self._clerk.close()
        self._appender.close()

    # --- what the leader of a group does

    def _commit(self, items: list[_Item]) -> Callable[[], None]:
        """Commits the items; what is left to do is the head outside, beside which others may commit."""
        with _said():
            known = self._last()
            head = self._appender.append(known.sequence, lambda end: self._bodies(end, known, items))
            self._known = head
        return lambda: self._committed(head)

    def _committed(self, head: Head) -> None:
        with _said():
            self.head_file.write(head)
            self._clerk.moved(head)

    def _last(self) -> Head:
        """What the file says was written; where somebody has removed it, what this process knows."""
        return self.head_file.read() or self._known

    def _bodies(self, end: End, known: Head, items: list[_Item]) -> list[Body]:
        _checked(end, known)
        if end.forgotten != self._forgotten:
            self.names.clear()
            self._forgotten = end.forgotten
        for each in items:
            if each.forgotten != end.forgotten:  # its names may be those of somebody forgotten meanwhile
                each.body = self._body(each.made)
        return [each.body for each in items]

    # --- texts, names, signatures

    def _item(self, made: Entry | Act) -> _Item:
        forgotten = self._forgotten  # before the names are looked up
        return _Item(made, self._body(made), forgotten)

    def _body(self, made: Entry | Act) -> Body:
        return body_of(made, self.names, self._settings.question_bytes)

    def _sign(self, head: Head) -> None:
        checkpoints.make(self.database, self.key, head, self.clock())


@contextmanager
def _said() -> Iterator[None]:
    """Has the log say why entries cannot be kept; the caller is only told that they cannot."""
    try:
        yield
    except TrailBroken as broken:
        log.error("%s", broken.public)  # noqa: TRY400  (a sentence that says all)
        raise
    except Exception:
        log.exception("the audit trail cannot be written")
        raise


def _holds(end: End, known: Head) -> bool:
    """True where the database's chain has the row that was written before, or it was pruned."""
    return end.known == known.hash or known.sequence <= end.pruned < end.head.sequence


def _checked(end: End, known: Head) -> list[Body]:
    """Nothing to write.

    Raises:
        TrailBroken: the database's chain does not hold what was written before.
    """
    if _holds(end, known):
        return []
    raise TrailBroken(
        f"the audit trail in the database ends at row {end.head.sequence} and does not hold row "
        f"{known.sequence} as it was written: `insitu audit verify` says what is wrong; after putting "
        "back a backup, `insitu audit resume` accepts what is lost"
    )

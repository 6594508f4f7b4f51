"""The trail: what is recorded is on disk before anybody is answered."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from database.engine import Database
from governance.audit import signing
from governance.audit.chain import Head
from governance.audit.clerk import Clerk
from governance.audit.courier import Courier
from governance.audit.entries import Act, Entry
from governance.audit.errors import CannotRecord, KeyLost, TrailBroken
from governance.audit.group import Group, NotCommitted
from governance.audit.headfile import HeadFile
from governance.audit.keyring import Keyring
from governance.audit.pseudonyms import Pseudonyms
from governance.audit.scribe import Item, Scribe
from governance.audit.signing import Standing
from governance.audit.witness import Witness, write_state
from governance.keys.site import SiteKey
from governance.settings import AuditSettings
from processes.errors import CannotStart

log = logging.getLogger("insitu.trail")


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
        self.keys = Keyring(database, folder)
        self.head_file = HeadFile(folder)
        self.signed_file = HeadFile(folder, "signed")
        self._settings = settings or AuditSettings()
        self._scribe = Scribe(database, self.keys, self.head_file, self._settings.question_bytes, clock)
        self._group: Group[Item] = Group(self._commit)
        self._clerk = Clerk(
            standing=self._standing,
            sign=lambda: self._signed().sequence,
            rows=self._settings.checkpoint_rows,
            seconds=self._settings.checkpoint_seconds,
            clock=clock,
        )
        self._courier = None if self._settings.witness_url is None else Courier(self._tell)

    @property
    def key(self) -> SiteKey:
        """The site's key, made at first need."""
        return self.keys.site

    @property
    def names(self) -> Pseudonyms:
        """Under which names subjects are recorded."""
        return self._scribe.names

    def watch(self) -> None:
        """Has the end signed in time from now on, also where other processes record: for one that stays."""
        self._clerk.start()

    def record(self, made: Entry | Act) -> None:
        """Returns when the entry is committed, and the head of the chain with it outside the database.

        Raises:
            CannotRecord: it is not, or nobody can tell. The log says why.
        """
        try:
            self._group.put(self._scribe.item(made))
        except NotCommitted as failed:
            raise CannotRecord from failed.__cause__
        except (KeyLost, CannotStart) as lost:
            log.error("%s", lost.public)  # noqa: TRY400  (a sentence that says all)
            raise CannotRecord from lost
        except Exception as error:
            log.exception("an entry of the audit trail cannot be written")
            raise CannotRecord from error

    def checkpoint(self) -> Head:
        """The end of the chain, now signed; row 0 where there is none.

        Raises:
            TrailBroken: the database's trail is not the one that was written here; nothing is signed.
        """
        return self._signed()

    def resume(
        self,
        act: Act,
        expected: Head,
        accepted: Mapping[str, Any] | None = None,
        *,
        unsealed: bool = False,
    ) -> Head:
        """Records an act although the end of the chain is not what was written here, and goes on from it.

        For the operator who has put a backup of the database back: the act says what is missing, and by whom
        that was accepted. `expected` is the end that they saw. `accepted` is what they know to be wrong
        before it: it stands in a checkpoint, for every later verification to find. `unsealed`: rows at the
        end are of before there were seals, which the act says; they are signed as such.

        Raises:
            TrailBroken: the end is another one by now.
        """
        if unsealed and accepted is None:
            signing.take_unsealed(self.database, self.keys, expected, self.clock())
        head = self._scribe.resume(act, expected, accept=accepted is not None)
        self.head_file.write(head, back=True)
        write_state(self.folder, {})
        if accepted is None:
            made = signing.sign(self.database, self.keys, head, self.clock())
        else:
            made = signing.accept(self.database, self.keys, self.clock(), accepted)
        self.signed_file.write(made.file or Head(), back=True)
        self._moved(head, back=True)
        return made.head

    def close(self) -> None:
        """Ends the threads beside and the connection."""
        self._clerk.close()
        if self._courier is not None:
            self._courier.close(self._settings.witness_seconds)
        self._scribe.appender.close()

    def _commit(self, items: list[Item]) -> Callable[[], None]:
        """Commits the items; what is left to do is the head outside, beside which others may commit."""
        with _said():
            head = self._scribe.commit(items)
        back = self._scribe.went_back()
        return lambda: self._committed(head, back=back)

    def _committed(self, head: Head, *, back: bool) -> None:
        with _said():
            self.head_file.write(head)
            self._moved(head, back=back)

    def _moved(self, head: Head, *, back: bool = False) -> None:
        self._clerk.moved(head, back=back)
        if self._courier is not None:
            self._courier.moved(head, back=back)

    def _standing(self) -> Standing:
        try:
            return signing.standing(self.database, self.keys)
        except TrailBroken:
            self.keys.renew()  # who resumed the trail may have accepted another key: the next try has it
            raise

    def _signed(self) -> Head:
        self._scribe.begin()  # the clerk may be the first to do anything at a site of before there were seals
        try:
            made = signing.sign(self.database, self.keys, self._scribe.last(), self.clock())
        except TrailBroken:
            self._scribe.doubt()
            raise
        if made.file is not None:
            self.signed_file.write(made.file)
        return made.head

    def _tell(self, head: Head) -> bool:
        return self._witness.tell(head)

    @cached_property
    def _witness(self) -> Witness:
        """Asked for by the courier's thread alone."""
        url = str(self._settings.witness_url)
        return Witness(url, lambda: self.key, self.folder, self._settings.witness_seconds, self.clock)


@contextmanager
def _said() -> Iterator[None]:
    """Has the log say why entries cannot be kept; the caller is only told that they cannot."""
    try:
        yield
    except (TrailBroken, KeyLost, CannotStart) as broken:
        log.error("%s", broken.public)  # noqa: TRY400  (a sentence that says all)
        raise
    except Exception:
        log.exception("the audit trail cannot be written")
        raise

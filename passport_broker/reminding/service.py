"""Telling what is due: each reminder once, by whichever process comes first."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

from database.engine import Database
from governance.audit.acts import acting
from governance.audit.trail import Trail
from governance.caller import Identity
from passport_broker.applications.due import Reminder, due
from passport_broker.domain.accounts import Account
from passport_broker.domain.applications import Side
from passport_broker.domain.mail import is_address
from passport_broker.reminding.mailing import Post, Unmailed, Unwanted
from passport_broker.reminding.words import address_of, subject_of, text_of
from passport_broker.store import accounts, reminders

log = logging.getLogger("insitu.reminders")

MAIL, LOG = "mail", "log"


class Opens(Protocol):
    """The institution's server: `passport_broker.reminding.mailing.Mailer`."""

    def open(self) -> AbstractContextManager[Post]:
        """A conversation; raises Unmailed where there is none to be had."""


@dataclass(frozen=True)
class Reminding:
    """What reminders are told with. Safe between processes.

    `committee` gives the subjects of who decides, `committee_mail` the address that they share, if any;
    `mailer` is None where reminders are lines of the log.
    """

    database: Database
    issuer: str
    trail: Trail
    committee: Callable[[], Iterable[str]]
    committee_mail: str | None = None
    mailer: Opens | None = None
    clock: Callable[[], float] = time.time

    def listed(self) -> list[dict[str, Any]]:
        """What is due now, and when it was told (None: not yet)."""
        found = due(self.database, self.clock())
        told = reminders.told(self.database, [each.key for each in found])
        return [_row(each, told) for each in found]

    def tell(self) -> int:
        """How many were told that nobody was told before. What cannot be mailed now is tried the next time.

        That the server takes no mail is logged once, until it does again.
        """
        found = due(self.database, self.clock())
        told = reminders.told(self.database, [each.key for each in found])
        waiting = [each for each in found if each.key not in told]
        if not waiting:
            return 0
        failing, number = reminders.failing(self.database), 0
        try:
            with nullcontext() if self.mailer is None else self.mailer.open() as post:
                for each in waiting:
                    number += self._told(each, post)
        except Unmailed as error:
            self._failed(waiting, error, known=failing)
        else:
            if failing and number:
                log.info("reminders are mailed again")
        return number

    def _told(self, reminder: Reminder, post: Post | None) -> bool:
        """False where somebody else has told it, or does so just now.

        Raises:
            Unmailed: the server does not take mail; it is told another time.
        """
        with self.database.unit_of_work() as work:
            if not reminders.claim(work.connection, reminder.key):
                return False
            with self._on_record(reminder) as came:
                came["how"] = how = self._sent(reminder, post)
                reminders.tell(work.connection, reminder.key, reminder.application.id, how)
                work.commit()
        return True

    def _on_record(self, reminder: Reminder) -> AbstractContextManager[dict[str, Any]]:
        details = {"application": reminder.application.id, "what": reminder.what, "days": reminder.days,
                   "side": reminder.side.value}  # fmt: skip
        return acting(
            self.trail,
            "reminder.told",
            dataset=reminder.application.dataset,
            subject=Identity(self.issuer, reminder.application.applicant),
            details=details,
            by={"process": "reminders"},
        )

    def _sent(self, reminder: Reminder, post: Post | None) -> str:
        to = [] if post is None else self._addresses(reminder)
        if post is not None and to:
            try:
                post.send(to, subject_of(reminder), text_of(reminder, self.issuer))
            except Unwanted:
                log.warning("nobody takes the mail of the reminder %s", reminder.key)
            else:
                return MAIL
        where = address_of(reminder, self.issuer)
        log.info("for the %s: %s: %s", reminder.side.value, subject_of(reminder), where)
        return LOG

    def _addresses(self, reminder: Reminder) -> Sequence[str]:
        if reminder.side is Side.COMMITTEE:
            if self.committee_mail is not None:
                return [self.committee_mail]
            found = [accounts.by_subject(self.database, each) for each in self.committee()]
        else:
            found = [self._applicant(reminder)]
        usable = (each.email for each in found if each is not None and not each.disabled)
        return sorted({each for each in usable if each is not None and is_address(each)})

    def _applicant(self, reminder: Reminder) -> Account | None:
        return accounts.by_subject(self.database, reminder.application.applicant)

    def _failed(self, waiting: Sequence[Reminder], error: Unmailed, *, known: bool) -> None:
        with self.database.unit_of_work() as work:
            for each in waiting:
                reminders.fail(work.connection, each.key, each.application.id)
            work.commit()
        if not known:
            log.warning("reminders cannot be mailed, and are tried again: %s", error)


def _row(reminder: Reminder, told: Mapping[str, Any]) -> dict[str, Any]:
    when = told.get(reminder.key)
    return {
        "application": reminder.application.id,
        "dataset": reminder.application.dataset,
        "what": reminder.what,
        "days": reminder.days,
        "who": reminder.side.value,
        "told": None if when is None else when.isoformat(timespec="seconds"),
    }

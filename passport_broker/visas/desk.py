"""Where visas are issued, looked up and revoked; each goes on record."""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from database.engine import Database
from governance.audit.acts import acting
from governance.audit.entries import moment
from governance.audit.trail import Trail
from governance.caller import Identity
from governance.passport.tokens import VISAS_MOST
from passport_broker.domain.actors import Actor
from passport_broker.domain.visas import WHY_LONGEST, Assertion, Issued, Span, checked
from passport_broker.store import visas as store
from passport_broker.visas.errors import AccountUnknown, TooManyVisas, VisaInvalid, VisaRevoked, VisaUnknown

PAGE_MOST = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be asserted of an account of this broker, for how long, and why."""

    subject: str
    assertion: Assertion
    span: Span
    why: str
    application: str | None = None


class Desk:
    """Issues and revokes. Safe between threads and processes.

    `exists` says whether this broker has an account of a subject that is open.
    """

    def __init__(
        self,
        database: Database,
        trail: Trail,
        issuer: str,
        exists: Callable[[str], bool],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.issuer = issuer
        self._database = database
        self._trail = trail
        self.exists = exists
        self._clock = clock

    def issue(self, wanted: Wanted, actor: Actor) -> Issued:
        """The assertion, which is signed from now on whenever its account's visas are asked for.

        Raises:
            VisaInvalid: no visa may say that; says what to change.
            AccountUnknown: this broker has no such account.
            TooManyVisas: a passport could not carry it.
            CannotRecord: it could not be recorded; nothing is issued.
        """
        made = self.prepare(wanted, actor)
        if not self.exists(wanted.subject):
            raise AccountUnknown(wanted.subject)
        with (
            acting(
                self._trail,
                "visa.issued",
                subject=self._identity(wanted.subject),
                details=told(made),
                **actor.recorded(),
            ) as came,
            self._database.unit_of_work() as work,
        ):
            kept = self.insert(work.connection, made)
            came.update(told(made))  # so that what is done says of what
            work.commit()
        return kept

    def prepare(self, wanted: Wanted, actor: Actor) -> Issued:
        """The assertion, which is not kept yet.

        Raises:
            VisaInvalid: as `issue`.
        """
        checked(wanted.assertion, wanted.span, wanted.why, self._clock())
        return Issued(
            id=new_id(),
            subject=wanted.subject,
            assertion=wanted.assertion,
            span=wanted.span,
            at=moment(self._clock()),
            by=actor.kept(),
            why=wanted.why,
            application=wanted.application,
        )

    def insert(self, connection: Connection, made: Issued) -> Issued:
        """The assertion, kept in the transaction of whoever has put it on record (`told`).

        Raises:
            TooManyVisas: as `issue`.
        """
        if store.count(connection, made.subject, int(self._clock())) >= VISAS_MOST:
            raise TooManyVisas(VISAS_MOST)
        return store.insert(connection, made)

    def revoke(self, identifier: str, why: str, actor: Actor) -> Issued:
        """The assertion, which is signed no more.

        Raises:
            VisaUnknown: there is none of that id.
            VisaRevoked: it is revoked already.
            VisaInvalid: no reason is given.
            CannotRecord: it could not be recorded; nothing is revoked.
        """
        if not 0 < len(why.strip()) <= WHY_LONGEST:
            raise VisaInvalid(f"Say why in 1 to {WHY_LONGEST} characters: it is kept with the visa.")
        found = self.get(identifier)
        with (
            acting(
                self._trail,
                "visa.revoked",
                subject=self._identity(found.subject),
                details={"visa": found.id},
                **actor.recorded(),
            ) as came,
            self._database.unit_of_work() as work,
        ):
            if not store.revoke(work.connection, [found.id], actor.kept(), why):
                raise VisaRevoked(found.id)
            came["visa"] = found.id
            work.commit()
        return self.get(identifier)

    def get(self, identifier: str) -> Issued:
        """The assertion of that id.

        Raises:
            VisaUnknown: there is none.
        """
        with self._database.unit_of_work() as work:
            found = store.find(work.connection, identifier)
        if found is None:
            raise VisaUnknown(identifier)
        return found

    def listed(
        self, *, subject: str | None = None, before: str | None = None, most: int = 100
    ) -> Sequence[Issued]:
        """What was ever asserted, the newest first; `before` is the id of the last one of the page before."""
        with self._database.reading() as connection:
            return store.listed(connection, subject=subject, before=before, most=min(most, PAGE_MOST))

    def lasting(self, subject: str) -> Sequence[Issued]:
        """What is asserted of an account and has not ended, the oldest first."""
        with self._database.reading() as connection:
            return store.lasting(connection, subject, int(self._clock()), PAGE_MOST)

    def _identity(self, subject: str) -> Identity:
        return Identity(self.issuer, subject)


def new_id() -> str:
    """The id of a new assertion, which begins the `jti` of every visa of it; no option of a command line."""
    return secrets.token_hex(12)


def told(made: Issued) -> dict[str, object]:
    """What the trail is told of it: no account, and no text of anybody's, but what proves them."""
    said = made.assertion
    about: dict[str, object] = {
        "visa": made.id,
        "type": said.type,
        "source": said.source,
        "by": said.by,
        "ends": made.span.ends,
        "digest": made.digest(),
    }
    if made.application is not None:
        about["application"] = made.application
    return about if said.type == "LinkedIdentities" else about | {"value": said.value}

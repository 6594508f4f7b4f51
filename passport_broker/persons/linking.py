"""What follows from a change of who is one person: LinkedIdentities visas, and the end of the old ones."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from governance.audit.acts import acting
from governance.audit.trail import Trail
from governance.caller import Identity
from passport_broker.domain.actors import Actor
from passport_broker.domain.persons import Person, linked_value
from passport_broker.domain.visas import YEARS_MOST, Assertion, Issued, Span
from passport_broker.store import persons as store
from passport_broker.store import visas
from passport_broker.visas.desk import Desk, Wanted, told

_TYPE, _WHY = "LinkedIdentities", "Linked by their holder"
_YEAR = 365 * 86_400


@dataclass(frozen=True, slots=True)
class Told:
    """Something that goes on record about an account of this broker."""

    what: str
    subject: str
    details: dict[str, object]


@dataclass(frozen=True, slots=True)
class Relinking:
    """What is to be asserted of each account from now on, and the assertions that are not true any more."""

    persons: Sequence[Person]
    made: dict[str, Issued]
    gone: dict[str, str]
    kept: dict[str, str]

    @property
    def told(self) -> list[Told]:
        """What goes on record of it."""
        revoked = [Told("visa.revoked", subject, {"visa": visa}) for subject, visa in self.gone.items()]
        return revoked + [Told("visa.issued", subject, told(each)) for subject, each in self.made.items()]

    def carry_out(self, connection: Connection, desk: Desk, actor: Actor) -> None:
        """Writes who is one person now, and the visas; in the order in which accounts are locked everywhere.

        Raises:
            TooManyVisas: a passport could not carry it.
        """
        visas.revoke(connection, sorted(self.gone.values()), actor.kept(), "Linked otherwise now")
        for subject in sorted(self.made):
            desk.insert(connection, self.made[subject])
        for person in self.persons:
            name = secrets.token_hex(12)
            for each in person.members:
                subject = each.account.subject
                made = self.made.get(subject)
                store.put(connection, subject, name, made.id if made else self.kept.get(subject))


def relinking(
    connection: Connection, desk: Desk, persons: Sequence[Person], actor: Actor, *, source: str, now: float
) -> Relinking:
    """What has to change, so that visas say who is one person.

    Raises:
        VisaInvalid: no visa could name them all.
    """
    found = Relinking(persons, {}, {}, {})
    for person in persons:
        everybody = person.identities(desk.issuer)
        for each in person.members:
            subject = each.account.subject
            value = linked_value(Identity(desk.issuer, subject), everybody)
            before = None if each.visa is None else visas.find(connection, each.visa)
            if before is not None and before.standing(now) == "standing":
                if before.assertion.value == value:
                    found.kept[subject] = before.id
                    continue
                found.gone[subject] = before.id
            if value:
                assertion = Assertion(_TYPE, value, source, "system", int(now))
                span = Span(int(now), int(now) + YEARS_MOST * _YEAR)
                found.made[subject] = desk.prepare(Wanted(subject, assertion, span, _WHY), actor)
    return found


@contextmanager
def on_record(trail: Trail, issuer: str, acts: Sequence[Told], actor: Actor) -> Iterator[None]:
    """Records that all of that is begun, and how it ended.

    Raises:
        CannotRecord: it could not be recorded; nothing is begun.
    """
    with ExitStack() as stack:
        for each in acts:
            subject = Identity(issuer, each.subject)
            came = stack.enter_context(
                acting(trail, each.what, subject=subject, details=each.details, **actor.recorded())
            )
            came.update(each.details)  # so that what is done says of what
        yield

"""What ends with an application: the visas that came of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from passport_broker.applications.errors import Overtaken
from passport_broker.applications.parts import Parts
from passport_broker.applications.recording import Consequence
from passport_broker.domain.actors import Actor
from passport_broker.domain.applications import Application
from passport_broker.domain.visas import WHY_LONGEST, Issued
from passport_broker.store import visas as store
from passport_broker.visas.desk import told_revoked


@dataclass(frozen=True, slots=True)
class Ending:
    """The visas that are to be revoked with a step: of an application, or of one account."""

    application: str
    visas: Sequence[Issued]
    actor: Actor
    why: str
    subject: str | None = None

    @property
    def consequences(self) -> list[Consequence]:
        """What goes on record of it."""
        about = {"application": self.application}
        return [
            Consequence("visa.revoked", each.subject, told_revoked(each.id, self.actor, self.why) | about)
            for each in self.visas
        ]

    def carry_out(self, connection: Connection) -> None:
        """Revokes them, in the step's transaction.

        Raises:
            Overtaken: there are others by now than when this was put on record.
        """
        found = [each.id for each in _of(store.of_application(connection, self.application), self.subject)]
        if set(found) - {each.id for each in self.visas}:
            raise Overtaken
        store.revoke(connection, found, self.actor.kept(), self.why)


def revoked(
    parts: Parts, application: Application, actor: Actor, why: str, subject: str | None = None
) -> Ending:
    """The visas of an application that are not revoked yet; of one account where one is named."""
    with parts.database.unit_of_work() as work:
        found = _of(store.of_application(work.connection, application.id), subject)
    return Ending(application.id, found, actor, why[:WHY_LONGEST], subject)


def _of(visas: Sequence[Issued], subject: str | None) -> list[Issued]:
    return [each for each in visas if subject in (None, each.subject)]

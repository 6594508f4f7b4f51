"""What ends with an application: the visas that came of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from passport_broker.applications.errors import Overtaken
from passport_broker.applications.parts import Parts
from passport_broker.applications.recording import Consequence
from passport_broker.domain.actors import Actor
from passport_broker.domain.applications import Application
from passport_broker.domain.visas import Issued
from passport_broker.store import visas as store


@dataclass(frozen=True, slots=True)
class Ending:
    """The visas that are to be revoked together with a step."""

    application: str
    visas: Sequence[Issued]

    @property
    def consequences(self) -> list[Consequence]:
        """What goes on record of it."""
        about = {"application": self.application}
        return [Consequence("visa.revoked", each.subject, {"visa": each.id, **about}) for each in self.visas]

    def carry_out(self, connection: Connection, actor: Actor, why: str) -> None:
        """Revokes them, in the step's transaction.

        Raises:
            Overtaken: there are others by now than when this was put on record.
        """
        found = [each.id for each in store.of_application(connection, self.application)]
        if set(found) - {each.id for each in self.visas}:
            raise Overtaken
        store.revoke(connection, found, actor.kept(), why[:2000])


def revoked(parts: Parts, application: Application) -> Ending:
    """The visas of an application that are not revoked yet."""
    with parts.database.unit_of_work() as work:
        return Ending(application.id, store.of_application(work.connection, application.id))

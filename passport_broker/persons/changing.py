"""A change of who is one person: alone, on record, and in one transaction with the visas that follow."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

from database.engine import Database
from governance.audit.trail import Trail
from passport_broker.domain.actors import Actor
from passport_broker.domain.persons import IDENTITIES_MOST, Person
from passport_broker.persons.errors import TooManyLinked
from passport_broker.persons.linking import Told, on_record, relinking
from passport_broker.store import persons as store
from passport_broker.visas.desk import Desk


class Changes:
    """Where changes are made, one at a time. Safe between threads and processes."""

    def __init__(
        self, database: Database, trail: Trail, desk: Desk, source: str, clock: Callable[[], float]
    ) -> None:
        self._database = database
        self._trail = trail
        self._desk = desk
        self._source = source
        self._clock = clock

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """A transaction in which nobody else links; committed by `changing`, or not at all."""
        with self._database.unit_of_work() as work:
            store.lock(work.connection)
            yield work.connection

    @contextmanager
    def changing(
        self, connection: Connection, after: Sequence[Person], told: Sequence[Told], actor: Actor
    ) -> Iterator[Callable[[], None]]:
        """On record with all that follows; what the block is given writes the latter, and it is committed.

        Raises:
            TooManyLinked, VisaInvalid: visas could not name them all; nothing is done.
            CannotRecord: it could not be recorded; nothing is done.
        """
        if any(len(each.members) + len(each.ways) > IDENTITIES_MOST for each in after):
            raise TooManyLinked
        now = self._clock()
        change = relinking(connection, self._desk, after, actor, source=self._source, now=now)
        with on_record(self._trail, self._desk.issuer, [*told, *change.told], actor):
            yield lambda: change.carry_out(connection, self._desk, actor)
            connection.commit()

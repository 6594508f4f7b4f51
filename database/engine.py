"""One PostgreSQL database: units of work that change it, and cheap connections that only read."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg2
import sqlalchemy
from sqlalchemy import exc
from sqlalchemy.engine import URL, make_url

from database.errors import DatabaseBusy, DatabaseUnsuitable, problem
from database.pool import ALL_LENT, Connection, Lent, Pool, single_connection

OLDEST = 150_000  # PostgreSQL 15, as server_version_num


class UnitOfWork:
    """One transaction: all of it on `commit()`, nothing of it otherwise."""

    def __init__(self, connection: sqlalchemy.Connection) -> None:
        self.connection = connection
        self._after: list[Callable[[], object]] = []

    @property
    def raw(self) -> Connection:
        """The psycopg2 connection under this transaction, for COPY. Do not commit it yourself."""
        return self.connection.connection.driver_connection

    def after_commit(self, action: Callable[[], object]) -> None:
        """Has `action` called once the transaction is committed; never when it is rolled back.

        Actions run in order. One that raises does not keep the others from running; the first error is raised
        afterwards, and the transaction stays committed.
        """
        self._after.append(action)

    def commit(self) -> None:
        """Commits and runs the actions; what is done afterwards in the block is a new transaction."""
        self.connection.commit()
        self.raw.commit()  # SQLAlchemy knows only of transactions that its own statements began
        actions, self._after = self._after, []
        errors: list[Exception] = []
        for action in actions:
            try:
                action()
            except Exception as error:  # noqa: BLE001  (raised below)
                errors.append(error)
        if errors:
            raise errors[0]


class Database:
    """A PostgreSQL database by URL (postgresql:// or postgres://, as SQLAlchemy and libpq write them).

    Nothing is connected before it is needed. Safe between threads and after fork. `on_dispose` is called last
    by `dispose()`, for who must be told that the database is no longer used (an embedded server). `revive()`
    starts a server of ours again that has died, and says whether it had; it does nothing for anybody else's.
    """

    def __init__(self, url: str, *, pool_size: int = 10, pool_wait_seconds: float = 5.0,
                 connect_timeout_seconds: int = 10, statement_timeout_seconds: float = 60.0,
                 on_dispose: Callable[[], object] = lambda: None,
                 revive: Callable[[], bool] = lambda: False) -> None:
        self.revive = revive
        self.url = _normal_url(url)
        self._pool_size = pool_size
        self._wait_seconds = pool_wait_seconds
        self._on_dispose = on_dispose
        self._engine = self._new_engine(connect_timeout_seconds)
        self._process = os.getpid()
        parameters = {**self._engine.dialect.create_connect_args(self.url)[1],
                      "connect_timeout": connect_timeout_seconds, "application_name": "insitu"}
        self._pool = Pool(lambda: single_connection(parameters, statement_timeout_seconds),
                                 pool_size, pool_wait_seconds)
        self.reading: Callable[[], Lent] = self._pool.lend
        # For what changes something in one statement: a transaction without the round trips of one.
        self._calls = Pool(
            lambda: single_connection(parameters, statement_timeout_seconds, writing=True),
            pool_size, pool_wait_seconds)
        self.calling: Callable[[], Lent] = self._calls.lend

    def _new_engine(self, connect_timeout_seconds: int) -> sqlalchemy.Engine:
        kept = min(self._pool_size, 5)
        return sqlalchemy.create_engine(
            self.url, pool_size=kept, max_overflow=self._pool_size - kept,
            pool_timeout=self._wait_seconds, pool_use_lifo=True, pool_pre_ping=True,
            connect_args={"connect_timeout": connect_timeout_seconds, "application_name": "insitu"})

    @property
    def engine(self) -> sqlalchemy.Engine:
        """The SQLAlchemy engine, for migrations and tools; rooms use units of work."""
        if self._process != os.getpid():
            self._engine.dispose(close=False)  # the parent goes on using the connections that fork copied
            self._process = os.getpid()
        return self._engine

    @contextmanager
    def unit_of_work(self) -> Iterator[UnitOfWork]:
        """Gives one transaction, rolled back at the end of the block unless `commit()` was called.

        Raises DatabaseUnavailable, DatabaseBusy or TookTooLong for what is not the statement's fault.
        """
        try:
            with self.engine.connect() as connection:
                yield UnitOfWork(connection)
        except (exc.DBAPIError, exc.TimeoutError, psycopg2.Error) as error:
            if isinstance(error, exc.TimeoutError):
                raise DatabaseBusy(ALL_LENT) from error
            found = problem(error, broken=isinstance(error, exc.DBAPIError) and error.connection_invalidated)
            if found is None:
                raise
            raise found from error

    def ping(self) -> None:
        """Returns when the database answers and is one that we can use; raises DatabaseProblem when not."""
        with self.reading() as connection, connection.cursor() as cursor:
            version = connection.server_version
            cursor.execute("SELECT current_setting('server_encoding')")
            row = cursor.fetchone()
        if version < OLDEST:
            raise DatabaseUnsuitable(f"the database is PostgreSQL {version // 10_000}; "
                                     "Insitu needs 15 or newer")
        if row is None or row[0] != "UTF8":
            raise DatabaseUnsuitable("the database is not in UTF8; make one with ENCODING 'UTF8'")

    def dispose(self) -> None:
        """Closes all idle connections and tells who waits for it. Idempotent."""
        self._pool.close()
        self._calls.close()
        self.engine.dispose()
        done, self._on_dispose = self._on_dispose, lambda: None
        done()


def _normal_url(url: str) -> URL:
    try:
        parsed = make_url(re.sub("^postgres:", "postgresql:", url))
    except (exc.ArgumentError, ValueError):  # whose text repeats the password
        raise DatabaseUnsuitable("the database URL cannot be read; "
                                 "write postgresql://user:password@host:port/name") from None
    if "@" in (parsed.host or ""):  # what follows the first @ of a password is taken for the host
        raise DatabaseUnsuitable("the password in the database URL has an @; write it as %40 (and : / # % as "
                                 "%3A %2F %23 %25)")
    if parsed.get_backend_name() != "postgresql":
        raise DatabaseUnsuitable(f"the database URL begins with {parsed.get_backend_name()}; Insitu needs "
                                 "postgresql://")
    return parsed.set(drivername="postgresql+psycopg2")

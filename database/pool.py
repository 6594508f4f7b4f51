"""Raw psycopg2 connections for single statements, lent and taken back in a few microseconds."""

import os
import select
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeAlias

import psycopg2
from psycopg2 import extensions

from database.errors import DatabaseBusy, DatabaseUnsuitable, problem
from database.prepared import Preparing

ALL_LENT = "all database connections of this process are in use; try again"

Connection: TypeAlias = extensions.connection

class Pool:
    """At most `size` connections; the one given back last is lent first, so that few are kept warm.

    Connections are opened when first needed and replaced when the server ended them. Safe between threads; a
    forked child starts with an empty pool and never touches its parent's connections.
    """

    def __init__(self, connect: Callable[[], Connection], size: int, wait_seconds: float) -> None:
        self._connect = connect
        self._size = size
        self._wait_seconds = wait_seconds
        self._reset()

    def _reset(self) -> None:
        self._process = os.getpid()
        self._idle: list[Connection] = []
        self._free = threading.Semaphore(self._size)

    def lend(self) -> "Lent":
        """Gives a context manager whose block has one connection to itself."""
        return Lent(self)

    def take(self) -> Connection:
        """Takes a live connection; raises DatabaseBusy when none comes free, or DatabaseUnavailable."""
        if self._process != os.getpid():
            self._idle.clear()  # psycopg2 closes only our copy of what was opened by a parent
            self._reset()
        if not self._free.acquire(timeout=self._wait_seconds):
            raise DatabaseBusy(ALL_LENT)
        try:
            while self._idle:
                connection = self._idle.pop()
                if not ended(connection):
                    return connection
                connection.close()
            return self._open()
        except BaseException:
            self._free.release()
            raise

    def _open(self) -> Connection:
        try:
            return self._connect()
        except psycopg2.OperationalError as error:
            found = problem(error)
            if found is None:
                raise
            raise found from error
        except psycopg2.ProgrammingError as error:  # of the URL: it names the option and not its value
            said = str(error).strip().removeprefix("invalid dsn: ")
            raise DatabaseUnsuitable(f"the database URL does not fit: {said}") from error

    def give_back(self, connection: Connection, *, sound: bool) -> None:
        """Takes the connection back; one that may be in the middle of something is closed instead."""
        if sound and self._process == os.getpid():
            self._idle.append(connection)
        else:
            connection.close()
        self._free.release()

    def close(self) -> None:
        """Closes the connections that are not lent out; the pool can be used again afterwards."""
        if self._process == os.getpid():
            while self._idle:
                self._idle.pop().close()


class Lent:
    """The block in which a connection is lent; turns broken connections and time limits into problems."""

    __slots__ = ("_connection", "_pool")

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def __enter__(self) -> Connection:
        self._connection = self._pool.take()
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        connection = self._connection
        if error is None:
            self._pool.give_back(connection, sound=True)
            return
        broken = connection.closed != 0
        idle = not broken and connection.info.transaction_status == extensions.TRANSACTION_STATUS_IDLE
        self._pool.give_back(connection, sound=idle)
        if isinstance(error, psycopg2.Error):
            found = problem(error, broken=broken)
            if found is not None:
                raise found from error


def ended(connection: Connection) -> bool:
    """Tells whether the server has ended an idle connection, without asking it as long as it is silent."""
    if connection.closed:
        return True
    watch = select.poll()
    watch.register(connection.fileno(), select.POLLIN)
    if not watch.poll(0):
        return False
    try:  # a farewell, or only the news that a setting of the server has changed
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except psycopg2.Error:
        return True
    return False


def single_connection(parameters: dict[str, Any], statement_timeout_seconds: float, *,
                      writing: bool = False) -> Connection:
    """Opens a connection in which every statement is its own transaction with a time limit.

    Nothing can be changed in it, unless it is for `writing`.
    """
    connection = psycopg2.connect(**parameters, connection_factory=Preparing)
    connection.autocommit = True
    milliseconds = f"{statement_timeout_seconds * 1000:.0f}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('default_transaction_read_only', %s, false), "
                       "set_config('statement_timeout', %s, false)",
                       ("off" if writing else "on", milliseconds))
    return connection

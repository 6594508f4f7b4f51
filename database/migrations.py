"""Brings each room's schema up to date: one schema and one version table per room."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg2 import errorcodes
from sqlalchemy import exc, text

from database.engine import Database
from database.errors import DatabaseBusy, DatabaseUnsuitable

MIGRATING = 0x696E_7369_7475  # the number of the lock between processes that migrate one database
LOCK_SECONDS = 10  # how long a change of a table waits for those who read it
WAIT_SECONDS = 600  # how long to wait for another process that migrates


@dataclass(frozen=True)
class Room:
    """A room with tables: its schema's name, and the folder that holds its Alembic scripts in `versions/`."""

    name: str
    scripts: Path


def migrate(database: Database, rooms: Sequence[Room]) -> list[str]:
    """Runs every migration that is missing, room by room, and gives "name: old -> new" for each that changed.

    Each room is one transaction. Processes that start together take turns. A table that is in use for longer
    than ten seconds raises DatabaseBusy and that room stays as it was; a database that a newer Insitu has
    migrated raises DatabaseUnsuitable.
    """
    return [change for room in rooms if (change := _migrate_room(database, room))]


def _migrate_room(database: Database, room: Room) -> str | None:
    with database.unit_of_work() as work:
        connection = work.connection
        _await_turn(connection)
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
        if not sqlalchemy.inspect(connection).has_schema(room.name):
            _make_schema(connection, room)
        config = _config(room, connection)
        before = _check(connection, room, ScriptDirectory.from_config(config))
        command.upgrade(config, "head")
        after = _current(connection, room)
        work.commit()
    return None if before == after else f"{room.name}: {before or 'nothing'} -> {after}"


def _await_turn(connection: sqlalchemy.Connection) -> None:
    """Returns when no other process migrates.

    It asks again and again, for a wait inside the database hears no Ctrl-C.
    """
    until = time.monotonic() + WAIT_SECONDS
    ask = text("SELECT pg_try_advisory_xact_lock(:lock)")
    while not connection.execute(ask, {"lock": MIGRATING}).scalar():
        if time.monotonic() > until:
            raise DatabaseBusy(f"another process has been changing the tables for {WAIT_SECONDS} seconds; "
                               "end it, or try again when it is done")
        time.sleep(0.1)


def _make_schema(connection: sqlalchemy.Connection, room: Room) -> None:
    try:
        connection.execute(sqlalchemy.schema.CreateSchema(room.name))
    except exc.ProgrammingError as error:
        if getattr(error.orig, "pgcode", None) != errorcodes.INSUFFICIENT_PRIVILEGE:
            raise
        url = connection.engine.url
        raise DatabaseUnsuitable("the database does not let us make tables; its owner can: "
                                 f"GRANT CREATE ON DATABASE {url.database} TO {url.username}") from error


def _config(room: Room, connection: sqlalchemy.Connection) -> Config:
    config = Config(attributes={"connection": connection, "room": room.name})
    for name, value in {"script_location": Path(__file__).parent / "environment",
                        "version_locations": room.scripts / "versions", "path_separator": "newline"}.items():
        config.set_main_option(name, str(value).replace("%", "%%"))
    return config


def _current(connection: sqlalchemy.Connection, room: Room) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table_schema": room.name})
    return context.get_current_revision()


def _check(connection: sqlalchemy.Connection, room: Room, scripts: ScriptDirectory) -> str | None:
    current = _current(connection, room)
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        raise DatabaseUnsuitable(f"the database was made by a newer Insitu ({room.name} is at {current}); "
                                 "start that version")
    return current

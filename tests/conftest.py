"""What tests of several rooms share: servers of their own, and the files beside the checkout."""

import logging
import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from tests.watched_logs import WatchedLogs, in_files

SHARED = Path(os.environ.get("INSITU_SHARED", Path(__file__).parents[2] / "shared"))
"""Real VCFs and the official documents, where they are checked out beside this project."""

_PREFIX = "insitu-run-"  # and the process id of the run
SERVICES = {
    "postgres": "INSITU_TEST_DATABASE_URL",
    "redis": "INSITU_TEST_REDIS_URL",
    "rabbitmq": "INSITU_TEST_AMQP_URL",
}
"""Servers that somebody else runs, by the variable that names them."""


# A checkout passes or fails, whoever tests it; `pytest --hypothesis-profile=default` looks further each time.
settings.register_profile("steady", derandomize=True)
settings.load_profile("steady")


def pytest_configure() -> None:
    """Keeps a developer's own settings out of the tests."""
    for name in [each for each in os.environ if each.startswith("INSITU_")]:
        if name not in (*SERVICES.values(), "INSITU_SHARED", "INSITU_DEBUG"):
            del os.environ[name]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that servers are stopped then, too


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips what needs the files beside us, where there are none."""
    if SHARED.is_dir():
        return
    absent = pytest.mark.skip(reason=f"needs the shared files, and there is no {SHARED} (set INSITU_SHARED)")
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(absent)


@pytest.fixture(scope="session", autouse=True)
def no_secret_is_logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fails a run in which anybody logged a token, a password or a key, in this process or a site's files."""
    watched = WatchedLogs()
    loggers = [logging.getLogger(name) for name in (None, "insitu", "httpx", "uvicorn", "celery", "alembic")]
    for each in loggers:
        each.addHandler(watched)
    logging.getLogger("insitu").setLevel(logging.INFO)
    yield
    for each in loggers:
        each.removeHandler(watched)
    assert [*watched.found, *in_files(tmp_path_factory.getbasetemp())] == []


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of the shared files; for tests marked `shared`."""
    return SHARED


@pytest.fixture(scope="session")
def session_folder() -> Iterator[Path]:
    """A private folder for the servers of this test run, with a path short enough for sockets."""
    _stop_what_killed_runs_left()
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _stop_what_killed_runs_left() -> None:
    """Stops the servers of test runs that were killed; those of a run that lives are left alone."""
    from database.embedded import EmbeddedPostgres
    from processes.errors import CannotStart
    from processes.locks import is_held
    from processes.looking import command_of
    from tasks.embedded import EmbeddedValkey

    servers = {"postgres": EmbeddedPostgres, "valkey": EmbeddedValkey}
    for folder in Path(tempfile.gettempdir()).glob(_PREFIX + "*"):
        # What is half removed, or goes away just now, is nothing that a test run should fail of.
        with suppress(CannotStart, OSError):
            run = folder.name.removeprefix(_PREFIX).partition("-")[0]
            if folder.stat().st_uid != os.geteuid() or not run.isdigit() or command_of(int(run)):
                continue
            alive = [name for name in servers if is_held(folder / name / "alive.lock")]
            for name in alive:
                left = servers[name](folder / name)
                left.start()
                left.stop()
            if not any(is_held(folder / name / "alive.lock") for name in alive):
                shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_url(session_folder: Path) -> Iterator[str]:
    """The URL of an embedded PostgreSQL that lives as long as the test run."""
    from database.embedded import EmbeddedPostgres

    server = EmbeddedPostgres(session_folder / "postgres")
    yield server.start()
    server.stop()


@contextmanager
def new_database(postgres_url: str, name: str) -> Iterator[str]:
    """The URL of an empty database on a server, dropped afterwards."""
    from sqlalchemy.engine import make_url

    from database.engine import Database

    maintenance = Database(postgres_url)
    with maintenance.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
        yield make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
        dropped(connection, name)
    maintenance.dispose()


def dropped(connection: Connection, name: str) -> None:
    """Drops a database; autovacuum, which only a superuser may send away, is waited for."""
    for seconds in (0.2, 0.5, 1, 2, 5, 10, 0):
        try:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        except ProgrammingError:
            if not seconds:
                raise
            time.sleep(seconds)
        else:
            return


@pytest.fixture(scope="module")
def fresh_database_url(postgres_url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database for one test module, dropped afterwards."""
    name = "test_" + re.sub(r"\W", "_", request.module.__name__.lower())[-50:]
    with new_database(postgres_url, name) as url:
        yield url


@pytest.fixture(scope="module")
def site_database(fresh_database_url: str) -> Iterator[object]:
    """A database of its own for one test module, with the tables of every room."""
    from database.engine import Database
    from database.migrations import migrate
    from insitu.house import ROOMS

    database = Database(fresh_database_url)
    migrate(database, ROOMS)
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def valkey_url(session_folder: Path) -> Iterator[str]:
    """The URL of an embedded Valkey that lives as long as the test run."""
    from tasks.embedded import EmbeddedValkey

    server = EmbeddedValkey(session_folder / "valkey")
    yield server.start()
    server.stop()


@pytest.fixture
def service_url(request: pytest.FixtureRequest) -> str:
    """The URL of a server that somebody else runs; parametrize it (indirect) with a key of `SERVICES`."""
    variable = SERVICES[request.param]
    if variable not in os.environ:
        pytest.skip(f"needs a {request.param} that somebody else runs: set {variable}")
    return os.environ[variable]

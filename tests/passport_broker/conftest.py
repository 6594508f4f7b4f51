"""A broker over a database of its own, running on a real port."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from database.engine import Database
from tests.conftest import new_database
from tests.passport_broker.running import Broker, running


@pytest.fixture(scope="session")
def broker_database(postgres_url: str) -> Iterator[Database]:
    """A database with the tables of every room, for all tests of this folder."""
    from database.migrations import migrate
    from insitu.house import ROOMS

    with new_database(postgres_url, "test_passport_broker") as url:
        database = Database(url)
        migrate(database, ROOMS)
        yield database
        database.dispose()


@pytest.fixture(scope="session")
def broker(broker_database: Database, session_folder: Path) -> Iterator[Broker]:
    """The broker, with an account and clients."""
    folder = session_folder / "passport"
    folder.mkdir()
    with running(broker_database, folder) as made:
        yield made

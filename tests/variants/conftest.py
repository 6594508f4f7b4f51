"""A store of its own for each test module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import variants
from database.engine import Database
from database.migrations import Room, migrate
from tests.variants.stores import SETTINGS, Store
from variants.service import Variants


@pytest.fixture(scope="module")
def store(fresh_database_url: str) -> Iterator[Store]:
    """A migrated, empty store."""
    database = Database(fresh_database_url)
    migrate(database, [Room("variants", Path(variants.__path__[0]) / "store" / "migrations")])
    yield Store(database, Variants(database, SETTINGS))
    database.dispose()

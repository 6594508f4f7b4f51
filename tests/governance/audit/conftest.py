"""What the tests of the trail share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from database.engine import Database
from governance.audit.trail import Trail
from tests.governance.audit.trails import emptied, trail


@pytest.fixture
def kept(site_database: Database, tmp_path: Path) -> Iterator[Trail]:
    """An empty trail in a folder of its own."""
    emptied(site_database)
    made = trail(site_database, tmp_path)
    yield made
    made.close()

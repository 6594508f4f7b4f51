"""One store for the whole run, so that a real file is loaded once for all the tests that ask about it."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from database.engine import Database
from database.migrations import migrate
from governance.datasets import Tier
from governance.register import DatasetRegister
from insitu.house import ROOMS
from tests.conftest import dropped
from variants.loading.genes import load_genes
from variants.loading.loader import Loader
from variants.service import Variants
from variants.settings import VariantsSettings

from .datasets import Shelf, genes_bed

# Small parts and little patience: parts meet everywhere, and nobody is reading what is replaced.
SETTINGS = VariantsSettings(part_bytes=200_000)


@pytest.fixture(scope="session")
def shelf(postgres_url: str) -> Iterator[Shelf]:
    """Datasets of a database of their own."""
    server = Database(postgres_url)
    with server.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE DATABASE oracle"))
        url = make_url(postgres_url).set(database="oracle").render_as_string(hide_password=False)
        database = Database(url)
        migrate(database, ROOMS)
        with tempfile.TemporaryDirectory(prefix="insitu-oracle-") as folder:
            assert load_genes(database, "GRCh37", genes_bed(Path(folder)))
            yield Shelf(url, database, Variants(database, SETTINGS), Path(folder), _loads_into(database))
        database.dispose()
        dropped(connection, "oracle")
    server.dispose()


def _loads_into(database: Database) -> Callable[[str, str, list[Path]], dict[str, Any]]:
    register = DatasetRegister(database)

    def load(dataset: str, assembly: str, paths: list[Path]) -> dict[str, Any]:
        if dataset not in {known.id for known in register.all()}:
            register.add(dataset, assembly, Tier.RECORD)
        with Loader(database, SETTINGS) as loader:
            report = loader.run(loader.plan(register.get(dataset), paths))
        return report.total.as_json()

    return load

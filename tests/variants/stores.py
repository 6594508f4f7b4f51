"""The variants room over a database, as tests use it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from database.engine import Database
from governance.datasets import Dataset, Tier
from variants.domain.allele import AlleleRow
from variants.domain.question import Question
from variants.loading.load import LoadReport
from variants.loading.loader import Loader
from variants.service import Variants
from variants.settings import VariantsSettings

# Small parts and small steps: parts meet everywhere, and nothing fits into one step. No reader is waited for.
SETTINGS = VariantsSettings(part_bytes=1024, scan_rows=3, grace_seconds=0.0)


def dataset(name: str, assembly: str = "GRCh37") -> Dataset:
    """A dataset as the register would give it."""
    now = datetime.now(UTC)
    return Dataset(name, assembly, Tier.RECORD, name, "", now, now)


@dataclass(frozen=True)
class Store:
    """The room over a database of its own."""

    database: Database
    variants: Variants

    def load(self, name: str, *files: Path, assembly: str = "GRCh37", **how: object) -> LoadReport:
        """Loads files in this process."""
        with Loader(self.database, SETTINGS) as loader:
            return loader.run(loader.plan(dataset(name, assembly), files, **how))

    def rows(self, name: str, question: Question | None = None) -> list[AlleleRow]:
        """All that the dataset's release holds, in order."""
        release = self.variants.release(name)
        assert release is not None
        return self.variants.page(release, question or Question(), 0, 1_000_000)

    def tables(self) -> set[str]:
        """The tables of generations and stages that there are."""
        with self.database.reading() as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'variants' AND tablename ~ '_[gl][0-9]+$'"
            )
            return {name for (name,) in cursor.fetchall()}

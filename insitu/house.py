"""The rooms of one site, opened together over one database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import drs
import governance
import passport_broker
import variants
from database.engine import Database
from database.migrations import Room, migrate
from database.opening import open_database
from database.settings import DatabaseSettings
from drs.storage.opening import open_stores
from drs.storage.store import Stores
from drs.store.changing import drop
from governance.audit.trail import Trail
from governance.register import DatasetRegister
from insitu.folder import open_folder
from insitu.known import refuse_misspelt
from insitu.settings import SiteSettings
from variants.service import Variants
from variants.settings import VariantsSettings

ROOMS = tuple(
    Room(package.__name__, Path(package.__path__[0]) / "store" / "migrations")
    for package in (governance, variants, drs, passport_broker)
)


@dataclass(frozen=True)
class House:
    """An open site: its folder, its settings, its database, and the rooms on it."""

    folder: Path
    settings: SiteSettings
    database: Database

    @cached_property
    def register(self) -> DatasetRegister:
        """The datasets and what each gives to whom."""
        return DatasetRegister(self.database)

    @cached_property
    def trail(self) -> Trail:
        """The audit trail, for what commands do."""
        return Trail(self.database, self.folder)

    def close(self) -> None:
        """Lets go of what was opened for it, but of the database."""
        if "trail" in self.__dict__:
            self.trail.close()

    @cached_property
    def stores(self) -> Stores:
        """Where the bytes of objects may lie."""
        return open_stores(self.folder)

    def drop_objects(self, dataset: str) -> None:
        """Forgets the objects of a dataset; their bytes stay."""
        with self.database.unit_of_work() as work:
            with work.raw.cursor() as cursor:
                drop(cursor, dataset)
            work.commit()

    @cached_property
    def variants(self) -> Variants:
        """The allele store."""
        return Variants(self.database, VariantsSettings())


def site_settings(data_dir: Path | None) -> SiteSettings:
    """The site's settings, with the data folder that the command line names where it names one.

    Raises:
        Stop: a variable of the environment looks like a setting and is none.
    """
    refuse_misspelt()
    return SiteSettings() if data_dir is None else SiteSettings(data_dir=data_dir)


@contextmanager
def opened(data_dir: Path | None, *, migrated: bool = True) -> Iterator[House]:
    """An open site for the length of the block; its tables are brought up to date first if `migrated`.

    Works whether the site is running or not: the embedded database is joined or started, and stopped at the
    end when nobody else uses it.

    Raises:
        Stop: the data folder cannot be used.
        CannotStart, DatabaseProblem: the database cannot be had; each says what to do.
    """
    settings = site_settings(data_dir)
    folder = open_folder(settings.data_dir, settings.free_megabytes)
    database = open_database(DatabaseSettings(), folder)
    try:
        if migrated:
            migrate(database, ROOMS)
        house = House(folder, settings, database)
        try:
            yield house
        finally:
            house.close()
    finally:
        database.dispose()

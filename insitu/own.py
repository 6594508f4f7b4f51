"""The site's own passport broker, as the processes and commands of the site look at it."""

from pathlib import Path

from database.engine import Database
from passport_broker.app import signing_of
from passport_broker.provider.parts import Ground
from passport_broker.service import visas_of
from passport_broker.settings import PassportSettings


def ground_of(folder: Path, database: Database, origin: str | None) -> Ground | None:
    """What it takes to look at tokens of the broker of the site at that address; None where it has none.

    Raises:
        CannotStart: its keys cannot be made or read.
    """
    if origin is None:
        return None
    signing = signing_of(folder, origin)
    visas = visas_of(PassportSettings(), database, signing)  # type: ignore[call-arg,unused-ignore]
    return Ground(site=origin, database=database, signing=signing, visas=visas)

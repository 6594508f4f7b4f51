"""What a command does to a site goes on record, under the user of the operating system."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from governance.caller import Identity

if TYPE_CHECKING:
    from insitu.house import House


@contextmanager
def acting(
    house: "House",
    what: str,
    *,
    dataset: str | None = None,
    subject: Identity | None = None,
    details: Mapping[str, Any] | None = None,
) -> Iterator[None]:
    """Records that the block is begun and how it ended; what cannot be recorded is not begun.

    Raises:
        CannotRecord: the record could not be kept.
    """
    from governance.audit import acts  # noqa: PLC0415  (slow to import, and no help has to wait for it)

    with acts.acting(house.trail, what, dataset=dataset, subject=subject, details=details):
        yield

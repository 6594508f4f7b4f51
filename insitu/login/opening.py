"""A site's admin API for commands: what is slow to import waits until one runs."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from insitu.login.administration import Administration


def administration(at: str | None, broker: str | None) -> "Administration":
    """The admin API of the site at that address, or of the one whose broker the only login is at.

    Raises:
        Stop: there is no login for it, or it has to be said which.
    """
    from insitu.login.administration import administration_at  # noqa: PLC0415

    return administration_at(at, broker)


def said(text: Any, longest: int = 1000) -> str:
    """A text of a site's for the terminal."""
    from insitu.login.documents import said as shown  # noqa: PLC0415

    return shown(text, longest=longest)

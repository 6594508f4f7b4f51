"""A login as it is kept: at which broker, whose, for whom, and its tokens."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from insitu.login.metadata import Metadata, checked
from insitu.login.tokens import Client

VERSION = 1


@dataclass(frozen=True, slots=True)
class Access:
    """An access token and its end, in seconds since 1970."""

    token: str = field(repr=False)
    ends: int


@dataclass(frozen=True, slots=True)
class Login:
    """`audiences` are whom its tokens may be sent to, the first by default: no other place ever sees one.

    `access` has a token for each audience that one was had for. Times are in seconds since 1970; `ends` is
    when the login ends, as far as the broker says.
    """

    metadata: Metadata
    client: Client
    subject: str
    scopes: tuple[str, ...]
    audiences: tuple[str, ...]
    since: int
    ends: int | None = None
    refresh: str | None = field(default=None, repr=False)
    access: Mapping[str, Access] = field(default_factory=dict, repr=False)

    @property
    def issuer(self) -> str:
        """The broker's issuer."""
        return self.metadata.issuer


def written(login: Login) -> dict[str, Any]:
    """The login as JSON."""
    return {"version": VERSION, **asdict(login)}


def read(found: Mapping[str, Any]) -> Login:
    """The login in such JSON.

    Raises:
        ValueError, KeyError, TypeError: it holds none.
        Stop: its endpoints are none that tokens may be sent to.
    """
    if found["version"] != VERSION:
        raise ValueError("another version's")
    return Login(
        metadata=checked(Metadata(**found["metadata"])),
        client=Client(**found["client"]),
        subject=found["subject"],
        scopes=tuple(found["scopes"]),
        audiences=tuple(found["audiences"]),
        since=found["since"],
        ends=found["ends"],
        refresh=found["refresh"],
        access={audience: Access(**each) for audience, each in found["access"].items()},
    )

"""Programs that people use, and services: the clients of this broker."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from governance.keys.urls import problem_with
from passport_broker.domain import opaque
from passport_broker.domain.scopes import OFFERED
from passport_broker.errors import ClientInvalid

CODE = "authorization_code"
REFRESH = "refresh_token"
CREDENTIALS = "client_credentials"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"

GRANTS = {
    "code": CODE,
    "refresh": REFRESH,
    "credentials": CREDENTIALS,
    "device": DEVICE,
    "exchange": EXCHANGE,
}
"""What OAuth calls the ways to a token, by the words of the command line."""

ALGORITHMS = ("RS256", "ES256")

COMMAND_LINE = "insitu-cli"
"""The client that every broker knows from the start: what `insitu login` is. An operator may remove it."""

ANY = "*"
"""The audience of a client whose tokens may be for anybody whom the person allows."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SCOPE = re.compile(r"[A-Za-z0-9:/._-]{1,64}")
_LONGEST = 255
_AUDIENCES_MOST = 50


@dataclass(frozen=True, slots=True)
class Client:
    """A client: where people are sent back to, what it may ask for, and for whom.

    `secret` is what is kept of its secret; None where it is public and has none. `audiences` are whom its
    tokens may be for, the first where it does not say. `serves` is what it is called itself in `aud`: as such
    it may exchange and look into tokens that were sent to it.
    """

    id: str
    name: str
    secret: bytes | None
    redirect_uris: tuple[str, ...]
    grants: tuple[str, ...]
    scopes: tuple[str, ...]
    audiences: tuple[str, ...]
    serves: tuple[str, ...]
    id_token_algorithm: str
    since: datetime | None = None

    @property
    def public(self) -> bool:
        """Whether anybody could pretend to be it."""
        return self.secret is None

    @property
    def names(self) -> frozenset[str]:
        """What it may be called in the `aud` of a token."""
        return frozenset((self.id, *self.serves))

    def knows(self, secret: str) -> bool:
        """Whether that is its secret."""
        return self.secret is not None and opaque.same(self.secret, opaque.kept(secret))


def checked(client: Client) -> Client:
    """The client, where it can be one.

    Raises:
        ClientInvalid: says what to change.
    """
    if not _ID.fullmatch(client.id):
        raise ClientInvalid("a client's id is 1 to 64 of the characters A-Z a-z 0-9 . _ -")
    if not 1 <= len(client.name) <= _LONGEST or not client.name.isprintable():
        raise ClientInvalid(f"a client's name has 1 to {_LONGEST} characters that can be shown")
    _check_addresses(client)
    _check_grants(client)
    for each in client.scopes:
        if not _SCOPE.fullmatch(each):
            raise ClientInvalid(f"{each!r} is no scope")
    if client.id_token_algorithm not in ALGORITHMS:
        raise ClientInvalid(f"ID tokens are signed with {' or '.join(ALGORITHMS)}")
    return client


def _check_addresses(client: Client) -> None:
    for each in client.redirect_uris:
        if problem := problem_with(each):
            raise ClientInvalid(f"the redirect URI {each!r} {problem}")
    for each in (*client.audiences, *client.serves):
        if not 1 <= len(each) <= _LONGEST or not each.isascii() or not each.isprintable() or " " in each:
            raise ClientInvalid(f"{each!r} is no name of an audience")


def _check_grants(client: Client) -> None:
    if not client.grants or set(client.grants) - set(GRANTS.values()):
        raise ClientInvalid(f"a client needs one or more of the grants {', '.join(GRANTS)}")
    if CODE in client.grants and not client.redirect_uris:
        raise ClientInvalid("the grant code needs a redirect URI, where people are sent back to")
    if REFRESH in client.grants and not {CODE, DEVICE} & set(client.grants):
        raise ClientInvalid("the grant refresh needs code or device beside it")
    if ANY in client.audiences and {CREDENTIALS, EXCHANGE} & set(client.grants):
        raise ClientInvalid("the audience * is for grants where a person allows it: name the audiences")
    for grant, word in ((CREDENTIALS, "credentials"), (EXCHANGE, "exchange")):
        if client.public and grant in client.grants:
            raise ClientInvalid(f"a public client cannot have the grant {word}: it has no secret to show")


def own_scopes(client: Client) -> frozenset[str]:
    """The scopes it may have without a person."""
    return frozenset(client.scopes) - frozenset(OFFERED)


def chosen(wanted: Iterable[str], allowed: Iterable[str]) -> tuple[str, ...] | None:
    """The audiences a token is for: those asked for, else the first; None where one is not allowed.

    `ANY` among those allowed stands for every address of a site.
    """
    listed, asked = tuple(allowed), tuple(dict.fromkeys(wanted))
    named = tuple(each for each in listed if each != ANY)
    strange = set(asked) - set(named)
    if len(asked) > _AUDIENCES_MOST or (strange and ANY not in listed):
        return None
    if any(problem_with(each) or len(each) > _LONGEST for each in strange):
        return None
    return asked or named[:1]

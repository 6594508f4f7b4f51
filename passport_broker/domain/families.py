"""A family of tokens: all that is descended from one consent, and ends together with it."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from passport_broker.domain.accounts import Account

PARENTS = "exchanged_for"
"""The claim, in an access token that came of an exchange, of those before it, by `jti`."""


@dataclass(frozen=True, slots=True)
class Family:
    """What somebody let a client do (`account` is None where the client acts for itself).

    Times are seconds since 1970: when the person logged in, and when nothing of the family holds any more.
    `consent` is the number of what they said; taken back, and given again, it has another one.
    """

    id: str
    client: str
    account: Account | None
    scopes: tuple[str, ...]
    audiences: tuple[str, ...]
    authenticated: int | None
    ends: int
    consent: int | None = None

    @property
    def subject(self) -> str:
        """The `sub` of its tokens."""
        return self.client if self.account is None else self.account.subject


@dataclass(frozen=True, slots=True)
class Code:
    """A redeemed authorization code: what it was made for."""

    family: Family
    redirect_uri: str
    challenge: str
    nonce: str | None


@dataclass(frozen=True, slots=True)
class Refreshable:
    """A refresh token that has not been used yet: what is kept of it, and its family."""

    kept: bytes
    family: Family


@dataclass(frozen=True, slots=True)
class Device:
    """A device that waits for somebody to type in its code; once that is decided, by whom.

    `state` is `waiting`, `allowed`, `refused`, `ended`, or `hasty` where it asks too often.
    """

    client: str
    scopes: tuple[str, ...]
    audiences: tuple[str, ...]
    state: str
    subject: str | None = None
    authenticated: int | None = None
    epoch: int | None = None
    consent: int | None = None


def new_id() -> str:
    """The id of a new family."""
    return secrets.token_urlsafe(12)


def token_id(family: str) -> str:
    """The `jti` of a new token, which tells us its family."""
    return f"{family}.{secrets.token_urlsafe(9)}"


def family_of(token: str) -> str:
    """The id of the family of a token of this `jti`."""
    return token.partition(".")[0]


def tokens_of(claims: Mapping[str, Any]) -> list[str]:
    """An access token and those that it was exchanged for, by `jti`: it holds as long as all of them."""
    return [claims["jti"], *claims.get(PARENTS, ())]


def clients_of(claims: Mapping[str, Any]) -> list[str]:
    """The clients through whom an access token has gone."""
    found, actor = {claims["client_id"]}, claims.get("act")
    while actor is not None:
        found.add(actor["sub"])
        actor = actor.get("act")
    return sorted(found)

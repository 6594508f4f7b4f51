"""Scopes: what a client may learn or do, and what people are told of it."""

from collections.abc import Iterable

OPENID = "openid"
PASSPORT = "ga4gh_passport_v1"
OFFLINE = "offline_access"

OFFERED = {
    OPENID: "know that it is you, by an identifier of this site",
    "profile": "see your name",
    "email": "see your email address",
    PASSPORT: "see your visas: your affiliation, the terms you accepted, and the data you may use",
    OFFLINE: "stay signed in for you while you are away, until you take that back",
}
"""The scopes that concern a person, in the words of the consent page."""


def words(scope: str | None) -> tuple[str, ...]:
    """The scopes of a space-separated list, each once, in order."""
    return tuple(dict.fromkeys((scope or "").split()))


def text(scopes: Iterable[str]) -> str:
    """The scopes as OAuth writes them."""
    return " ".join(scopes)

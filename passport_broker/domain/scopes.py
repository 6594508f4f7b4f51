"""Scopes: what a client may learn or do, and what people are told of it."""

from collections.abc import Iterable

OPENID = "openid"
PASSPORT = "ga4gh_passport_v1"
OFFLINE = "offline_access"
APPLY = "access:apply"
DECIDE = "access:decide"
MANAGE = "visa:manage"

OFFERED = {
    OPENID: "know that it is you, by an identifier of this site",
    "profile": "see your name",
    "email": "see your email address",
    PASSPORT: "see your visas: your affiliation, the terms you accepted, and the data you may use",
    OFFLINE: "stay signed in for you while you are away, until you take that back",
    APPLY: "apply for access to data in your name, and withdraw what you applied for",
    DECIDE: "decide in your name on applications of others, where you may: who gets access to data",
    MANAGE: "issue and revoke visas of others in your name, where you may",
}
"""The scopes that concern a person, in the words of the consent page."""

USUAL = (OPENID, "profile", "email", PASSPORT, OFFLINE)
"""Those that only tell about a person: what clients get unless an operator says otherwise."""


def words(scope: str | None) -> tuple[str, ...]:
    """The scopes of a space-separated list, each once, in order."""
    return tuple(dict.fromkeys((scope or "").split()))


def sensible(scopes: Iterable[str]) -> bool:
    """Whether they make sense together: who is to see visas has to know whose (GA4GH AAI 1.2.1)."""
    given = set(scopes)
    return PASSPORT not in given or OPENID in given


def text(scopes: Iterable[str]) -> str:
    """The scopes as OAuth writes them."""
    return " ".join(scopes)

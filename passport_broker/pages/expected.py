"""Whom a client expects to be logged in, and since when at the longest (OpenID Connect Core 3.1.2.1)."""

from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oidc.core.errors import LoginRequiredError
from flask import request

from passport_broker.provider.parts import Ground
from passport_broker.provider.server import Provider
from passport_broker.signing.keys import NotOurs

_JUST_NOW = 30  # seconds within which a login counts as new


def other_person(provider: Provider, grant: Any) -> bool:
    """Whether somebody else is logged in than `id_token_hint` says, who can log in now.

    Raises:
        InvalidRequestError: the hint is no ID token that this client was given, however long ago.
        LoginRequiredError: somebody else has just logged in (3.1.2.2: nobody is taken for another).
    """
    hint, user = request.args.get("id_token_hint"), grant.request.user
    if not hint:
        return False
    expected = _hinted(provider.parts, hint, grant.request.client.registered.id)
    if expected is None:
        said = "The id_token_hint is no ID token of this client."
        raise InvalidRequestError(said, redirect_uri=grant.redirect_uri)
    if user is None or user.account.subject == expected:
        return False
    if _since(provider, grant) <= _JUST_NOW:
        raise LoginRequiredError(redirect_uri=grant.redirect_uri)
    return True


def login_again(provider: Provider, grant: Any, prompts: list[str]) -> bool:
    """Whether the client wants a new login, or one not so long ago.

    Raises:
        InvalidRequestError: `max_age` is no number.
    """
    longest = request.args.get("max_age", "")
    if longest and not (longest.isascii() and longest.isdigit() and len(longest) < 10):
        raise InvalidRequestError("max_age is no number of seconds.", redirect_uri=grant.redirect_uri)
    old = bool(longest) and _since(provider, grant) > max(int(longest), _JUST_NOW)
    return old or bool({"login", "select_account"} & set(prompts))


def _since(provider: Provider, grant: Any) -> int:
    """Seconds since the person logged in."""
    return int(provider.parts.now() - grant.request.user.authenticated)


def _hinted(parts: Ground, hint: str, client: str) -> str | None:
    """The subject of an ID token of that client."""
    try:
        claims = parts.signing.verify(hint, "JWT")
    except NotOurs:
        return None
    return str(claims["sub"]) if claims.get("aud") == client and "sub" in claims else None

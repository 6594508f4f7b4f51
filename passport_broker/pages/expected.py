"""Whom a client expects to be logged in, and since when at the longest (OpenID Connect Core 3.1.2.1)."""

import hmac
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oidc.core.errors import LoginRequiredError
from flask import request

from passport_broker.domain import opaque
from passport_broker.provider.parts import Ground
from passport_broker.provider.server import Provider
from passport_broker.signing.keys import NotOurs

_JUST_NOW = 30  # seconds within which a login counts as new
_SLACK = 5  # seconds by which the clocks of a site's machines may differ
_LASTS = 3600  # seconds for which a page waits for its person
_SINCE = "login_since"


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


def login_needed(provider: Provider, grant: Any) -> int:
    """Since when somebody has to have logged in at the latest (seconds since 1970), for this client now.

    Where a login was asked for that is newer than what there was, the page after it says since when.

    Raises:
        InvalidRequestError: `max_age` is no number.
    """
    longest = request.args.get("max_age", "")
    if longest and not (longest.isascii() and longest.isdigit() and len(longest) < 10):
        raise InvalidRequestError("max_age is no number of seconds.", redirect_uri=grant.redirect_uri)
    now, said = provider.parts.now(), _said(provider)
    if said is not None:
        return said
    if {"login", "select_account"} & set((request.args.get("prompt") or "").split()):
        return now + 1
    return now - max(int(longest), _JUST_NOW) if longest else 0


def asked_anew(provider: Provider, since: int | None = None) -> str:
    """The request of the client, for after a login from now on, or for one `since` then.

    What a login is asked for by is taken out, and that it was is put in, so that nobody can take it for done.
    """
    now, asked = provider.parts.now(), _pairs()
    wants = bool({"login", "select_account"} & set((request.args.get("prompt") or "").split()))
    if since is None:
        since = now - _SLACK if wants or "max_age" in request.args else 0
    if not since:
        return urlencode(asked)
    return urlencode([*asked, (_SINCE, f"{since}.{now}.{_proof(provider, since, now, asked)}")])


def _pairs() -> list[tuple[str, str]]:
    """The request without what is ours, and with `consent` alone of what people are to be asked."""
    asked = [pair for pair in request.args.items(multi=True) if pair[0] not in ("prompt", _SINCE)]
    rest = [each for each in (request.args.get("prompt") or "").split() if each in ("consent", "none")]
    return [*asked, *([("prompt", " ".join(rest))] if rest else [])]


def _said(provider: Provider) -> int | None:
    """What `asked_anew` has put into this very request, not long ago."""
    since, _, rest = request.args.get(_SINCE, "").partition(".")
    made, _, proof = rest.partition(".")
    if not all(each.isascii() and each.isdigit() and len(each) < 12 for each in (since, made)):
        return None
    expected = _proof(provider, int(since), int(made), _pairs())
    if not hmac.compare_digest(proof.encode(), expected.encode()):
        return None
    return int(since) if 0 <= provider.parts.now() - int(made) <= _LASTS else None


def _proof(provider: Provider, since: int, made: int, asked: list[tuple[str, str]]) -> str:
    return opaque.kept_with(provider.parts.secret, "login", f"{since}.{made}\n{urlencode(asked)}").hex()


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

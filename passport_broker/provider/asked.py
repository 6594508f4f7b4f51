"""What a request says beside what Authlib reads: whom a token is for, and whether it is well-formed."""

import re
from base64 import b64decode
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error
from werkzeug.datastructures import MultiDict

_PLAIN = re.compile(r"[\x20-\x7e]*")
_REPEATED = ("resource", "audience")  # RFC 8693, 2.1
_LONGEST = 20_000


class InvalidTargetError(OAuth2Error):
    """Whom the token is to be for is not for this client to ask (RFC 8707, RFC 8693)."""

    error = "invalid_target"
    description = "This client may not ask for tokens for that audience."


class TooOftenError(OAuth2Error):
    """This address asks too often."""

    error = "slow_down"
    status_code = 429


def audiences(request: Any) -> list[str]:
    """Whom the token is to be for: all of `resource` (RFC 8707) and `audience` (RFC 8693)."""
    listed = request.payload.datalist
    return [each for name in _REPEATED for each in listed.get(name, [])]


def narrowed(request: Any, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """Of the audiences that were allowed those asked for now, or all.

    Raises:
        InvalidTargetError: another one is asked for.
    """
    wanted = tuple(dict.fromkeys(audiences(request)))
    if set(wanted) - set(allowed):
        raise InvalidTargetError
    return wanted or allowed


def check_form(form: MultiDict[str, str], in_query: Iterable[str], authorization: str | None) -> None:
    """Returns where a request of a client is well-formed.

    Raises:
        InvalidRequestError: a parameter is in the URL, given twice or not plain text, or the client
            authenticates in two ways (RFC 6749, 2.3 and 3.2).
    """
    if any(in_query):
        raise InvalidRequestError("Parameters belong into the body of the request, not into its address.")
    check_plain(form)
    if authorization is not None and ("client_secret" in form or not _names(authorization, form)):
        raise InvalidRequestError("The client authenticates in two ways, or in none that can be read.")


def check_plain(values: MultiDict[str, str]) -> None:
    """Returns where each parameter is there once, in plain characters.

    Raises:
        InvalidRequestError: one is not.
    """
    for name, given in values.lists():
        if len(given) > 1 and name not in _REPEATED:
            raise InvalidRequestError("A parameter is given twice.")
        if not all(len(each) <= _LONGEST and _PLAIN.fullmatch(each) for each in (name, *given)):
            raise InvalidRequestError("A parameter holds characters that none may hold, or too many.")


def _names(authorization: str, form: MultiDict[str, str]) -> bool:
    """Whether the header can be read, and names the client that the form names, if it names one."""
    scheme, _, credentials = authorization.partition(" ")
    try:
        pair = b64decode(credentials, validate=True).decode()
    except ValueError:
        return False
    if scheme.lower() != "basic" or not _PLAIN.fullmatch(pair):
        return False
    named = unquote_plus(pair.partition(":")[0])
    return form.get("client_id", named) == named

"""The device flow (RFC 8628): somebody types a code into a page of the broker, and we ask until they have."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from governance.errors import shown
from governance.keys.urls import problem_with
from insitu.exits import Exit, Stop
from insitu.login.calling import Caller, Unreached
from insitu.login.documents import said, token_text, whole_number
from insitu.login.metadata import Metadata
from insitu.login.tokens import Client, Given, TokenRefused, ask, read

GRANT = "urn:ietf:params:oauth:grant-type:device_code"

PAUSE = 5  # seconds, where the broker says nothing, and by which it is made longer (RFC 8628, 3.2 and 3.5)
LONGEST = 3600  # seconds for which anybody is waited for


@dataclass(frozen=True, slots=True)
class Code:
    """What to type in and where; `whole` is an address that has the code in it. Times are in seconds."""

    device: str = field(repr=False)
    user: str
    page: str
    whole: str | None
    lasts: int
    pause: int


def begin(
    calls: Caller, metadata: Metadata, client: Client, scopes: Iterable[str], audiences: Iterable[str]
) -> Code:
    """The codes of a new login, whose tokens may be for these audiences (RFC 8707).

    Raises:
        TokenRefused: the broker does not begin one.
        Stop: what it answers cannot be used.
    """
    form: dict[str, Any] = {"scope": " ".join(scopes)}
    if listed := list(audiences):
        form["resource"] = listed
    return _code(metadata.issuer, ask(calls, metadata, client, metadata.device, form))


def wait(
    calls: Caller,
    metadata: Metadata,
    client: Client,
    code: Code,
    *,
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Given:
    """The tokens, once somebody has allowed it.

    The broker sets the pace: it is asked no sooner than it says, ever slower where it says so, and half as
    often each time that it does not answer.

    Raises:
        TokenRefused: it was refused, or nobody typed the code in in time.
    """
    form = {"grant_type": GRANT, "device_code": code.device}
    until, pause = clock() + code.lasts, float(code.pause)
    while clock() + pause < until:
        sleep(pause)
        try:
            return read(metadata.issuer, ask(calls, metadata, client, metadata.token, form))
        except TokenRefused as error:
            if error.error not in ("authorization_pending", "slow_down"):
                raise
            pause += PAUSE if error.error == "slow_down" else 0
        except Unreached:
            pause *= 2
    raise TokenRefused(metadata.issuer, "expired_token")


def _code(issuer: str, found: Mapping[str, Any]) -> Code:
    device, user = token_text(found.get("device_code"), 10_000), found.get("user_code")
    lasts = whole_number(found.get("expires_in"), 1, 10 * LONGEST)
    pause = whole_number(found.get("interval", PAUSE), 0, LONGEST)
    page = _page(found.get("verification_uri"))
    if device is None or not isinstance(user, str) or not user or lasts is None or pause is None or not page:
        raise Stop(f"{shown(issuer, 200)} began a login in a way that cannot be understood", Exit.REFUSED)
    whole = _page(found.get("verification_uri_complete"))
    return Code(device, said(user, longest=60), page, whole, min(lasts, LONGEST), max(pause, 1))


def _page(url: Any) -> str | None:
    """An address that a person may be sent to."""
    return url if isinstance(url, str) and problem_with(url) is None else None

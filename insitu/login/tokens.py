"""What the token endpoint of a broker answers (RFC 6749, 5; RFC 8693, 2.2), read strictly."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

from governance.errors import shown
from insitu.exits import Exit, Stop
from insitu.login.calling import Caller, Unreached
from insitu.login.documents import error_code, json_object, token_text, whole_number
from insitu.login.metadata import Metadata

DAY, YEAR = 86_400, 366 * 86_400
UNSAID = 60  # seconds that a token is taken to hold whose broker does not say

_OK = 200
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Client:
    """Who we are at a broker: a public client, or one with a secret."""

    id: str
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Given:
    """An answer with tokens. Lifetimes are in seconds; `refresh_seconds` where the broker says it."""

    access: str = field(repr=False)
    seconds: int
    kind: str
    refresh: str | None = field(repr=False)
    refresh_seconds: int | None
    identity: str | None = field(repr=False)
    scopes: tuple[str, ...] | None


class TokenRefused(Stop):
    """The token endpoint said no; `error` is its code, empty where it gave none."""

    def __init__(self, issuer: str, error: str) -> None:
        known = _REASONS.get(error, "turned the request down")
        super().__init__(f"{shown(issuer, 200)} {known}{f' ({error})' if error else ''}", Exit.REFUSED)
        self.error = error


def ask(
    calls: Caller, metadata: Metadata, client: Client, url: str, form: Mapping[str, Any]
) -> Mapping[str, Any]:
    """What an endpoint answers to this client.

    Raises:
        TokenRefused: it says no.
        Unreached: it does not answer, or is out of order.
    """
    headers, also = _credentials(metadata, client)
    answer = calls.call("POST", url, headers=headers, form={**form, **also})
    if answer.status == _OK:
        return json_object(answer.content)
    if answer.status >= _SERVER_ERROR:
        where = shown(metadata.issuer, 200)
        raise Unreached(f"{where} is out of order just now ({answer.status}): try again")
    raise TokenRefused(metadata.issuer, error_code(answer.content))


def read(issuer: str, found: Mapping[str, Any], kinds: Sequence[str] = ("bearer",)) -> Given:
    """The tokens in an answer.

    Raises:
        Stop: it holds none, or not as the standard has it.
    """
    access, kind = token_text(found.get("access_token")), found.get("token_type")
    if access is None or not isinstance(kind, str) or kind.lower() not in kinds:
        raise Stop(f"{shown(issuer, 200)} answered without a token that can be used", Exit.REFUSED)
    lasts = whole_number(found.get("expires_in"), 0, YEAR)
    scope = found.get("scope")
    return Given(
        access=access,
        seconds=UNSAID if lasts is None else min(lasts, DAY),
        kind=kind.lower(),
        refresh=token_text(found.get("refresh_token")),
        refresh_seconds=whole_number(found.get("refresh_expires_in"), 1, 10 * YEAR),
        identity=token_text(found.get("id_token")),
        scopes=tuple(scope.split()) if isinstance(scope, str) else None,
    )


def _credentials(metadata: Metadata, client: Client) -> tuple[dict[str, str], dict[str, str]]:
    """The header and what the form has beside it: by one way, never by two (RFC 6749, 2.3)."""
    if client.secret is None:
        return {}, {"client_id": client.id}
    if not metadata.basic:
        return {}, {"client_id": client.id, "client_secret": client.secret}
    pair = f"{quote_plus(client.id)}:{quote_plus(client.secret)}"
    return {"authorization": "Basic " + b64encode(pair.encode()).decode()}, {}


_REASONS = {
    "access_denied": "says that the login was refused",
    "expired_token": "says that the code was not typed in in time: try again",
    "invalid_client": "does not know this client: its operator may have removed it. Name another by --client",
    "invalid_grant": "does not honour the login any more",
    "invalid_request": "does not understand the request",
    "invalid_scope": "does not give these scopes to this client: name others by --scope",
    "invalid_target": "gives this client no token for that audience",
    "slow_down": "is being asked too often: wait a minute",
    "unauthorized_client": "does not let this client log in so",
}

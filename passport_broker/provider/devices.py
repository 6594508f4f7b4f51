"""The device grant (RFC 8628): for command lines, which have no browser to be sent back to."""

import secrets
from dataclasses import replace
from typing import Any

from authlib.oauth2.rfc6749 import (
    AccessDeniedError,
    InvalidGrantError,
    InvalidScopeError,
    UnauthorizedClientError,
)
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant
from authlib.oauth2.rfc8628.errors import AuthorizationPendingError, ExpiredTokenError, SlowDownError

from passport_broker.domain import opaque, scopes
from passport_broker.domain.clients import DEVICE, REFRESH
from passport_broker.domain.families import Device, Family
from passport_broker.provider import asked
from passport_broker.provider.codes import Minted
from passport_broker.provider.entities import KnownClient, User
from passport_broker.provider.parts import Parts
from passport_broker.store import devices

PAUSE = 5  # seconds between two questions of a device
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so no words


class DeviceEndpoint(DeviceAuthorizationEndpoint):
    """Gives a device its codes."""

    INTERVAL = PAUSE

    def create_endpoint_response(self, request: Any) -> tuple[int, dict[str, Any], Any]:
        """Codes for the device and for its user."""
        client: KnownClient = self.authenticate_client(request)
        if not client.check_grant_type(DEVICE):
            raise UnauthorizedClientError("This client may not log devices in.")
        allowed = client.get_allowed_scope(request.payload.scope)
        chosen = client.chosen(asked.audiences(request))
        if allowed is None:
            raise InvalidScopeError
        if chosen is None:
            raise asked.InvalidTargetError
        parts: Parts = self.server.parts
        code, user_code = opaque.new(), "".join(secrets.choice(_LETTERS) for _ in range(8))
        device = Device(client.get_client_id(), scopes.words(allowed), chosen, "waiting")
        seconds = parts.settings.device_seconds
        hashes = opaque.kept(code), kept_code(parts, user_code)
        devices.add(parts.database, hashes, device, seconds, PAUSE)
        shown = f"{user_code[:4]}-{user_code[4:]}"
        page = f"{parts.issuer}/device"
        return 200, {
            "device_code": code,
            "user_code": shown,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={shown}",
            "expires_in": seconds,
            "interval": PAUSE,
        }, [("Content-Type", "application/json")]  # fmt: skip


class DeviceGrant(Minted, DeviceCodeGrant):
    """Gives a device its tokens, once somebody has allowed it."""

    def validate_token_request(self) -> None:
        """Returns where somebody has allowed it."""
        client = self.authenticate_token_endpoint_client()
        self.request.client = client
        if not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("This client may not log devices in.")
        parts: Parts = self.server.parts
        kept = opaque.kept(self.request.form.get("device_code") or "")
        found = devices.poll(parts.database, kept, client.get_client_id())
        if found is None:
            raise InvalidGrantError("The device_code does not hold for this client.")
        if found.state != "allowed":
            raise _ERRORS[found.state]
        self._made = self._family(found, client)
        self.request.credential = _Credential(self._made)

    def family(self) -> Family:
        """The one that begins with it."""
        return self._made

    def _family(self, found: Device, client: KnownClient) -> Family:
        account = self.server.account(found.subject)
        if account is None or found.epoch is None:
            raise AccessDeniedError
        # As they were when they allowed it: what they have ended since does not begin here.
        user = User(replace(account, epoch=found.epoch), found.authenticated or 0, found.consent)
        self.request.user = user
        made: Family = self.server.minting.family(
            client.get_client_id(), user, found.scopes, found.audiences,
            offline=scopes.OFFLINE in found.scopes and client.check_grant_type(REFRESH),
        )  # fmt: skip
        return made


class _Credential:
    def __init__(self, family: Family) -> None:
        self.family = family

    def get_scope(self) -> str:
        return scopes.text(self.family.scopes)


_ERRORS = {
    "waiting": AuthorizationPendingError,
    "hasty": SlowDownError,
    "refused": AccessDeniedError,
    "ended": ExpiredTokenError,
}


def kept_code(parts: Parts, user_code: str) -> bytes:
    """What is kept of a code that somebody types in: in capitals, without what separates its letters."""
    word = "".join(each for each in user_code.upper() if each.isalpha())
    return opaque.kept_with(parts.secret, "device", word)

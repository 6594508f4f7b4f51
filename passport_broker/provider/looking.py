"""Introspection (RFC 7662) and revocation (RFC 7009), by the clients that a token concerns."""

from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from passport_broker.domain import opaque, scopes
from passport_broker.domain.families import Refreshable
from passport_broker.provider.checking import Held, held
from passport_broker.provider.codes import METHODS
from passport_broker.provider.entities import KnownClient
from passport_broker.provider.parts import Parts
from passport_broker.store import families


@dataclass(frozen=True, slots=True)
class Found:
    """A token that holds, of either kind, as Authlib asks about it."""

    token: Held | Refreshable

    def check_client(self, client: KnownClient) -> bool:
        """Whether it was issued to that client."""
        if isinstance(self.token, Held):
            return bool(self.token.claims["client_id"] == client.get_client_id())
        return self.token.family.client == client.get_client_id()

    def concerns(self, client: KnownClient) -> bool:
        """Whether it was issued to that client or is for it."""
        if isinstance(self.token, Held):
            return self.token.concerns(client.registered.names)
        return self.check_client(client)

    def is_expired(self) -> bool:
        """No: it was looked up as one that holds."""
        return False

    def is_revoked(self) -> bool:
        """No: as above."""
        return False


def find(parts: Parts, token: str) -> Found | None:
    """The token, whatever its kind is said to be; None where none holds."""
    if token.count(".") == 2:
        found: Held | Refreshable | None = held(parts, token)
    else:
        found = families.refreshable(parts.database, opaque.kept(token))
    return None if found is None else Found(found)


def _check_there(_endpoint: Any, request: Any, _client: KnownClient) -> None:
    """Returns where a token is sent; a hint at its type is not needed, and may be any (RFC 7009, 2.1)."""
    if "token" not in request.form:
        raise InvalidRequestError("The token is missing.")


class Introspection(IntrospectionEndpoint):
    """Tells a client with a secret about a token that is its own or for it; of any other, that it is none."""

    CLIENT_AUTH_METHODS = METHODS[:2]

    check_params = _check_there

    def query_token(self, token_string: str, token_type_hint: str | None) -> Found | None:  # noqa: ARG002
        """The token."""
        return find(self.server.parts, token_string)

    def check_permission(self, token: Found, client: KnownClient, request: Any) -> bool:  # noqa: ARG002
        """Whether it concerns that client."""
        return token.concerns(client)

    def introspect_token(self, token: Found) -> dict[str, Any]:
        """Its claims, as the token has them; visas are no part of them."""
        if isinstance(token.token, Held):
            return {**token.token.claims, "active": True, "token_type": "Bearer"}
        family = token.token.family
        return {
            "active": True,
            "iss": self.server.parts.issuer,
            "sub": family.subject,
            "client_id": family.client,
            "scope": scopes.text(family.scopes),
            "exp": family.ends,
        }


class Revocation(RevocationEndpoint):
    """Takes back an access token, or with a refresh token all that is descended from the same consent."""

    CLIENT_AUTH_METHODS = METHODS

    check_params = _check_there

    def query_token(self, token_string: str, token_type_hint: str | None) -> Found | None:  # noqa: ARG002
        """The token."""
        return find(self.server.parts, token_string)

    def revoke_token(self, token: Found, request: Any) -> None:
        """It holds no more."""
        parts, found = self.server.parts, token.token
        said = {"client": request.client.get_client_id(), "given_to": found.family.client}
        parts.record("passport.revoked", found.family.account, said)
        if isinstance(found, Held):
            families.revoke_token(parts.database, found.claims["jti"], found.claims["exp"])
        else:
            families.revoke(parts.database, found.family.id)

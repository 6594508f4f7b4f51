"""Refresh with rotation, and clients that act for themselves (RFC 6749, 4.4 and 6; RFC 9700, 4.14)."""

from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidScopeError, grants

from passport_broker.domain import opaque, scopes
from passport_broker.domain.clients import own_scopes
from passport_broker.domain.families import Family, Refreshable
from passport_broker.provider import asked
from passport_broker.provider.codes import METHODS, Minted
from passport_broker.provider.entities import KnownClient, User
from passport_broker.store import families


class Refresh:
    """A refresh token that holds, as Authlib asks about it."""

    def __init__(self, found: Refreshable) -> None:
        self.kept = found.kept
        self.family = found.family

    def check_client(self, client: KnownClient) -> bool:
        """Whether it was issued to that client."""
        return self.family.client == client.get_client_id()

    def get_scope(self) -> str:
        """What was allowed."""
        return scopes.text(self.family.scopes)


class RefreshGrant(Minted, grants.RefreshTokenGrant):
    """Each refresh token is used once; a second time ends its whole family."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def authenticate_refresh_token(self, refresh_token: str) -> Refresh | None:
        """The refresh token; where it was used before, its family ends here."""
        found = families.refreshable(self.server.parts.database, opaque.kept(refresh_token))
        if found is None:
            self._reused(opaque.kept(refresh_token))
            return None
        return Refresh(found)

    def authenticate_user(self, refresh_token: Refresh) -> User | None:
        """Who allowed it."""
        family = refresh_token.family
        return None if family.account is None else User(family.account, family.authenticated or 0)

    def issue_token(self, user: Any, refresh_token: Refresh) -> dict[str, Any]:
        """New tokens for the old: of two who bring the same at once one gets none, and the other's end."""
        fresh = opaque.new()
        made: dict[str, Any] = super().issue_token(user, refresh_token)
        if not families.rotate(self.server.parts.database, refresh_token.kept, opaque.kept(fresh)):
            self._reused(refresh_token.kept)
            raise InvalidGrantError
        left = refresh_token.family.ends - self.server.parts.now()
        return made | {"refresh_token": fresh, "refresh_expires_in": max(0, left)}

    def revoke_old_credential(self, refresh_token: Refresh) -> None:
        """Nothing: `issue_token` has done it."""

    def family(self) -> Family:
        """That of the refresh token."""
        found: Family = self.request.refresh_token.family
        return found

    def _reused(self, kept: bytes) -> None:
        ended = families.revoke_of_used_refresh(self.server.parts.database, kept)
        if ended is not None:
            account = self.server.account(ended[0])
            self.server.parts.record("passport.reused", account, {"what": "refresh token"})


class CredentialsGrant(Minted, grants.ClientCredentialsGrant):
    """A client with a secret that acts for itself; it never gets scopes that concern a person."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS[:2]

    def validate_token_request(self) -> None:
        """As Authlib does, and the scopes."""
        super().validate_token_request()
        client: KnownClient = self.request.client
        wanted = scopes.words(self.request.payload.scope)
        if set(wanted) - own_scopes(client.registered):
            raise InvalidScopeError
        chosen = client.chosen(asked.audiences(self.request))
        if chosen is None:
            raise asked.InvalidTargetError
        self._made = self.server.minting.family(
            client.get_client_id(), None, wanted or tuple(sorted(own_scopes(client.registered))), chosen,
            offline=False,
        )  # fmt: skip

    def family(self) -> Family:
        """One of its own."""
        made: Family = self._made
        return made

"""The authorization code grant (RFC 6749, 4.1), always with PKCE by S256 (RFC 7636, RFC 9700)."""

import re
from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError, grants
from authlib.oauth2.rfc7636 import CodeChallenge

from passport_broker.domain import opaque, scopes
from passport_broker.domain.clients import REFRESH
from passport_broker.domain.families import Code, Family
from passport_broker.provider import asked
from passport_broker.provider.entities import KnownClient, Redeemed, User
from passport_broker.store import families

METHODS = ["client_secret_basic", "client_secret_post", "none"]
"""How clients authenticate; `none` is for public ones only."""

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_NONCE_LONGEST = 1000


class Minted:
    """Of a grant whose tokens are made by `Minting`, of the family that it names."""

    request: Any
    server: Any

    def family(self) -> Family:
        """What the tokens are descended from."""
        raise NotImplementedError

    def generate_token(
        self,
        user: Any = None,  # noqa: ARG002 - the family knows
        scope: str | None = None,
        grant_type: str | None = None,  # noqa: ARG002
        expires_in: int | None = None,  # noqa: ARG002
        include_refresh_token: bool = True,
    ) -> dict[str, Any]:
        """The answer with an access token, and a refresh token where the person allowed it."""
        family, client = self.family(), self.request.client.get_client_id()
        audiences = asked.narrowed(self.request, family.audiences)
        allowed = scopes.words(scope) or family.scopes
        made: dict[str, Any] = self.server.minting.access(family, client, allowed, audiences)
        if include_refresh_token and scopes.OFFLINE in family.scopes:
            made |= self.server.minting.refresh(family)
        return made

    def save_token(self, token: dict[str, Any]) -> None:
        """Nothing: what is kept of tokens is kept as they are made."""


class CodeGrant(Minted, grants.AuthorizationCodeGrant):
    """Codes that are redeemed once; a second time ends all that came of the first."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    @staticmethod
    def validate_authorization_redirect_uri(request: Any, client: KnownClient) -> str:
        """Where to send the person back to: said each time, and as it is registered."""
        asked_for: str | None = request.payload.redirect_uri
        if not asked_for or not client.check_redirect_uri(asked_for):
            raise InvalidRequestError("The redirect URI is missing, or not registered for this client.")
        return asked_for

    def validate_authorization_request(self) -> str:
        """As Authlib does, and whom the tokens are to be for."""
        redirect_uri: str = super().validate_authorization_request()
        chosen = self.request.client.chosen(asked.audiences(self.request))
        if chosen is None:
            raise asked.InvalidTargetError(redirect_uri=redirect_uri)
        self.request.audiences = chosen
        if len(self.request.payload.data.get("nonce") or "") > _NONCE_LONGEST:
            raise InvalidRequestError("The nonce is too long.", redirect_uri=redirect_uri)
        return redirect_uri

    def save_authorization_code(self, code: str, request: Any) -> None:
        """Keeps the digest of a code, and what it is for."""
        parts, allowed = self.server.parts, scopes.words(request.scope)
        family = self.server.minting.family(
            request.client.get_client_id(),
            request.user,
            allowed,
            request.audiences,
            offline=scopes.OFFLINE in allowed and request.client.check_grant_type(REFRESH),
            seconds=parts.settings.code_seconds,
        )
        data = request.payload.data
        made = Code(family, request.payload.redirect_uri, data["code_challenge"], data.get("nonce"))
        families.add_code(parts.database, opaque.kept(code), made, parts.settings.code_seconds)

    def query_authorization_code(self, code: str, client: KnownClient) -> Redeemed | None:
        """The code, which from now on was redeemed, whatever else is wrong with the request."""
        parts, kept = self.server.parts, opaque.kept(code)
        found = families.redeem(parts.database, kept, client.get_client_id())
        if found is not None:
            return Redeemed(found)
        ended = families.revoke_of_used_code(parts.database, kept, client.get_client_id())
        if ended is not None:
            said = {"what": "code", "client": client.get_client_id()}
            parts.record("passport.reused", self.server.account(ended[0]), said)
        return None

    def delete_authorization_code(self, authorization_code: Redeemed) -> None:
        """Nothing: it is kept so that its reuse is noticed."""

    def authenticate_user(self, authorization_code: Redeemed) -> User | None:
        """Who allowed it."""
        family = authorization_code.family
        return None if family.account is None else User(family.account, family.authenticated or 0)

    def family(self) -> Family:
        """That of the code."""
        found: Family = self.request.authorization_code.family
        return found


class Pkce(CodeChallenge):
    """PKCE as every client has to do it: by S256, public or not."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)
    CODE_CHALLENGE_METHODS = {"S256": CodeChallenge.CODE_CHALLENGE_METHODS["S256"]}  # noqa: RUF012

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """Returns where there is a challenge by S256."""
        data = grant.request.payload.data
        if not _CHALLENGE.fullmatch(data.get("code_challenge") or ""):
            raise InvalidRequestError("PKCE is required: code_challenge is missing, or no SHA-256.")
        if data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE is required by code_challenge_method=S256.")
        super().validate_code_challenge(grant, redirect_uri)

"""OpenID Connect: ID tokens, UserInfo with visas, and the documents that tell clients where things are."""

from typing import Any

from authlib.oidc.core.grants.code import OpenIDCode, OpenIDToken

from passport_broker.domain import scopes
from passport_broker.domain.clients import ALGORITHMS, CODE, CREDENTIALS, DEVICE, EXCHANGE, REFRESH
from passport_broker.provider.checking import Held
from passport_broker.provider.codes import METHODS
from passport_broker.provider.parts import Ground


class IdTokens(OpenIDToken):
    """Adds an ID token to the answers of a grant where `openid` was allowed."""

    def encode_id_token(self, token: dict[str, Any], request: Any) -> str:
        """The ID token."""
        code = request.authorization_code
        family = (code or request.refresh_token or request.credential).family
        nonce = None if code is None else code.get_nonce()
        minting, client = request.server.minting, request.client.registered
        made: str = minting.id_token(client, family, nonce, token["access_token"])
        return made


class IdTokensOfCodes(IdTokens, OpenIDCode):
    """As OpenID Connect has it for codes: with the nonce, and with `prompt`."""

    def exists_nonce(self, nonce: str, request: Any) -> bool:  # noqa: ARG002
        """Never: a nonce is for its client to recognise."""
        return False


def userinfo(parts: Ground, token: Held) -> dict[str, Any]:
    """What UserInfo says of the person (OpenID Connect Core 5.3, GA4GH AAI 1.2.1)."""
    account, said = token.family.account, {"sub": token.family.subject}
    if account is None:
        return said
    found: dict[str, Any] = dict(said)
    if "profile" in token.scopes and account.name:
        found["name"] = account.name
    if "email" in token.scopes and account.email:
        found |= {"email": account.email, "email_verified": False}
    if scopes.PASSPORT in token.scopes:
        found[scopes.PASSPORT] = parts.visas.of(account.subject, _until(parts, token))
    return found


def _until(parts: Ground, token: Held) -> int:
    """Until when the visas for a token should hold: as long as it, where its clearinghouse asks only once."""
    return 0 if token.audiences == {parts.site} else int(token.claims["exp"])


def configuration(parts: Ground) -> dict[str, Any]:
    """The provider's metadata (OpenID Connect Discovery 3, RFC 8414)."""
    issuer = parts.issuer
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": parts.signing.jku,
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "device_authorization_endpoint": f"{issuer}/device_authorization",
        "scopes_supported": list(scopes.OFFERED),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [CODE, REFRESH, CREDENTIALS, DEVICE, EXCHANGE],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(ALGORITHMS),
        "token_endpoint_auth_methods_supported": METHODS,
        "introspection_endpoint_auth_methods_supported": METHODS[:2],
        "revocation_endpoint_auth_methods_supported": METHODS,
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": [
            "iss", "sub", "aud", "azp", "exp", "iat", "auth_time", "nonce", "at_hash", "name", "email",
            "email_verified", scopes.PASSPORT,
        ],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "authorization_response_iss_parameter_supported": True,
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }  # fmt: skip

"""Access tokens (RFC 9068), ID tokens, and what goes along with them."""

import hashlib
from base64 import urlsafe_b64encode
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError

from passport_broker.domain import opaque, scopes
from passport_broker.domain.clients import Client
from passport_broker.domain.families import Family, new_id, token_id
from passport_broker.provider.parts import Parts
from passport_broker.store import families

ACCESS_TYPE = "at+jwt"
SWEEP_SECONDS = 600


class Minting:
    """Makes tokens. Safe between threads."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._swept = 0

    def family(
        self,
        client: str,
        user: Any,
        allowed: tuple[str, ...],
        audiences: tuple[str, ...],
        *,
        offline: bool,
        seconds: int = 0,
    ) -> Family:
        """A new family, kept; where it is not `offline` it ends with its only access token.

        `seconds` is how long a client may take to come for that token.
        """
        settings, now = self._parts.settings, self._parts.now()
        ends = now + (settings.refresh_days * 86_400 if offline else seconds + settings.access_seconds)
        account, authenticated = (None, None) if user is None else (user.account, user.authenticated)
        made = Family(new_id(), client, account, allowed, audiences, authenticated, ends)
        families.begin(self._parts.database, made)
        self._sweep(now)
        return made

    def access(
        self,
        family: Family,
        client: str,
        allowed: tuple[str, ...],
        audiences: tuple[str, ...],
        *,
        ends: int | None = None,
        actor: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The answer that holds a new access token: for whom, through whom, until when; no GA4GH claims."""
        if family.account is not None and family.account.kind == "demonstration" and not self._parts.loopback:
            raise InvalidGrantError("Demonstration accounts are for the machine that they are on.")
        now = self._parts.now()
        longest = self._parts.settings.access_seconds
        if self._ends_with_its_visas(family, allowed, audiences, exchanged=actor is not None):
            longest = min(longest, self._parts.settings.lifetimes.signed)
        until = min(now + longest, family.ends, ends or family.ends)
        claims: dict[str, Any] = {
            "iss": self._parts.issuer,
            "sub": family.subject,
            "aud": audiences[0] if len(audiences) == 1 else list(audiences),
            "client_id": client,
            "scope": scopes.text(allowed),
            "iat": now,
            "exp": until,
            "jti": token_id(family.id),
        }
        if family.authenticated is not None:
            claims["auth_time"] = family.authenticated
        if actor is not None:
            claims["act"] = actor
        return {
            "access_token": self._parts.signing.sign(claims, ACCESS_TYPE),
            "token_type": "Bearer",
            "expires_in": max(0, until - now),
            "scope": scopes.text(allowed),
        }

    def refresh(self, family: Family) -> dict[str, Any]:
        """A first refresh token of the family, kept as a digest, and how long it holds."""
        token = opaque.new()
        families.add_refresh(self._parts.database, opaque.kept(token), family.id)
        return {"refresh_token": token, "refresh_expires_in": max(0, family.ends - self._parts.now())}

    def _ends_with_its_visas(
        self, family: Family, allowed: tuple[str, ...], audiences: tuple[str, ...], *, exchanged: bool
    ) -> bool:
        """Whether a token opens nothing any more once its first visas are over, and its client gets another.

        A clearinghouse elsewhere may ask for visas once an hour with one token.
        """
        elsewhere = set(audiences) - {self._parts.site}
        another = exchanged or scopes.OFFLINE in family.scopes
        return bool(elsewhere) and another and scopes.PASSPORT in allowed

    def id_token(self, client: Client, family: Family, nonce: str | None, access_token: str) -> str:
        """The ID token (OpenID Connect Core 2): that somebody logged in, and when."""
        now = self._parts.now()
        claims: dict[str, Any] = {
            "iss": self._parts.issuer,
            "sub": family.subject,
            "aud": client.id,
            "azp": client.id,
            "iat": now,
            "exp": now + self._parts.settings.access_seconds,
            "auth_time": family.authenticated,
            "at_hash": _half_hash(access_token),
        }
        if nonce is not None:
            claims["nonce"] = nonce
        return self._parts.signing.sign(claims, "JWT", alg=client.id_token_algorithm)

    def _sweep(self, now: int) -> None:
        """Now and then forgets what is over."""
        if not 0 <= now - self._swept < SWEEP_SECONDS:
            self._swept = now
            families.sweep(self._parts.database)


def _half_hash(token: str) -> str:
    """The left half of its SHA-256, which both our algorithms use."""
    return urlsafe_b64encode(hashlib.sha256(token.encode()).digest()[:16]).rstrip(b"=").decode()

"""Assertions as signed visas, and visas as passports (GA4GH AAI 1.2.1, Passport 1.2.1)."""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from governance.passport.assertions import CLAIM
from governance.passport.jws import read
from governance.passport.remembering import Remembered
from governance.passport.tokens import PASSPORT_CLAIM, PASSPORT_TYPE
from governance.passport.visas import LONGEST
from passport_broker.domain.visas import Issued
from passport_broker.visas.lifetimes import Lifetimes

VISA_TYPE = "vnd.ga4gh.visa+jwt"
_KEPT = 20_000  # signatures
_LOOKED_AT_EVERY = 1.0  # seconds


class Signing(Protocol):
    """The broker's keys: `passport_broker.signing.keys.Signing`."""

    jku: str

    def sign(self, claims: dict[str, Any], typ: str, **header: Any) -> str:
        """A compact JWS of the claims by the newest key, with these members in its header."""

    def jwks(self) -> dict[str, Any]:
        """The public keys, as others get them this moment."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A visa as it is sent, its end in seconds since 1970, and the key that signed it."""

    text: str
    ends: int
    kid: str


class Signer:
    """Signs for the length of `Lifetimes.signed` at most. Safe between threads.

    Whoever asks has just read that the assertion stands: a signature is kept, never the standing.
    """

    def __init__(
        self,
        signing: Signing,
        issuer: str,
        lifetimes: Lifetimes,
        clock: Callable[[], float],
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ticks = ticks
        self._looked = float("-inf")
        self._published: frozenset[str] = frozenset()
        self.issuer = issuer
        self._signing = signing
        self._lifetimes = lifetimes
        self._clock = clock
        self._kept: Remembered[str, Signed] = Remembered(_KEPT, clock)

    def visa(self, issued: Issued, until: int = 0) -> Signed:
        """The assertion, signed; one signed before is given again as long as it has enough time left.

        That is some, or up to `until` where a new one would hold so long.
        """
        known, now = self._kept.get(issued.id), int(self._clock())
        ends = min(now + self._lifetimes.signed, issued.span.ends)
        enough = min(until, issued.span.ends) if until <= now + self._lifetimes.signed else 0
        if known is not None and known.ends >= enough and known.kid in self._keys():
            return known
        claims = {
            "iss": self.issuer,
            "sub": issued.subject,
            "iat": now,
            "exp": ends,
            "jti": token_id(issued.id),
            CLAIM: issued.assertion.claim(),
        }
        text = self._signing.sign(claims, VISA_TYPE, jku=self._signing.jku)
        made = Signed(text, ends, read(text, LONGEST).kid)
        self._kept.put(issued.id, made, ends - self._lifetimes.left)
        return made

    def _keys(self) -> frozenset[str]:
        """The keys that are published, looked at once a second: what another signed is worth nothing."""
        if self._ticks() - self._looked >= _LOOKED_AT_EVERY:
            self._looked = self._ticks()
            self._published = frozenset(str(each["kid"]) for each in self._signing.jwks()["keys"])
        return self._published

    def passport(self, subject: str, visas: Sequence[Signed], audience: str | list[str] | None) -> str:
        """A passport of these visas, which ends with the first of them."""
        now = int(self._clock())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": subject,
            "iat": now,
            "exp": min([now + self._lifetimes.signed, *(each.ends for each in visas)]),
            "jti": secrets.token_urlsafe(12),
            PASSPORT_CLAIM: [each.text for each in visas],
        }
        if audience is not None:
            claims["aud"] = audience
        return self._signing.sign(claims, PASSPORT_TYPE)


def token_id(assertion: str) -> str:
    """The `jti` of a new visa, which tells us its assertion."""
    return f"{assertion}.{secrets.token_urlsafe(6)}"


def assertion_of(token: str) -> str:
    """The id of the assertion of a visa of this `jti`."""
    return token.partition(".")[0]

"""ID tokens of providers of others, verified as OpenID Connect Core 3.1.3.7 has it."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from governance.keys.errors import Unfetched
from governance.keys.fetching import Http
from governance.keys.jwk import PublicKey
from governance.keys.sets import KeySets, KeyUnknown
from governance.keys.times import Times
from governance.passport.claims import ISS_LONGEST, SUB_LONGEST, moment, span_of, string
from governance.passport.jws import Signed, read, verify
from governance.passport.refusal import Refusal, Rule
from passport_broker.upstream.endpoints import TIMES
from passport_broker.upstream.errors import ProofRefused, ProviderAway
from passport_broker.upstream.providers import Provider

LONGEST = 16_384  # characters


@dataclass(frozen=True, slots=True)
class Expected:
    """What the ID token has to belong to. `since`: the login is to be no older (seconds since 1970)."""

    nonce: str
    access_token: str | None
    since: float | None = None


class IdTokens:
    """Verifies ID tokens. Safe between threads."""

    def __init__(
        self, http: Http, clock: Callable[[], float], skew: int = 30, times: Times = TIMES
    ) -> None:
        self._keys = KeySets(http, clock, times)
        self._clock = clock
        self._skew = skew

    def claims(self, provider: Provider, text: object, jwks_uri: str, expected: Expected) -> dict[str, Any]:
        """What the token says. What needs no key is looked at first: nothing is fetched for what is wrong.

        Raises:
            ProofRefused: it does not hold, or is not about this login.
            ProviderAway: the provider's keys cannot be had.
        """
        try:
            signed = read(text, LONGEST, named=False)
            self._check(provider, signed, expected)
            self._verify(provider, signed, jwks_uri)
        except Refusal as refusal:
            raise ProofRefused(provider, refusal.rule, refusal.reason) from refusal
        return signed.claims

    def _check(self, provider: Provider, signed: Signed, expected: Expected) -> None:
        claims, now = signed.claims, self._clock()
        if signed.typ not in (None, "jwt"):
            raise Refusal(Rule.TYP, "it is a token of another kind than an ID token (`typ`)")
        if string(claims, "iss", Rule.ISS, ISS_LONGEST) != provider.issuer:
            raise Refusal(Rule.ISS, "its ID token is of another issuer")
        string(claims, "sub", Rule.SUB, SUB_LONGEST)
        span_of(claims, now, self._skew)
        _check_audience(provider, claims)
        if not _same(claims.get("nonce"), expected.nonce):
            raise ProofRefused(provider, "nonce", "its ID token is of another login (`nonce`)")
        half = _half_hash(expected.access_token or "")
        if expected.access_token is not None and not _same(claims.get("at_hash", half), half):
            raise ProofRefused(provider, "at-hash", "its ID token is of another access token (`at_hash`)")
        if "auth_time" in claims:
            _check_login(provider, moment(claims, "auth_time", Rule.MALFORMED), expected, now, self._skew)

    def _verify(self, provider: Provider, signed: Signed, jwks_uri: str) -> None:
        try:
            if "kid" in signed.header:
                verify(signed, self._keys.key(jwks_uri, signed.kid, signed.algorithm))
            else:
                self._verify_unnamed(signed, jwks_uri)
        except KeyUnknown as error:
            why = "its ID token names a key that it does not publish, or none of several"
            raise ProofRefused(provider, Rule.UNKNOWN_KEY, why) from error
        except Unfetched as error:
            raise ProviderAway(provider, "key set", error.why) from error

    def _verify_unnamed(self, signed: Signed, jwks_uri: str) -> None:
        """By the only key that there is; by the one that has taken its place, if it does not fit."""
        first = self._only(signed, jwks_uri, anew=False)
        try:
            verify(signed, first)
        except Refusal:
            verify(signed, self._only(signed, jwks_uri, anew=True))

    def _only(self, signed: Signed, jwks_uri: str, *, anew: bool) -> PublicKey:
        return self._keys.only(jwks_uri, signed.algorithm, anew=anew)


def _check_audience(provider: Provider, claims: dict[str, Any]) -> None:
    """For this site, and for nobody else: no other client has to be trusted with it."""
    named = claims.get("aud")
    if (named if isinstance(named, list) else [named]) != [provider.client_id]:
        raise Refusal(Rule.AUD, "its ID token is for others than this site (`aud`)")
    if "azp" in claims and claims["azp"] != provider.client_id:
        raise ProofRefused(provider, "azp", "its ID token was issued to another client (`azp`)")


def _check_login(provider: Provider, at: float, expected: Expected, now: float, skew: int) -> None:
    if at > now + skew:
        raise ProofRefused(provider, "auth-time", "it says that you log in later than now (`auth_time`)")
    if expected.since is not None and at < expected.since - skew:
        raise ProofRefused(provider, "auth-time", "it did not ask you to log in anew, as it was to")


def _same(given: object, expected: str) -> bool:
    raw = given.encode("utf-8", "surrogatepass") if isinstance(given, str) else b""
    return hmac.compare_digest(raw, expected.encode())


def _half_hash(token: str) -> str:
    """The left half of its SHA-256, which both algorithms use (OpenID Connect Core 3.1.3.6)."""
    return urlsafe_b64encode(hashlib.sha256(token.encode()).digest()[:16]).rstrip(b"=").decode()

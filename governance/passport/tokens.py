"""Access tokens and passports of brokers (GA4GH AAI 1.2.1): read, and verified with the broker's keys."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from governance.caller import Identity
from governance.keys.fetching import Unfetched
from governance.keys.sets import KeySets
from governance.passport.assertions import CLAIM as VISA_CLAIM
from governance.passport.claims import SUB_LONGEST, Span, check_audience, scopes, span_of, string
from governance.passport.discovery import Discovery
from governance.passport.jws import Signed, read, verify
from governance.passport.refusal import Refusal, Rule
from governance.passport.trust import Broker, Trust
from governance.passport.visas import key_for

ACCESS_LONGEST = 16_384  # characters
PASSPORT_LONGEST = 1_000_000  # characters
VISAS_MOST = 200
PASSPORT_CLAIM = "ga4gh_passport_v1"
PASSPORT_TYPE = "vnd.ga4gh.passport+jwt"


@dataclass(frozen=True, slots=True)
class Access:
    """A verified access token: whose, through which client, and whether it opens the passport."""

    broker: Broker
    identity: Identity
    span: Span
    scoped: bool
    client: str | None


@dataclass(frozen=True, slots=True)
class Passport:
    """A verified passport, with its visas as they were sent: nothing is known of those yet."""

    broker: Broker
    identity: Identity
    span: Span
    visas: tuple[object, ...]


class Tokens:
    """Verifies what brokers sign, under one trust. Safe between threads."""

    def __init__(
        self, trust: Trust, keys: KeySets, discovery: Discovery, clock: Callable[[], float]
    ) -> None:
        self._trust = trust
        self._keys = keys
        self._discovery = discovery
        self._clock = clock

    def access(self, text: object) -> Access:
        """The access token.

        Raises:
            Refusal: it is none, or none that holds here and now.
        """
        signed = read(text, ACCESS_LONGEST)
        if signed.typ not in ("jwt", "at+jwt"):
            raise Refusal(Rule.TYP, "an access token has the `typ` JWT or at+jwt")
        if {PASSPORT_CLAIM, VISA_CLAIM} & signed.claims.keys():
            raise Refusal(Rule.GA4GH_CLAIM, "an access token may hold no visas: its broker has them")
        words = scopes(signed.claims)
        if words is None:
            raise Refusal(Rule.SCOPE, "an access token must have a `scope`")
        scoped = PASSPORT_CLAIM in words
        if scoped and "openid" not in words:
            raise Refusal(Rule.SCOPE, f"a token with the scope {PASSPORT_CLAIM} must have openid as well")
        broker, identity, span = self._common(signed)
        self.verify(signed, broker)
        return Access(broker, identity, span, scoped, _client(signed.claims))

    def passport(self, text: object, *, handed_to_us: bool = False) -> Passport:
        """The passport; one that its broker has just handed to this site need not say that it is for it.

        Raises:
            Refusal: it is none, or none that holds here and now.
        """
        signed = read(text, PASSPORT_LONGEST)
        if signed.typ != PASSPORT_TYPE:
            raise Refusal(Rule.TYP, f"a passport has the `typ` {PASSPORT_TYPE}")
        if VISA_CLAIM in signed.claims:
            raise Refusal(Rule.GA4GH_CLAIM, "it is a visa, and no passport")
        visas = visas_of(signed.claims)
        broker, identity, span = self._common(signed, handed_to_us=handed_to_us)
        self.verify(signed, broker)
        return Passport(broker, identity, span, visas)

    def verify(self, signed: Signed, broker: Broker) -> None:
        """Returns where the broker signed it.

        Raises:
            Refusal: it did not, or that cannot be known just now.
        """
        try:
            url = self._discovery.jwks_uri(broker)
        except Unfetched as error:
            raise Refusal(Rule.NO_KEYS, f"the keys of its issuer cannot be had: {error.why}") from error
        verify(signed, key_for(signed, url, self._keys))

    def _common(self, signed: Signed, *, handed_to_us: bool = False) -> tuple[Broker, Identity, Span]:
        """What both kinds share, and what needs no key."""
        claims = signed.claims
        broker = self._trust.find_broker(string(claims, "iss", Rule.ISS, 2000))
        if broker is None:
            raise Refusal(Rule.UNTRUSTED_BROKER, "its issuer is not among the brokers this site trusts")
        subject = string(claims, "sub", Rule.SUB, SUB_LONGEST)
        span = span_of(claims, self._clock(), self._trust.skew)
        required = broker.requires_audience and not handed_to_us
        check_audience(claims, self._trust.names_at(broker), required=required)
        return broker, Identity(broker.issuer, subject), span


def visas_of(claims: dict[str, Any]) -> tuple[object, ...]:
    """The visas that a passport or a UserInfo answer lists, as they are there, each once.

    Raises:
        Refusal: there is no such list, or one of too many.
    """
    listed = claims.get(PASSPORT_CLAIM)
    if not isinstance(listed, list):
        raise Refusal(Rule.PASSPORT_CLAIM, f"it must list its visas (`{PASSPORT_CLAIM}`)")
    if len(listed) > VISAS_MOST:
        raise Refusal(Rule.TOO_MANY, f"it lists more than {VISAS_MOST} visas")
    return tuple(listed)


def _client(claims: dict[str, Any]) -> str | None:
    """The program that the user asks through: RFC 9068's `client_id`, or OpenID Connect's `azp`."""
    for name in ("client_id", "azp"):
        if name in claims:
            return string(claims, name, Rule.MALFORMED, SUB_LONGEST)
    return None

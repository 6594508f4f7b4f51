"""Access tokens and passports of brokers (GA4GH AAI 1.2.1): read, and verified with the broker's keys."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from governance.caller import Identity
from governance.keys.errors import Unfetched
from governance.keys.sets import KeySets
from governance.passport.assertions import CLAIM as VISA_CLAIM
from governance.passport.claims import ISS_LONGEST, SUB_LONGEST, Span, check_audience, scopes, span_of, string
from governance.passport.discovery import Discovery
from governance.passport.jws import Signed, read, verify
from governance.passport.refusal import Refusal, Rule
from governance.passport.trust import Broker, Trust
from governance.passport.visas import key_for

ACCESS_LONGEST = 16_384  # characters
PASSPORT_LONGEST = 1_000_000  # characters
VISAS_MOST = 200  # of one token or passport that are looked at
PASSPORT_CLAIM = "ga4gh_passport_v1"
PASSPORT_TYPE = "vnd.ga4gh.passport+jwt"


@dataclass(frozen=True, slots=True)
class Access:
    """A verified access token: whose, through which client, for what, and whether it opens the passport."""

    broker: Broker
    identity: Identity
    span: Span
    scoped: bool
    client: str | None
    scopes: frozenset[str] = frozenset()


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
        broker, identity, span = self._common(signed)
        scoped = _scoped(signed.claims, broker)
        client = _client(signed.claims)
        if broker.clients is not None and client not in broker.clients:
            raise Refusal(Rule.CLIENT, "the program it was issued to (`client_id`, `azp`) is not taken here")
        self.verify(signed, broker)
        return Access(broker, identity, span, scoped, client, frozenset(scopes(signed.claims) or ()))

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
        broker = self._trust.find_broker(string(claims, "iss", Rule.ISS, ISS_LONGEST))
        if broker is None:
            raise Refusal(Rule.UNTRUSTED_BROKER, "its issuer is not among the brokers this site trusts")
        subject = string(claims, "sub", Rule.SUB, SUB_LONGEST)
        span = span_of(claims, self._clock(), self._trust.skew)
        # Who only wants to know who somebody is takes no token that may have been meant for others.
        required = (broker.requires_audience or broker.way == "none") and not handed_to_us
        check_audience(claims, self._trust.names_at(broker), required=required)
        return broker, Identity(broker.issuer, subject), span


def visas_of(claims: dict[str, Any]) -> tuple[object, ...]:
    """The visas that a passport or a UserInfo answer lists, as they are there, each once.

    Of endless ones those that are too many to be looked at are left out.

    Raises:
        Refusal: there is no such list.
    """
    listed = claims.get(PASSPORT_CLAIM)
    if not isinstance(listed, list):
        raise Refusal(Rule.PASSPORT_CLAIM, f"it must list its visas (`{PASSPORT_CLAIM}`)")
    # What is no text stands for nothing, and is not kept.
    return tuple(each if isinstance(each, str) else None for each in listed[: 2 * VISAS_MOST])


def _scoped(claims: dict[str, Any], broker: Broker) -> bool:
    """Whether the token opens the passport; one that does not is somebody only where that is all we ask.

    Raises:
        Refusal: it must open it and does not (AAI 1.2.1, Passport-Scoped Access Token).
    """
    words = scopes(claims)
    if words is None:
        raise Refusal(Rule.SCOPE, "an access token must have a `scope`")
    scoped = {"openid", PASSPORT_CLAIM} <= words
    if not scoped and broker.way != "none":
        raise Refusal(Rule.SCOPE, f"it is not passport-scoped: `scope` must have openid and {PASSPORT_CLAIM}")
    return scoped


def _client(claims: dict[str, Any]) -> str | None:
    """The program that the user asks through: RFC 9068's `client_id`, or OpenID Connect's `azp`."""
    for name in ("client_id", "azp"):
        if name in claims:
            return string(claims, name, Rule.MALFORMED, SUB_LONGEST)
    return None

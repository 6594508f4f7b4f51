"""Visas (GA4GH Passport 1.2.1, document tokens): each verified by itself, and remembered by its digest."""

from collections.abc import Callable
from dataclasses import dataclass

from governance.caller import Identity, Visa
from governance.keys.errors import Unfetched
from governance.keys.jwk import PublicKey
from governance.keys.sets import KeySets, KeyUnknown
from governance.passport.assertions import assertion_of, check_trusted
from governance.passport.claims import (
    ISS_LONGEST,
    SUB_LONGEST,
    Span,
    check_audience,
    ending,
    scopes,
    span_of,
    string,
)
from governance.passport.conditions import Conditions
from governance.passport.jws import Signed, digest, read, verify
from governance.passport.own import OwnBroker
from governance.passport.refusal import Refusal, Rule
from governance.passport.remembering import Remembered
from governance.passport.trust import Trust, VisaIssuer

LONGEST = 16_384  # characters
BYTES_MOST = 67_108_864  # of visas that are remembered
TYPES = (None, "vnd.ga4gh.visa+jwt", "jwt")


@dataclass(frozen=True, slots=True)
class Checked:
    """A visa that holds by itself: whom it is about is for others to see, as are its conditions.

    `holder` and `links` (of LinkedIdentities) are accounts as this site knows them: at the broker whose ids
    an issuer uses. `weight` is about the bytes it takes.
    """

    visa: Visa
    span: Span
    holder: Identity
    links: tuple[Identity, ...]
    conditions: Conditions | None
    weight: int = 0


class Visas:
    """Verifies visas under one trust. Each is verified once while it is remembered. Safe between threads."""

    def __init__(
        self, trust: Trust, keys: KeySets, clock: Callable[[], float], broker: OwnBroker | None = None
    ) -> None:
        self._broker = broker
        self._trust = trust
        self._keys = keys
        self._clock = clock
        self._remembered: Remembered[str, Checked] = Remembered(
            16_384, clock, BYTES_MOST, lambda checked: checked.weight
        )

    def check(self, text: object) -> Checked:
        """The visa, which holds now.

        Raises:
            Refusal: it does not; says by which rule.
        """
        if not isinstance(text, str):
            raise Refusal(Rule.NO_STRING, "it must be a signed token as a string, not an object")
        name = digest(text)
        found = self._remembered.get(name)
        if found is None:
            found = self._new(text, name)
        if self.revoked(found.visa):
            raise Refusal(Rule.REVOKED, "this site, its issuer, has revoked it")
        return found

    def revoked(self, visa: Visa) -> bool:
        """Whether it is one of this site's that it has revoked."""
        return self._broker is not None and self._broker.revoked(visa)

    def _new(self, text: str, name: str) -> Checked:
        found = self._verified(text, name)
        # Not past its end, and no longer than a caller, that a key which was withdrawn is missed in the end.
        self._remembered.put(name, found, min(found.span.ends, self._clock() + self._trust.lifetime))
        return found

    def _verified(self, text: str, name: str) -> Checked:
        """Everything that needs no key comes first, so that nothing is fetched for what cannot count."""
        signed = read(text, LONGEST)
        issuer, jku = self._trusted(signed)
        found = self._read(signed, issuer, name)
        verify(signed, key_for(signed, jku, self._keys))
        return found

    def _trusted(self, signed: Signed) -> tuple[VisaIssuer, str]:
        """The issuer, and the address of its keys, as far as this site has both in its file."""
        if signed.typ not in TYPES:
            raise Refusal(Rule.TYP, "its `typ` must be vnd.ga4gh.visa+jwt, JWT, or absent")
        issuer = self._trust.find_issuer(string(signed.claims, "iss", Rule.ISS, ISS_LONGEST))
        if issuer is None:
            raise Refusal(Rule.UNTRUSTED_ISSUER, "its issuer is not among the visa issuers this site trusts")
        jku = signed.header.get("jku")
        if not isinstance(jku, str):
            raise Refusal(Rule.JKU, "its header must say where its key is (`jku`)")
        if jku not in issuer.jku:
            raise Refusal(Rule.FOREIGN_JKU, "its `jku` is not one that this site knows of its issuer")
        return issuer, jku

    def _read(self, signed: Signed, issuer: VisaIssuer, name: str) -> Checked:
        claims, now, skew = signed.claims, self._clock(), self._trust.skew
        subject = string(claims, "sub", Rule.SUB, SUB_LONGEST)
        span = span_of(claims, now, skew)
        if "openid" in (scopes(claims) or ()):
            raise Refusal(Rule.SCOPE, "it is an access token (scope openid), and no visa")
        if "ga4gh_passport_v1" in claims:
            raise Refusal(Rule.GA4GH_CLAIM, "it is a passport, and no visa")
        check_audience(claims, self._names(issuer), required=False)
        said = assertion_of(claims, now, skew)
        check_trusted(said, issuer, self._trust)
        if issuer.oldest_days is not None:
            latest = said.asserted + issuer.oldest_days * 86_400
            if now >= latest + skew:
                raise Refusal(Rule.TOO_OLD, f"it was asserted longer ago than {issuer.oldest_days} days")
            span = ending(span, latest)
        token_id = string(claims, "jti", Rule.MALFORMED, 255) if "jti" in claims else None
        account = Identity(issuer.issuer, subject)
        visa = Visa(
            said.type, said.value, said.source, said.by, account, said.asserted, span.ends, name, token_id
        )
        links = tuple(self._known_as(each) for each in said.links)
        # A pattern that is ready to match takes much more than its text.
        weight = 1000 + len(signed.text) * (300 if said.conditions else 2)
        return Checked(visa, span, self._known_as(account), links, said.conditions, weight)

    def _names(self, issuer: VisaIssuer) -> frozenset[str]:
        """What this site may be called in the `aud` of its visas, also as its broker's client."""
        broker = self._trust.find_broker(issuer.subjects_of or issuer.issuer)
        return self._trust.names_at(broker) if broker else frozenset(self._trust.audiences)

    def _known_as(self, account: Identity) -> Identity:
        issuer = self._trust.find_issuer(account.issuer)
        home = issuer.subjects_of if issuer else None
        return Identity(home, account.subject) if home else account


def key_for(signed: Signed, url: str, keys: KeySets) -> PublicKey:
    """The key that a token names, from an address of this site's own file.

    Raises:
        Refusal: there is none, or the keys cannot be had just now.
    """
    try:
        return keys.key(url, signed.kid, signed.algorithm)
    except KeyUnknown as error:
        raise Refusal(Rule.UNKNOWN_KEY, "its issuer publishes no key of the name it gives (`kid`)") from error
    except Unfetched as error:
        raise Refusal(Rule.NO_KEYS, f"the keys of its issuer cannot be had: {error.why}") from error

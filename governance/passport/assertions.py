"""What a visa asserts: its `ga4gh_visa_v1`, each claim as its type wants it (GA4GH Passport 1.2.1)."""

import re
from dataclasses import dataclass
from typing import Any

from governance.caller import Identity
from governance.passport.claims import moment, shown, string
from governance.passport.conditions import Conditions, parse
from governance.passport.linked import links_of
from governance.passport.refusal import Refusal, Rule
from governance.passport.trust import STANDARD_TYPES, Trust, VisaIssuer

CLAIM = "ga4gh_visa_v1"
URL_LONGEST = 255
VALUE_LONGEST = 4096

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^ ]+", re.ASCII)
_BY = frozenset({"self", "peer", "system", "so", "dac"})
_BY_REQUIRED = frozenset({"AcceptedTermsAndPolicies", "ControlledAccessGrants"})
_URL_VALUES = frozenset({"AcceptedTermsAndPolicies", "ResearcherStatus", "ControlledAccessGrants"})


@dataclass(frozen=True, slots=True)
class Assertion:
    """What is asserted. `conditions` is None where the visa has none; `links` those of LinkedIdentities."""

    type: str
    value: str
    source: str
    by: str | None
    asserted: int
    conditions: Conditions | None
    links: tuple[Identity, ...]


def assertion_of(claims: dict[str, Any], now: float, skew: float) -> Assertion:
    """What the claims of a visa assert, whoever says so.

    Raises:
        Refusal: it is no visa, or not as its type wants it.
    """
    said = claims.get(CLAIM)
    if not isinstance(said, dict):
        raise Refusal(Rule.VISA_CLAIM, f"it must assert something: an object `{CLAIM}`")
    kind = string(said, "type", Rule.VISA_TYPE, URL_LONGEST)
    asserted = moment(said, "asserted", Rule.ASSERTED)
    if asserted > now + skew:
        raise Refusal(Rule.ASSERTED, f"it says it was asserted at {shown(asserted)}")
    value = _value(kind, said)
    return Assertion(
        kind,
        value,
        _url(said, "source", Rule.SOURCE),
        _by(kind, said),
        int(asserted),
        parse(said["conditions"]) if "conditions" in said else None,
        links_of(value) if kind == "LinkedIdentities" else (),
    )


def check_trusted(assertion: Assertion, issuer: VisaIssuer, trust: Trust) -> None:
    """Returns where this site believes the issuer in this type, for this source.

    Raises:
        Refusal: it does not, or knows no such type.
    """
    kind = assertion.type
    if issuer.own:  # our own visas say what this site itself asserts
        return
    if kind not in STANDARD_TYPES and kind not in trust.sources:
        raise Refusal(Rule.UNKNOWN_TYPE, "this site knows no visas of its type, and ignores them")
    if issuer.types is not None and kind not in issuer.types:
        raise Refusal(Rule.UNTRUSTED_ISSUER, f"its issuer is not believed in visas of type {kind}")
    if assertion.source not in trust.sources.get(kind, ()):
        raise Refusal(Rule.UNTRUSTED_SOURCE, f"its source is not among those believed in {kind}")
    if issuer.sources is not None and assertion.source not in issuer.sources:
        raise Refusal(Rule.UNTRUSTED_SOURCE, "its issuer may not speak for its source")


def _value(kind: str, said: dict[str, Any]) -> str:
    if kind in _URL_VALUES:
        return _url(said, "value", Rule.VALUE)
    value = string(said, "value", Rule.VALUE, VALUE_LONGEST)
    if kind == "AffiliationAndRole":
        role, _, affiliation = value.partition("@")
        if not role or not affiliation:
            raise Refusal(Rule.VALUE, "an AffiliationAndRole must be a role, an @ and an organisation")
    return value


def _url(said: dict[str, Any], name: str, rule: Rule) -> str:
    """A URL claim: an opaque name that is compared as a whole and never fetched."""
    value = string(said, name, rule, URL_LONGEST)
    if not _URL.fullmatch(value):
        raise Refusal(rule, f"`{name}` must be a URL")
    return value


def _by(kind: str, said: dict[str, Any]) -> str | None:
    if "by" not in said:
        if kind in _BY_REQUIRED:
            raise Refusal(Rule.BY, f"a visa of type {kind} must say who asserts it (`by`)")
        return None
    if not isinstance(said["by"], str) or said["by"] not in _BY:
        raise Refusal(Rule.BY, f"`by` must be one of {', '.join(sorted(_BY))}")
    return str(said["by"])

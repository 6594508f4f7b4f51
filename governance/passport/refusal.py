"""Why a token, a passport or a visa does not count: constant names of rules, and sentences."""

from dataclasses import dataclass
from enum import StrEnum

from serving.reasons import TokenInvalid


class Rule(StrEnum):
    """The rules, each with the name that answers, logs and explanations use. docs/passports.md lists them."""

    SCHEME = "scheme"
    NO_BROKER = "no-broker"
    TOO_LARGE = "too-large"
    TOO_MANY = "too-many"
    NO_STRING = "no-string"
    MALFORMED = "malformed"
    TYP = "typ"
    ALG = "alg"
    CRIT = "crit"
    KID = "kid"
    ISS = "iss"
    SUB = "sub"
    AUD = "aud"
    EXP = "exp"
    NBF = "nbf"
    IAT = "iat"
    EXPIRED = "expired"
    NOT_YET = "not-yet"
    FROM_THE_FUTURE = "from-the-future"
    SCOPE = "scope"
    CLIENT = "client"
    GA4GH_CLAIM = "ga4gh-claim"
    UNTRUSTED_BROKER = "untrusted-broker"
    UNTRUSTED_ISSUER = "untrusted-issuer"
    UNTRUSTED_SOURCE = "untrusted-source"
    UNKNOWN_KEY = "unknown-key"
    NO_KEYS = "no-keys"
    SIGNATURE = "signature"
    REVOKED = "revoked"
    USERINFO = "userinfo"
    EXCHANGE = "exchange"
    PASSPORT_CLAIM = "passport-claim"
    JKU = "jku"
    FOREIGN_JKU = "foreign-jku"
    VISA_CLAIM = "visa-claim"
    VISA_TYPE = "visa-type"
    UNKNOWN_TYPE = "unknown-type"
    ASSERTED = "asserted"
    VALUE = "value"
    SOURCE = "source"
    BY = "by"
    TOO_OLD = "too-old"
    CONDITIONS = "conditions"
    CONDITIONS_UNMET = "conditions-unmet"
    OTHER_PERSON = "other-person"


PASSING = frozenset({Rule.UNKNOWN_KEY, Rule.NO_KEYS, Rule.NOT_YET, Rule.FROM_THE_FUTURE})
"""Rules that the same visa may satisfy a moment later."""


class Refusal(Exception):  # noqa: N818 - named for what it is
    """Something does not count, by which rule, and why; nothing in it comes from a secret."""

    def __init__(self, rule: Rule, reason: str) -> None:
        super().__init__(f"{rule}: {reason}")
        self.rule = rule
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody is told of their token: by which rule it does not count, and why.

    Without a rule nothing can be known just now, and `reason` is the whole sentence. It is a value, for an
    exception that is kept and raised again holds on to every request that it was raised in.
    """

    rule: Rule | None
    reason: str
    what: str = "access token"


class TokenRefused(TokenInvalid):
    """The request's token or passport does not hold: 401."""

    def __init__(self, what: str, rule: Rule, reason: str) -> None:
        super().__init__(f"The {what} is not accepted ({rule}): {reason}.")
        self.rule = rule

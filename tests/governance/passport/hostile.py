"""Hostile and malformed tokens, passports and visas: what each is, and the rule that refuses it.

Each breaks one rule of STANDARDS.md 4 (GA4GH AAI and Passport 1.2.1); all else about it is as it should be.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from joserfc.jwk import OctKey

from governance.caller import Identity
from governance.passport.linked import link
from tests.issuer import ABSENT, REGISTERED, SOURCE, Issuer, encoded, key_pair, sign, unsigned


@dataclass(frozen=True)
class World:
    """Whom the site trusts, and the attacker, whom it does not."""

    broker: Issuer
    visas: Issuer
    attacker: Issuer

    @property
    def now(self) -> int:
        return int(self.broker.clock())


Make: TypeAlias = Callable[[World], Any]


def token(header: Any = None, **claims: Any) -> Make:
    """An access token of the broker with these changes."""
    return lambda world: world.broker.access_token(header=header, **_at(world, claims))


def passport(header: Any = None, **claims: Any) -> Make:
    """A passport of the broker with these changes."""
    return lambda world: world.broker.passport(
        visas=[], header=header, **({"sub": "alice"} | _at(world, claims))
    )


def visa(header: Any = None, said: Any = None, **claims: Any) -> Make:
    """A visa with these changes; `said` are those inside `ga4gh_visa_v1`."""
    return lambda world: world.visas.visa(
        header=_at(world, header or {}), said=_at(world, said or {}), **_at(world, claims)
    )


def typed(type_: str, value: Any, **said: Any) -> Make:
    """A visa of that type."""
    return lambda world: world.visas.visa("alice", type_, value, said=_at(world, said))


def conditioned(*conditions: Any) -> Make:
    """A visa with these conditions."""
    return visa(said={"conditions": list(conditions)})


def _at(world: World, changes: dict[str, Any]) -> dict[str, Any]:
    """The changes, those that depend on who is there or on the time made now."""
    return {name: value(world) if callable(value) else value for name, value in changes.items()}


def ago(seconds: int) -> Callable[[World], int]:
    """That long before now."""
    return lambda world: world.now - seconds


def _tampered(made: str) -> str:
    header, payload, signature = made.split(".")
    return f"{header}.{payload.replace(payload[10], 'A' if payload[10] != 'A' else 'B', 1)}.{signature}"


def _other_signature(made: str) -> str:
    return made[:-20] + ("A" if made[-20] != "A" else "B") + made[-19:]


def _confused(world: World, made: str) -> str:
    """Signed with HS256 under the text of the broker's public key."""
    secret = world.broker.keys[world.broker.kid].as_pem(private=False)
    parts = f"{encoded({'typ': 'at+jwt', 'alg': 'HS256', 'kid': world.broker.kid})}.{made.split('.')[1]}"
    return f"{parts}.{encoded(hmac.new(secret, parts.encode(), hashlib.sha256).digest())}"


def _two_keys(world: World) -> str:
    """Signed with one key of the broker's, naming the other."""
    world.broker.rotate("key-2", 2, keep=True)
    return world.broker.access_token(header={"kid": "key-1"})


def _claims(world: World) -> dict[str, Any]:
    part = world.broker.access_token().split(".")[1]
    return dict(json.loads(urlsafe_b64decode(part + "==")))


def _raw(payload: bytes) -> Make:
    """A token whose payload is these bytes, with a signature that fits nothing."""
    header = encoded({"typ": "JWT", "alg": "RS256", "kid": "key-1"})
    return lambda _: f"{header}.{encoded(payload)}.AAAA"


def _attackers(**header: Any) -> Make:
    """The broker's token as the attacker would have it, signed with the attacker's key."""
    return lambda world: world.attacker.access_token(iss=world.broker.url, header=_at(world, header))


def _attackers_jwk(world: World) -> dict[str, Any]:
    return dict(world.attacker.keys["key-1"].as_dict(private=False))


def _zero(world: World) -> str:
    """An ES256 visa whose signature is all zeros, which broken verifiers took for anything."""
    header, payload, _ = world.visas.visa("alice").split(".")
    return f"{header}.{payload}.{encoded(bytes(64))}"


ACCESS: dict[str, tuple[Make, str]] = {
    "no token at all": (lambda _: "x", "malformed"),
    "two parts": (lambda w: w.broker.access_token().rpartition(".")[0], "malformed"),
    "encrypted, five parts": (lambda w: w.broker.access_token() + ".AAAA.AAAA", "malformed"),
    "empty payload": (lambda w: "..".join(w.broker.access_token().split(".")[::2]), "malformed"),
    "no signature": (lambda w: w.broker.access_token().rpartition(".")[0] + ".", "malformed"),
    "padded base64": (lambda w: w.broker.access_token().replace(".", "=.", 1), "malformed"),
    "letters of other scripts": (lambda w: "é" + w.broker.access_token(), "malformed"),
    "a member twice": (_raw(b'{"iss":"a","sub":"b","sub":"c"}'), "malformed"),
    "payload a list": (_raw(b"[1]"), "malformed"),
    "payload no JSON": (_raw(b"\xff\xfe"), "malformed"),
    "payload nested a million deep": (_raw(b"[" * 5000), "malformed"),
    "NaN": (_raw(b'{"exp":NaN}'), "malformed"),
    "larger than any": (token(padding="x" * 17_000), "too-large"),
    "alg none": (lambda w: unsigned({"typ": "JWT", "alg": "none", "kid": "key-1"}, _claims(w), "AA"), "alg"),
    "alg NoNe": (lambda w: unsigned({"typ": "JWT", "alg": "NoNe", "kid": "key-1"}, _claims(w), "AA"), "alg"),
    "no alg": (lambda w: unsigned({"typ": "JWT", "kid": "key-1"}, _claims(w), "AA"), "alg"),
    "alg a list": (lambda _: unsigned({"typ": "JWT", "alg": ["RS256"], "kid": "k"}, {}, "AA"), "alg"),
    "HS256 under the public key": (lambda w: _confused(w, w.broker.access_token()), "alg"),
    "RS512": (token({"alg": "RS512"}), "alg"),
    "PS256": (token({"alg": "PS256"}), "alg"),
    "EdDSA": (lambda w: unsigned({"typ": "JWT", "alg": "EdDSA", "kid": "key-1"}, _claims(w), "AA"), "alg"),
    "crit": (token({"crit": ["exp"]}), "crit"),
    "unencoded payload": (token({"b64": True}), "crit"),
    "no kid": (token({"kid": ABSENT}), "kid"),
    "kid a number": (token({"kid": 1}), "kid"),
    "kid of nobody": (token({"kid": "../../etc/passwd"}), "unknown-key"),
    "kid swapped": (_two_keys, "signature"),
    "alg of another kind of key": (
        lambda w: sign({"typ": "JWT", "alg": "ES256", "kid": "key-1"}, _claims(w), key_pair("ES256", 9)),
        "unknown-key",
    ),
    "typ absent": (token({"typ": ABSENT}), "typ"),
    "typ a number": (token({"typ": 7}), "typ"),
    "typ of an id token of others": (token({"typ": "id+jwt"}), "typ"),
    "a passport": (passport(), "typ"),
    "a visa": (visa(), "typ"),
    "a visa that says JWT": (visa({"typ": "JWT"}), "ga4gh-claim"),
    "visas in the token": (token(ga4gh_passport_v1=[]), "ga4gh-claim"),
    "a visa in the token": (token(ga4gh_visa_v1={}), "ga4gh-claim"),
    "no scope (an id token)": (token(scope=ABSENT), "scope"),
    "scope a list": (token(scope=["openid", "ga4gh_passport_v1"]), "scope"),
    "passport scope without openid": (token(scope="ga4gh_passport_v1"), "scope"),
    "no iss": (token(iss=ABSENT), "iss"),
    "iss a list": (lambda w: w.broker.access_token(iss=[w.broker.url]), "iss"),
    "iss with a slash more": (lambda w: w.broker.access_token(iss=w.broker.url + "/"), "untrusted-broker"),
    "iss of the visa issuer": (lambda w: w.visas.access_token(), "untrusted-broker"),
    "iss of a stranger": (lambda w: w.attacker.access_token(), "untrusted-broker"),
    "no sub": (token(sub=ABSENT), "sub"),
    "empty sub": (token(sub=""), "sub"),
    "sub a number": (token(sub=42), "sub"),
    "endless sub": (token(sub="a" * 256), "sub"),
    "NUL in sub": (token(sub="alice\0"), "sub"),
    "no exp": (token(exp=ABSENT), "exp"),
    "exp as text": (token(exp="1900000000"), "exp"),
    "exp in milliseconds": (lambda w: w.broker.access_token(exp=w.now * 1000), "exp"),
    "exp true": (token(exp=True), "exp"),
    "exp before iat": (lambda w: w.broker.access_token(iat=w.now, exp=w.now - 1), "exp"),
    "expired": (token(iat=ago(7200), exp=ago(3600)), "expired"),
    "expired by more than the skew": (token(iat=ago(7200), exp=ago(30)), "expired"),
    "nbf to come": (token(nbf=ago(-31)), "not-yet"),
    "nbf as text": (token(nbf="now"), "nbf"),
    "no iat": (token(iat=ABSENT), "iat"),
    "iat to come": (token(iat=ago(-31)), "from-the-future"),
    "no aud": (token(aud=ABSENT), "aud"),
    "aud of others": (token(aud="https://site.example/beacon/other"), "aud"),
    "aud a list of others": (token(aud=["https://other.example"]), "aud"),
    "aud a list of none": (token(aud=[]), "aud"),
    "aud an object": (token(aud={"https://site.example/beacon": 1}), "aud"),
    "client_id an object": (token(client_id={}), "malformed"),
    "another's signature": (_attackers(), "signature"),
    "another's key beside it": (_attackers(jwk=_attackers_jwk), "signature"),
    "another's keys named": (_attackers(jku=lambda w: w.attacker.jku, kid="key-1"), "signature"),
    "another's certificate named": (_attackers(x5u=lambda w: w.attacker.url + "/cert"), "signature"),
    "claims changed": (lambda w: _tampered(w.broker.access_token()), "malformed or signature"),
    "signature changed": (lambda w: _other_signature(w.broker.access_token()), "signature"),
}

PASSPORTS: dict[str, tuple[Make, str]] = {
    "an object": (lambda _: {"ga4gh_passport_v1": []}, "no-string"),
    "nothing": (lambda _: None, "no-string"),
    "typ absent": (passport({"typ": ABSENT}), "typ"),
    "typ JWT": (passport({"typ": "JWT"}), "typ"),
    "a visa": (visa(), "typ"),
    "a visa that says it is a passport": (visa({"typ": "vnd.ga4gh.passport+jwt"}), "ga4gh-claim"),
    "an access token": (token(), "typ"),
    "a token that says it is a passport": (token({"typ": "vnd.ga4gh.passport+jwt"}), "passport-claim"),
    "visas no list": (passport(ga4gh_passport_v1={}), "passport-claim"),
    "visas a string": (passport(ga4gh_passport_v1="a.b.c"), "passport-claim"),
    "too long": (passport(padding="x" * 1_000_000), "too-large"),
    "expired": (passport(iat=ago(7200), exp=ago(31)), "expired"),
    "no exp": (passport(exp=ABSENT), "exp"),
    "no iat": (passport(iat=ABSENT), "iat"),
    "no sub": (passport(sub=ABSENT), "sub"),
    "aud of others": (passport(aud="https://other.example"), "aud"),
    "no aud": (passport(aud=ABSENT), "aud"),
    "of the visa issuer": (lambda w: w.visas.passport("alice", []), "untrusted-broker"),
    "of a stranger": (lambda w: w.attacker.passport("alice", []), "untrusted-broker"),
    "another's signature": (lambda w: w.attacker.passport("alice", [], iss=w.broker.url), "signature"),
    "another's keys named": (
        lambda w: w.attacker.passport("alice", [], iss=w.broker.url, header={"jku": w.attacker.jku}),
        "signature",
    ),
    "kid of nobody": (passport({"kid": "key-9"}), "unknown-key"),
    "RS384": (passport({"alg": "RS384"}), "alg"),
    "HS256": (
        lambda w: sign({"typ": "vnd.ga4gh.passport+jwt", "alg": "HS256", "kid": "key-1"}, _claims(w),
                       OctKey.import_key("a secret of thirty-two characters")),
        "alg",
    ),
}  # fmt: skip

AFFILIATION = {"type": "AffiliationAndRole", "value": "const:faculty@uni.example", "by": "const:so"}

VISAS: dict[str, tuple[Make, str]] = {
    "an object": (lambda _: {"ga4gh_visa_v1": {"type": "ControlledAccessGrants"}}, "no-string"),
    "a number": (lambda _: 7, "no-string"),
    "no token": (lambda _: "visa", "malformed"),
    "a passport": (passport(), "typ"),
    "a visa access token": (visa({"typ": "at+jwt"}), "typ"),
    "scope openid": (visa(scope="openid profile"), "scope"),
    "too long": (visa(padding="x" * 17_000), "too-large"),
    "alg none": (lambda w: unsigned({"alg": "none", "kid": "key-1", "jku": w.visas.jku}, {}, "AA"), "alg"),
    "no kid": (visa({"kid": ABSENT}), "kid"),
    "kid of nobody": (visa({"kid": "other"}), "unknown-key"),
    "no jku": (visa({"jku": ABSENT}), "jku"),
    "jku no string": (visa({"jku": ["x"]}), "jku"),
    "jku of the attacker": (visa({"jku": lambda w: w.attacker.jku}), "foreign-jku"),
    "jku of the attacker, signed by them": (
        lambda w: w.attacker.visa("alice", iss=w.visas.url), "foreign-jku"
    ),
    "jku of another whom we trust": (visa({"jku": lambda w: w.broker.jku}), "foreign-jku"),
    "jku beside the known one": (visa({"jku": lambda w: w.visas.jku + "?x"}), "foreign-jku"),
    "jku with the known one as user": (
        visa({"jku": lambda w: w.visas.url + "@" + w.attacker.jku.removeprefix("http://")}), "foreign-jku"
    ),
    "right jku, another's signature": (
        lambda w: w.attacker.visa("alice", iss=w.visas.url, header={"jku": w.visas.jku}), "unknown-key"
    ),
    "right jku and alg, another's key": (
        lambda w: w.visas.visa("alice", key=key_pair("ES256", 77)), "signature"
    ),
    "a signature of zeros": (_zero, "signature"),
    "iss of a stranger": (lambda w: w.attacker.visa("alice"), "untrusted-issuer"),
    "iss of the broker, who signs no visas": (lambda w: w.broker.visa("alice"), "untrusted-issuer"),
    "no iss": (visa(iss=ABSENT), "iss"),
    "no sub": (visa(sub=ABSENT), "sub"),
    "no iat": (visa(iat=ABSENT), "iat"),
    "no exp": (visa(exp=ABSENT), "exp"),
    "expired": (visa(iat=ago(7200), exp=ago(30)), "expired"),
    "exp in milliseconds": (lambda w: w.visas.visa("alice", exp=w.now * 1000), "exp"),
    "nbf to come": (visa(nbf=ago(-3600)), "not-yet"),
    "iat to come": (visa(iat=ago(-3600), exp=ago(-7200)), "from-the-future"),
    "aud of others": (visa(aud="https://other.example"), "aud"),
    "jti an object": (visa(jti={}), "malformed"),
    "visas in a visa": (visa(ga4gh_passport_v1=[]), "ga4gh-claim"),
    "nothing asserted": (visa(ga4gh_visa_v1=ABSENT), "visa-claim"),
    "asserted as text": (visa(ga4gh_visa_v1="ControlledAccessGrants"), "visa-claim"),
    "no type": (visa(said={"type": ABSENT}), "visa-type"),
    "type a list": (visa(said={"type": ["ControlledAccessGrants"]}), "visa-type"),
    "type in other letters": (visa(said={"type": "controlledAccessGrants"}), "unknown-type"),
    "type that nobody knows": (visa(said={"type": "https://else.example/type"}), "unknown-type"),
    "no asserted": (visa(said={"asserted": ABSENT}), "asserted"),
    "asserted in milliseconds": (visa(said={"asserted": lambda w: w.now * 1000}), "asserted"),
    "asserted to come": (visa(said={"asserted": ago(-3600)}), "asserted"),
    "no value": (visa(said={"value": ABSENT}), "value"),
    "value no URL": (visa(said={"value": "dataset 1"}), "value"),
    "value of 256 characters": (visa(said={"value": "https://data.example/" + "x" * 235}), "value"),
    "value a list": (visa(said={"value": ["https://data.example/1"]}), "value"),
    "no source": (visa(said={"source": ABSENT}), "source"),
    "source no URL": (visa(said={"source": "committee"}), "source"),
    "source of a stranger": (visa(said={"source": "https://else.example"}), "untrusted-source"),
    "source that begins alike": (visa(said={"source": SOURCE + "/two"}), "untrusted-source"),
    "source in other letters": (visa(said={"source": SOURCE.upper()}), "untrusted-source"),
    "grant by nobody": (visa(said={"by": ABSENT}), "by"),
    "terms by nobody": (typed("AcceptedTermsAndPolicies", REGISTERED, by=ABSENT), "by"),
    "by the pope": (visa(said={"by": "pope"}), "by"),
    "by a list": (visa(said={"by": ["dac"]}), "by"),
    "role without organisation": (typed("AffiliationAndRole", "faculty"), "value"),
    "role of nobody": (typed("AffiliationAndRole", "@uni.example"), "value"),
    "link to nothing": (typed("LinkedIdentities", "alice"), "value"),
    "link with a comma more": (typed("LinkedIdentities", "a,b,c"), "value"),
    "link in no text": (typed("LinkedIdentities", "%ff,https:%2F%2Fx.example"), "value"),
    "link with colours for terminals": (typed("LinkedIdentities", "a%1B[31m,https:%2F%2Fx.example"), "value"),
    "link to an endless subject": (typed("LinkedIdentities", "a" * 256 + ",https:%2F%2Fx.example"), "value"),
    "kid with a colour for terminals": (visa({"kid": "k\x1b[31m"}), "kid"),
    "link to a hundred and one": (typed("LinkedIdentities", ";".join(["a,b"] * 101)), "value"),
    "link with conditions": (
        lambda w: w.visas.visa("alice", "LinkedIdentities", link(Identity("b", "a")),
                               said={"conditions": [[AFFILIATION]]}),
        "conditions-unmet",
    ),
    "of another person": (lambda w: w.visas.visa("bob"), "other-person"),
    "conditions null": (visa(said={"conditions": None}), "conditions"),
    "conditions an object": (visa(said={"conditions": {}}), "conditions"),
    "conditions of nothing": (conditioned([]), "conditions"),
    "conditions without alternatives": (visa(said={"conditions": [AFFILIATION]}), "conditions"),
    "clause a string": (conditioned(["AffiliationAndRole"]), "conditions"),
    "clause without type": (conditioned([{"value": "const:x"}]), "conditions"),
    "clause of a type only": (conditioned([{"type": "ResearcherStatus"}]), "conditions"),
    "clause on the time": (conditioned([AFFILIATION | {"asserted": "const:1"}]), "conditions"),
    "clause on conditions": (conditioned([AFFILIATION | {"conditions": "const:x"}]), "conditions"),
    "clause on what we do not know": (conditioned([AFFILIATION | {"iss": "const:x"}]), "conditions"),
    "clause without a way to match": (conditioned([AFFILIATION | {"value": "faculty"}]), "conditions"),
    "clause on a number": (conditioned([AFFILIATION | {"value": 7}]), "conditions"),
    "one alternative of two is no clause": (
        conditioned([{"type": "ControlledAccessGrants", "value": "pattern:*"}], [{}]), "conditions"
    ),
    "endless alternatives": (conditioned(*[[AFFILIATION]] * 21), "conditions"),
    "conditions that nobody meets": (conditioned([AFFILIATION]), "conditions-unmet"),
    "an unknown way to match": (
        conditioned([{"type": "ControlledAccessGrants", "value": "regex:.*"}]), "conditions-unmet"
    ),
    "a type with const": (
        conditioned([{"type": "const:ControlledAccessGrants", "value": "pattern:*"}]), "conditions-unmet"
    ),
    "met by two different visas": (
        conditioned([{"type": "ControlledAccessGrants", "value": "const:https://data.example/good",
                      "by": "const:dac"}]),
        "conditions-unmet",
    ),
    "met by the visa itself": (
        conditioned([{"type": "ControlledAccessGrants", "value": "const:https://data.example/1"}]),
        "conditions-unmet",
    ),
}  # fmt: skip

"""Every rule of GA4GH AAI and Passport 1.2.1, broken once: refused by name, and nobody untrusted asked."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.caller import Caller
from governance.passport.refusal import Rule, TokenRefused
from serving.app import build_app
from serving.errors import status_of
from serving.testing import Client, client
from tests.governance.passport.hostile import ACCESS, PASSPORTS, VISAS, World
from tests.governance.passport.sites import Site
from tests.issuer import Issuer
from tests.serving.small_interface import BASE, FUNCTIONS, SMALL, error_body

OURS = {"/.well-known/openid-configuration", "/jwks", "/userinfo"}
"""What a site may ask of those it trusts."""


@pytest.fixture
def world(broker: Issuer, visas: Issuer, attacker: Issuer) -> Iterator[World]:
    """After the test nobody was asked who should not have been, and nobody what should not have been."""
    made = World(broker, visas, attacker)
    yield made
    assert attacker.total == 0, "the attacker's server was asked"
    assert set(broker.asked) <= OURS
    assert set(visas.asked) <= {"/jwks"}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Client, list[Site]]]:
    """An app, made once, that asks the last of these sites who is asking."""
    sites: list[Site] = []

    def identify(authorization: str | None) -> Caller:
        return sites[-1].house.identify(authorization)

    app = build_app(
        SMALL, FUNCTIONS, name="small", base_path=BASE, error_body=error_body, identify=identify
    )
    with client(app) as opened:
        yield opened, sites


@pytest.fixture
def http(served: tuple[Client, list[Site]], site: Site) -> Client:
    served[1].append(site)
    return served[0]


def test_the_tables_are_long_enough() -> None:
    assert len(ACCESS) + len(PASSPORTS) + len(VISAS) > 150


@pytest.mark.parametrize("name", ACCESS)
def test_an_access_token_is_refused(name: str, world: World, http: Client) -> None:
    make, rule = ACCESS[name]
    sent = b"Bearer " + make(world).encode()
    answer = http.get(BASE, headers={b"authorization": sent})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert any(f"({each})" in answer.text for each in rule.split(" or ")), answer.text
    assert "alice" not in answer.text
    assert world.broker.asked["/userinfo"] == 0


@pytest.mark.parametrize("sent", ["Basic YWxpY2U6c2VjcmV0", "DPoP a.b.c", "Bearer", "a.b.c"])
def test_other_ways_to_say_who_one_is_are_refused(sent: str, http: Client) -> None:
    answer = http.get(BASE, headers={"authorization": sent})
    assert answer.status_code == 401
    assert "(scheme)" in answer.text or "(malformed)" in answer.text


@pytest.mark.parametrize("name", PASSPORTS)
def test_a_passport_refuses_its_request(name: str, world: World, site: Site) -> None:
    make, rule = PASSPORTS[name]
    good = world.broker.passport("alice", [world.visas.visa("alice")])
    with pytest.raises(TokenRefused) as refused:
        site.house.identify(None, [good, make(world)])
    assert (status_of(refused.value), refused.value.rule) == (401, rule)


@pytest.mark.parametrize("name", VISAS)
def test_a_visa_does_not_count(name: str, world: World, site: Site) -> None:
    make, rule = VISAS[name]
    good = [world.visas.visa("alice", value="https://data.example/good")]
    good.append(world.visas.visa("alice", value="https://data.example/dac", said={"by": "dac"}))
    world.broker.gives("alice", [*good, make(world)])
    caller = site.identify(world.broker.access_token("alice"))
    assert [each.value for each in caller.visas] == ["https://data.example/good", "https://data.example/dac"]
    assert [each.rule for each in caller.turned] == [rule]
    assert caller.turned[0].reason
    assert not caller.registered


def test_every_rule_is_broken_somewhere() -> None:
    broken = {rule for table in (ACCESS, PASSPORTS, VISAS) for _, rule in table.values()}
    elsewhere = {  # test_clearinghouse
        "scheme", "no-broker", "no-keys", "revoked", "userinfo", "exchange", "client", "too-old", "too-many",
    }  # fmt: skip
    assert {each.value for each in Rule} - broken == elsewhere


def sensible(world: World) -> list[Any]:
    return [
        world.visas.visa("alice", said={"conditions": []}),
        world.visas.visa("alice", header={"typ": "JWT"}),
        world.visas.visa("alice", header={"typ": "application/VND.ga4gh.visa+jwt"}),
        world.visas.visa("alice", header={"x": 1}, scope="profile"),
        world.visas.visa("alice", "AffiliationAndRole", "faculty@a@b", nbf=world.now + 29),
        world.visas.visa("alice", aud=["https://site.example/beacon"], iat=world.now + 29.5),
        world.visas.visa("alice", iat=world.now - 100, exp=world.now - 29),
        world.visas.visa("alice", said={"by": "dac", "more": {"other": [1]}}, unknown="claim"),
    ]


def test_what_the_standard_allows_counts(world: World, site: Site) -> None:
    world.broker.gives("alice", sensible(world))
    caller = site.identify(world.broker.access_token("alice", header={"typ": "JWT"}, groups=["a"]))
    assert caller.turned == ()
    assert len(caller.visas) == len(sensible(world))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
GA4GH = ("passport", "visa")
CLAIMS = st.sampled_from(
    ["iss", "sub", "aud", "exp", "iat", "nbf", "scope", "jti", "client_id", *(f"ga4gh_{x}_v1" for x in GA4GH)]
)
INSIDE = st.sampled_from(["type", "asserted", "value", "source", "by", "conditions"])
HEADERS = st.sampled_from(["typ", "jku", "crit", "x5c", "jwk", "cty"])
USUAL = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(st.dictionaries(HEADERS, JSON, max_size=2), st.dictionaries(CLAIMS, JSON, max_size=3))
@USUAL
def test_whatever_a_token_says_it_is_understood_or_refused(
    world: World, site: Site, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    asked = {
        world.broker.access_token(header=header, **({"sub": "alice"} | claims)): site.identify,
        world.broker.passport(**({"sub": "alice", "visas": [], "header": header} | claims)): (
            lambda made: site.house.identify(None, [made])
        ),
    }
    for made, ask in asked.items():
        with suppress(TokenRefused):
            assert ask(made).identity is not None


@given(
    st.dictionaries(HEADERS, JSON, max_size=2),
    st.dictionaries(CLAIMS, JSON, max_size=2),
    st.dictionaries(INSIDE, JSON, max_size=3),
)
@USUAL
def test_whatever_a_visa_says_it_counts_or_not(
    world: World, site: Site, header: dict[str, Any], claims: dict[str, Any], said: dict[str, Any]
) -> None:
    made = world.visas.visa(header=header, said=said, **claims)
    caller = site.house.identify(None, [world.broker.passport("alice", [made])])
    assert len(caller.visas) + len(caller.turned) == 1


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
@USUAL
def test_whatever_stands_for_a_token_is_refused(site: Site, text: str) -> None:
    with pytest.raises(TokenRefused):
        site.identify("x" + text)
    with pytest.raises(TokenRefused):
        site.house.identify(None, [text])

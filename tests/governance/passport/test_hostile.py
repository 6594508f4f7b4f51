"""Every rule of GA4GH AAI and Passport 1.2.1, broken once: refused by name, and nobody untrusted asked."""

from collections.abc import Iterator
from typing import Any

import pytest

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


@pytest.fixture
def http(site: Site) -> Iterator[Client]:
    app = build_app(
        SMALL, FUNCTIONS, name="small", base_path=BASE, error_body=error_body, identify=site.house.identify
    )
    with client(app) as opened:
        yield opened


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
        site.house.from_passports([good, make(world)])
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
    elsewhere = {"scheme", "no-broker", "no-keys", "revoked", "userinfo", "exchange"}  # test_clearinghouse
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

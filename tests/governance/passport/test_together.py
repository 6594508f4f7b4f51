"""Visas of a token and of passports judged together; too many of them; and conditions without end."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from governance.caller import Identity
from governance.passport.linked import link
from governance.passport.refusal import TokenRefused
from tests.governance.passport.conftest import Clock
from tests.governance.passport.sites import Site
from tests.issuer import CLIENT, SECRET, Issuer, trust_text


def test_visas_of_a_token_and_of_passports_are_judged_together(
    site: Site, broker: Issuer, visas: Issuer, clock: Clock
) -> None:
    """The grant needs an affiliation that is only in the passport; the token's visas link its account."""
    condition = [[{"type": "AffiliationAndRole", "value": "const:faculty@uni"}]]
    grant = visas.visa("alice", said={"conditions": condition})
    joined = visas.visa("alice", "LinkedIdentities", link(Identity(broker.url, "a.smith")))
    broker.gives("alice", [grant, joined])
    header = f"Bearer {broker.access_token('alice')}"
    affiliation = visas.visa("a.smith", "AffiliationAndRole", "faculty@uni")
    passport = broker.passport("a.smith", [affiliation], exp=int(clock()) + 60)
    assert not any(each.type == "ControlledAccessGrants" for each in site.house.identify(header).visas)
    caller = site.house.identify(header, [passport])
    assert caller.identity == Identity(broker.url, "alice")
    assert caller.client == "workbench"
    types = {"ControlledAccessGrants", "LinkedIdentities", "AffiliationAndRole"}
    assert {each.type for each in caller.visas} == types
    assert caller.accounts == {Identity(broker.url, "alice"), Identity(broker.url, "a.smith")}
    assert caller.expires == clock() + 60 + 30  # of the passport
    assert not any(each.type == "ControlledAccessGrants" for each in site.house.identify(header).visas)
    alone = site.house.identify(None, [passport])
    assert (alone.identity, alone.client) == (Identity(broker.url, "a.smith"), None)


def test_a_passport_of_somebody_else_adds_nothing_to_a_token(
    site: Site, broker: Issuer, visas: Issuer
) -> None:
    header = f"Bearer {broker.access_token('alice')}"
    caller = site.house.identify(header, [broker.passport("bob", [visas.visa("bob")])])
    assert caller.accounts == {Identity(broker.url, "alice")}
    assert [each.rule for each in caller.turned] == ["other-person"]
    reason = caller.turned[0].reason
    assert "bob" in reason
    assert "`subjects_of`" in reason


def test_what_fails_of_a_token_and_passports_refuses_the_request(
    site: Site, broker: Issuer, visas: Issuer, attacker: Issuer
) -> None:
    header, good = f"Bearer {broker.access_token('alice')}", broker.passport("alice", [])
    with pytest.raises(TokenRefused, match="passport 2 of 2 is not accepted"):
        site.house.identify(header, [good, visas.visa("alice")])
    with pytest.raises(TokenRefused, match="access token is not accepted"):
        site.house.identify(f"Bearer {attacker.access_token('alice')}", [good])
    with pytest.raises(TokenRefused, match="scheme"):
        site.house.identify("Basic eA==", [good])


def test_equal_requests_with_passports_are_judged_once(
    site: Site, broker: Issuer, visas: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: Counter[str] = Counter()
    real = site.house._standing._together

    def slowly(token: Any, passports: Any) -> Any:
        asked["judged"] += 1
        time.sleep(0.3)
        return real(token, passports)

    monkeypatch.setattr(site.house._standing, "_together", slowly)
    passport, together = broker.passport("alice", [visas.visa("alice")]), threading.Barrier(8)

    def ask(_: int) -> Any:
        together.wait()
        return site.house.identify(None, [passport])

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    assert all(each is found[0] for each in found)
    assert asked["judged"] == 1


def test_whoever_has_more_visas_than_are_looked_at_stays_somebody(
    site: Site, broker: Issuer, visas: Issuer
) -> None:
    first, last = visas.visa("alice"), visas.visa("alice", value="https://data.example/2")
    given = [first, *(f"a.b.{number}" for number in range(199)), last, {"no": "string"}, *["x"] * 1000]
    broker.gives("alice", given)
    for caller in (
        site.identify(broker.access_token("alice")),
        site.house.identify(None, [broker.passport("alice", given)]),
    ):
        assert [each.value for each in caller.visas] == ["https://data.example/1"]
        assert Counter(each.rule for each in caller.turned) == {"malformed": 199, "too-many": 3}


def test_endless_conditions_are_turned_down_and_nobody_waits_for_them(
    site: Site, broker: Issuer, visas: Issuer
) -> None:
    hostile = {"type": "AffiliationAndRole", "value": "split_pattern:" + "*a" * 250 + "b"}
    conditions = [[hostile | {"source": f"pattern:*{number}"}] * 3 for number in range(6)]
    given = [
        visas.visa("alice", "AffiliationAndRole", f"{number}@" + "a;" * 1900) for number in range(40)
    ] + [visas.visa("alice", said={"conditions": conditions}, jti=str(number)) for number in range(25)]
    passport = broker.passport("alice", given)
    assert site.house.identify(None, [passport]).visas  # once, to have verified them all
    began = time.process_time()
    caller = site.house.identify(None, [broker.passport("alice", given, jti="again")])
    assert time.process_time() - began < 2.0
    assert len(caller.visas) == 40
    assert Counter(each.rule for each in caller.turned)["conditions"] >= 20


def test_a_visa_may_be_for_the_site_as_its_broker_knows_it(
    tmp_path: Path, broker: Issuer, visas: Issuer, clock: Clock
) -> None:
    (tmp_path / "governance").mkdir()
    secret = tmp_path / "governance" / "broker.secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    lines = f'client_id = "{CLIENT}"\nclient_secret_file = "broker.secret"'
    ours = visas.visa("alice", aud=CLIENT)
    for issuer_lines, rule in ((f'subjects_of = "{broker.url}"', []), ("", ["aud"])):
        text = trust_text([broker], [visas], broker_lines=lines, issuer_lines=issuer_lines)
        with Site(tmp_path, text, clock) as site:
            caller = site.house.identify(None, [broker.passport("alice", [ours])])
            assert [each.rule for each in caller.turned] == rule

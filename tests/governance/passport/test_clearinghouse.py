"""Who is asking: the ways that visas come, what they come to, and how long it holds."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from governance.caller import ANONYMOUS, Identity
from governance.passport.linked import link
from governance.passport.refusal import TokenRefused
from governance.passport.registered import missing
from serving.reasons import Unauthenticated, Unavailable
from tests.governance.passport.conftest import Clock
from tests.governance.passport.sites import Site
from tests.issuer import ABSENT, CLIENT, REGISTERED, SECRET, SITE, Issuer, trust_text

GRANT = "https://data.example/1"


def rules(caller: Any) -> list[str]:
    return [each.rule for each in caller.turned]


def researcher(visas: Issuer, sub: str = "alice", **changes: Any) -> list[str]:
    return [
        visas.visa(sub, "AcceptedTermsAndPolicies", REGISTERED, said={"by": "self"}),
        visas.visa(sub, "ResearcherStatus", REGISTERED, **changes),
    ]


def test_nobody_is_nobody(site: Site) -> None:
    assert site.house.identify(None) is ANONYMOUS
    assert site.house.identify("  ") is ANONYMOUS
    assert site.house.identify(None, []) is ANONYMOUS


def test_visas_come_by_userinfo(site: Site, broker: Issuer, visas: Issuer, clock: Clock) -> None:
    grant = visas.visa("alice", value=GRANT, exp=int(clock()) + 600, jti="grant-1")
    broker.gives("alice", [grant, visas.visa("alice", "https://custom.example/type", "x")])
    caller = site.identify(broker.access_token("alice"))
    assert caller.identity == caller.person == Identity(broker.url, "alice")
    assert (caller.client, caller.registered, caller.roles) == ("workbench", False, frozenset())
    [visa] = caller.visas
    assert (visa.type, visa.value, visa.by, visa.id) == ("ControlledAccessGrants", GRANT, "so", "grant-1")
    assert visa.holder == Identity(visas.url, "alice")
    assert caller.expires == clock() + 600 + 30  # of the visa that ends first, and the skew
    assert rules(caller) == ["unknown-type"]


def test_in_the_steady_state_nothing_is_asked(
    site: Site, broker: Issuer, visas: Issuer, clock: Clock
) -> None:
    broker.gives("alice", [visas.visa("alice")])
    token = broker.access_token("alice")
    first = site.identify(token)
    before = broker.total + visas.total
    assert broker.asked["/userinfo"] == broker.asked["/jwks"] == visas.asked["/jwks"] == 1
    clock.now += 3000
    assert site.identify(token) is first
    assert broker.total + visas.total == before


@pytest.mark.parametrize("scope", ["openid", "openid email", "ga4gh_passport_v1", "api:read", ""])
def test_a_token_that_is_not_passport_scoped_is_somebody_only_where_that_is_all_we_ask(
    tmp_path: Path, site: Site, broker: Issuer, clock: Clock, scope: str
) -> None:
    """A token of the same broker for another program of it may not make anybody known, with roles."""
    with pytest.raises(TokenRefused) as refused:
        site.identify(broker.access_token("alice", scope=scope))
    assert refused.value.rule == "scope"
    lines = 'visas = "none"\nrequires_audience = false'
    with Site(tmp_path / "other", trust_text([broker], broker_lines=lines), clock) as other:
        caller = other.identify(broker.access_token("alice", scope=scope))
        assert (caller.identity, caller.visas) == (Identity(broker.url, "alice"), ())
        with pytest.raises(TokenRefused) as refused:
            other.identify(broker.access_token("alice", scope=scope, aud=ABSENT))
        assert refused.value.rule == "aud"
    assert broker.asked["/userinfo"] == 0


def test_tokens_of_some_programs_only_are_taken(
    tmp_path: Path, broker: Issuer, visas: Issuer, clock: Clock
) -> None:
    lines = 'requires_audience = false\nclients = ["workbench"]'
    with Site(tmp_path, trust_text([broker], [visas], broker_lines=lines), clock) as site:
        assert site.identify(broker.access_token("alice", aud=ABSENT)).client == "workbench"
        assert site.identify(broker.access_token("alice", client_id=ABSENT, azp="workbench")).identity
        both = {"client_id": "game", "azp": "workbench"}
        for other in ({"client_id": "game"}, {"client_id": ABSENT}, both):
            with pytest.raises(TokenRefused) as refused:
                site.identify(broker.access_token("alice", aud=ABSENT, **other))
            assert refused.value.rule == "client"


def test_visas_come_by_exchange(tmp_path: Path, broker: Issuer, visas: Issuer, clock: Clock) -> None:
    (tmp_path / "governance").mkdir()
    secret = tmp_path / "governance" / "broker.secret"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    lines = f'client_id = "{CLIENT}"\nclient_secret_file = "broker.secret"'
    text = trust_text([broker], [visas], broker_lines=lines, issuer_lines=f'subjects_of = "{broker.url}"')
    broker.gives("alice", [visas.visa("alice", value=GRANT)])
    with Site(tmp_path, text, clock) as site:
        caller = site.identify(broker.access_token("alice", aud=CLIENT))
        assert [each.value for each in caller.visas] == [GRANT]
        assert (broker.asked["/token"], broker.asked["/userinfo"]) == (1, 0)
        handed = broker.passport("alice", [visas.visa("alice")], aud=ABSENT)
        broker.exchange_changes = {"access_token": handed}
        assert site.identify(broker.access_token("alice", jti="handed")).visas
        foreign = broker.passport("alice", [], aud="https://other.example")
        for changes, rule in [
            ({"access_token": foreign}, "aud"),
            ({"issued_token_type": "urn:ietf:params:oauth:token-type:jwt"}, "something else"),
            ({"access_token": visas.passport("alice", [])}, "untrusted-broker"),
            ({"access_token": broker.access_token("alice")}, "typ"),
            ({"access_token": {"ga4gh_passport_v1": []}}, "no-string"),
        ]:
            broker.exchange_changes = changes
            with pytest.raises(TokenRefused, match=rule) as refused:
                site.identify(broker.access_token("alice", jti=rule))
            assert refused.value.rule == "exchange"  # it is no fault of the token's
        broker.exchange_changes = {}
        token = broker.access_token("mallory")
        broker.revoked.add(token)
        with pytest.raises(TokenRefused, match="revoked"):
            site.identify(token)
        secret.write_text("changed")
        clock.now += 2
        with pytest.raises(Unavailable):
            site.identify(broker.access_token("alice", jti="x"))


@pytest.mark.parametrize("endpoint", ["jwks_uri", "userinfo_endpoint", "issuer"])
def test_what_a_broker_publishes_counts_on_its_own_server_only(
    site: Site, broker: Issuer, attacker: Issuer, endpoint: str
) -> None:
    broker.configuration = {endpoint: attacker.url}
    with pytest.raises(Unavailable):
        site.identify(broker.access_token("alice"))
    assert attacker.total == 0
    assert broker.asked["/userinfo"] == 0


def test_addresses_in_the_file_are_asked_instead(
    tmp_path: Path, broker: Issuer, visas: Issuer, clock: Clock
) -> None:
    broker.answers["/.well-known/openid-configuration"] = lambda handler: handler.says({}, 404)
    lines = f'jwks_uri = "{broker.jku}"\nuserinfo = "{broker.url}/userinfo"'
    with Site(tmp_path, trust_text([broker], [visas], broker_lines=lines), clock) as site:
        assert site.identify(broker.access_token("alice")).identity
    assert set(broker.asked) == {"/jwks", "/userinfo"}


def test_a_passport_is_exchanged_by_its_own_broker(
    tmp_path: Path, broker: Issuer, visas: Issuer, clock: Clock
) -> None:
    (tmp_path / "governance").mkdir()
    secret = tmp_path / "governance" / "broker.secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    lines = f'client_id = "{CLIENT}"\nclient_secret_file = "broker.secret"'
    broker.exchange_changes = {"access_token": visas.passport("alice", [])}
    with Site(tmp_path, trust_text([broker, visas], [], broker_lines=lines), clock) as site:
        with pytest.raises(TokenRefused) as refused:
            site.identify(broker.access_token("alice"))
        assert refused.value.rule == "exchange"


def test_visas_come_in_passports(site: Site, broker: Issuer, visas: Issuer, clock: Clock) -> None:
    passport = broker.passport("alice", [visas.visa("alice", value=GRANT)], exp=int(clock()) + 60)
    caller = site.house.identify(None, [passport])
    assert caller.identity == Identity(broker.url, "alice")
    assert [each.value for each in caller.visas] == [GRANT]
    assert caller.expires == clock() + 60 + 30
    other = broker.passport("bob", [visas.visa("bob", value="https://data.example/2")])
    both = site.house.identify(None, [passport, other])
    assert [each.value for each in both.visas] == [GRANT]
    assert rules(both) == ["other-person"]
    with pytest.raises(TokenRefused, match="passport 2 of 2 is not accepted"):
        site.house.identify(None, [passport, visas.visa("alice")])
    with pytest.raises(TokenRefused, match="too-many"):
        site.house.identify(None, [passport] * 21)


def test_a_visa_in_several_passports_is_verified_once(
    site: Site, broker: Issuer, visas: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    import governance.passport.visas as module

    verified = []
    real = module.verify
    monkeypatch.setattr(module, "verify", lambda *given: (verified.append(given), real(*given)))
    shared = visas.visa("alice")
    for number in range(3):
        assert site.house.identify(None, [broker.passport("alice", [shared, shared], jti=str(number))]).visas
    assert len(verified) == 1


def test_userinfo_may_be_signed(site: Site, broker: Issuer, visas: Issuer, attacker: Issuer) -> None:
    def signing(issuer: Issuer, **claims: Any) -> Any:
        said = {"iss": broker.url, "sub": "alice", "ga4gh_passport_v1": [visas.visa("alice")]} | claims
        return lambda handler: handler.says(issuer.signed({}, said).encode(), media_type="application/jwt")

    broker.answers["/userinfo"] = signing(broker)
    assert site.identify(broker.access_token("alice")).visas
    for number, (answer, rule) in enumerate([
        (signing(attacker), "signature"),
        (signing(broker, iss=attacker.url), "userinfo"),
        (signing(broker, sub="bob"), "userinfo"),
    ]):  # fmt: skip
        broker.answers["/userinfo"] = answer
        with pytest.raises(TokenRefused) as refused:
            site.identify(broker.access_token("alice", jti=str(number)))
        assert refused.value.rule == rule
    assert attacker.total == 0


def test_registered_access_wants_both_visas_of_one_value(site: Site, broker: Issuer, visas: Issuer) -> None:
    def registered(given: list[str]) -> bool:
        caller = site.house.identify(None, [broker.passport("alice", given)])
        assert caller.registered is (missing(caller.visas) is None)
        return caller.registered

    terms, status = researcher(visas)
    assert registered([terms, status])
    assert not registered([terms])
    assert not registered([status])
    assert not registered([terms, visas.visa("alice", "ResearcherStatus", REGISTERED + "/")])
    assert not registered([terms, visas.visa("alice", "ResearcherStatus", REGISTERED.upper())])
    assert not registered(researcher(visas, said={"by": "self"}))
    assert not registered(researcher(visas, said={"by": ABSENT}))
    assert not registered([terms, visas.visa("bob", "ResearcherStatus", REGISTERED)])


def test_linked_accounts_are_one_person_also_in_chains(site: Site, broker: Issuer, visas: Issuer) -> None:
    def alias(holder: str, *others: Identity, **said: Any) -> str:
        value = ";".join(link(each) for each in others)
        return visas.visa(holder, "LinkedIdentities", value, said=said)

    def account(sub: str) -> Identity:
        return Identity(broker.url, sub)

    terms, status = researcher(visas, "zoe")
    far = alias("mid,dle;%", account("alice"), Identity(visas.url, "b"))
    chain = [alias("zoe", account("mid,dle;%")), far]
    caller = site.house.identify(None, [broker.passport("zoe", [terms, status, *chain])])
    assert caller.registered
    assert caller.identity == account("zoe")
    assert caller.accounts == {account("alice"), account("b"), account("mid,dle;%"), account("zoe")}
    assert caller.person == min(caller.accounts)
    alone = site.house.identify(None, [broker.passport("alice", [terms, status, chain[0]])])
    assert not alone.registered
    assert rules(alone) == ["other-person"] * 3
    assert alone.accounts == {account("alice")}


def test_links_with_conditions_join_where_these_are_met(site: Site, broker: Issuer, visas: Issuer) -> None:
    def account(sub: str) -> Identity:
        return Identity(broker.url, sub)

    def alias(holder: str, other: str, value: str) -> str:
        condition = [[{"type": "ControlledAccessGrants", "value": f"const:{value}"}]]
        return visas.visa(holder, "LinkedIdentities", link(account(other)), said={"conditions": condition})

    def accounts(*given: str) -> tuple[set[str], list[str]]:
        caller = site.house.identify(None, [broker.passport("zoe", given)])
        return {each.subject for each in caller.accounts}, rules(caller)

    first = alias("zoe", "yan", "https://data.example/1")
    second = alias("yan", "xi", "https://data.example/2")
    grant, of_yan = visas.visa("zoe"), visas.visa("yan", value="https://data.example/2")
    assert accounts(first) == ({"zoe"}, ["conditions-unmet"])
    assert accounts(first, grant) == ({"zoe", "yan"}, [])
    assert accounts(second, of_yan, first, grant) == ({"zoe", "yan", "xi"}, [])
    assert accounts(second, of_yan, first)[0] == {"zoe"}  # who is not joined meets nothing
    mutual = alias("zoe", "xi", "https://data.example/2")
    assert accounts(mutual, visas.visa("xi", value="https://data.example/2"))[0] == {"zoe"}


def test_links_count_of_trusted_issuers_only(
    site: Site, broker: Issuer, visas: Issuer, attacker: Issuer, clock: Clock
) -> None:
    alias = link(Identity(broker.url, "alice"))
    sourceless = visas.visa("bob", "LinkedIdentities", alias, said={"source": "https://else.example"})
    given = [visas.visa("bob"), attacker.visa("bob", "LinkedIdentities", alias), sourceless]
    caller = site.house.identify(None, [broker.passport("alice", given)])
    assert caller.visas == ()
    assert sorted(rules(caller)) == ["other-person", "untrusted-issuer", "untrusted-source"]
    assert attacker.total == 0
    lines = f'subjects_of = "{broker.url}"\ntypes = ["ControlledAccessGrants"]'
    site.path.write_text(trust_text([broker], [visas], issuer_lines=lines))
    clock.now += 1
    given = [visas.visa("bob"), visas.visa("bob", "LinkedIdentities", alias)]
    found = site.house.identify(None, [broker.passport("alice", given)])
    assert sorted(rules(found)) == ["other-person", "untrusted-issuer"]


def test_a_visa_ends_while_its_caller_goes_on(
    site: Site, broker: Issuer, visas: Issuer, clock: Clock
) -> None:
    short = visas.visa("alice", value="https://data.example/short", exp=int(clock()) + 300)
    broker.gives("alice", [short, visas.visa("alice", value=GRANT)])
    token = broker.access_token("alice")
    assert len(site.identify(token).visas) == 2
    clock.now += 331
    caller = site.identify(token)
    assert [each.value for each in caller.visas] == [GRANT]
    assert rules(caller) == ["expired"]
    assert broker.asked["/userinfo"] == 1  # no polling within the hour


def test_a_broker_is_asked_again_after_an_hour_and_may_have_changed_its_mind(
    site: Site, broker: Issuer, visas: Issuer, clock: Clock
) -> None:
    end = int(clock()) + 20_000
    broker.gives("alice", [visas.visa("alice", exp=end)])
    token = broker.access_token("alice", exp=end)
    assert site.identify(token).expires == clock() + 3600
    broker.gives("alice", [])
    clock.now += 3599
    assert site.identify(token).visas
    clock.now += 1
    assert not site.identify(token).visas
    broker.revoked.add(token)
    clock.now += 3601
    for _ in range(30):
        with pytest.raises(TokenRefused, match="revoked"):
            site.identify(token)
        clock.now += 300
    assert broker.asked["/userinfo"] == 3  # AAI 1.2.1, Access Token Polling: not once more
    clock.now = end + 31
    with pytest.raises(TokenRefused, match="expired"):
        site.identify(token)


def test_what_was_asserted_long_ago_may_not_count(
    tmp_path: Path, broker: Issuer, visas: Issuer, clock: Clock
) -> None:
    lines = f'subjects_of = "{broker.url}"\noldest_days = 2'
    given = [visas.visa("alice", said={"asserted": int(clock()) - 2 * 86_400 + 600}),
             visas.visa("alice", said={"asserted": int(clock()) - 3 * 86_400})]  # fmt: skip
    with Site(tmp_path, trust_text([broker], [visas], issuer_lines=lines), clock) as site:
        caller = site.house.identify(None, [broker.passport("alice", given)])
        assert (len(caller.visas), rules(caller)) == (1, ["too-old"])
        assert caller.expires == clock() + 600 + 30


def test_a_site_may_ask_more_often(tmp_path: Path, broker: Issuer, visas: Issuer, clock: Clock) -> None:
    with Site(tmp_path, trust_text([broker], [visas], top="lifetime = 60"), clock) as site:
        token = broker.access_token("alice")
        assert site.identify(token).expires == clock() + 60
        clock.now += 60
        site.identify(token)
        assert broker.asked["/userinfo"] == 2


def test_a_token_ends_whatever_is_remembered_of_it(site: Site, broker: Issuer, clock: Clock) -> None:
    token = broker.access_token("alice", exp=int(clock()) + 100)
    assert site.identify(token)
    clock.now += 129
    assert site.identify(token)
    clock.now += 1
    with pytest.raises(TokenRefused, match="expired"):
        site.identify(token)


def test_trust_that_is_taken_back_ends_at_once(
    site: Site, broker: Issuer, visas: Issuer, clock: Clock
) -> None:
    broker.gives("alice", [visas.visa("alice")])
    token = broker.access_token("alice")
    assert site.identify(token).visas
    site.path.write_text(trust_text([broker], []))
    clock.now += 1
    assert rules(site.identify(token)) == ["untrusted-issuer"]
    site.path.write_text(trust_text([], []))
    clock.now += 1
    with pytest.raises(TokenRefused, match="no-broker"):
        site.identify(token)
    site.path.unlink()
    clock.now += 1
    with pytest.raises(TokenRefused, match="no-broker"):
        site.identify(token)


@pytest.mark.parametrize("status", [500, 502, 503, 429, 404])
def test_a_broker_that_cannot_be_asked_is_no_refusal(
    site: Site, broker: Issuer, clock: Clock, status: int
) -> None:
    broker.answers["/userinfo"] = lambda handler: handler.says({}, status)
    token = broker.access_token("alice")
    for _ in range(5):
        with pytest.raises(Unavailable):
            site.identify(token)
    assert broker.asked["/userinfo"] == 1
    del broker.answers["/userinfo"]
    clock.now += 6 if status != 404 else 61
    assert site.identify(token).identity


def test_visas_of_an_issuer_that_is_down_come_back_with_it(
    site: Site, broker: Issuer, visas: Issuer, clock: Clock
) -> None:
    visas.answers["/jwks"] = lambda handler: handler.says({}, 500)
    broker.gives("alice", [visas.visa("alice")])
    token = broker.access_token("alice")
    down = site.identify(token)
    assert (down.visas, rules(down), down.expires) == ((), ["no-keys"], clock() + 30)
    del visas.answers["/jwks"]
    clock.now += 31
    assert site.identify(token).visas
    assert broker.asked["/userinfo"] == 1


def test_keys_that_cannot_be_had_are_no_refusal(tmp_path: Path, clock: Clock) -> None:
    with Issuer("ES256", clock=clock) as broker:
        token, text = broker.access_token("alice"), trust_text([broker])
    with Site(tmp_path, text, clock) as site, pytest.raises(Unavailable):
        site.identify(token)


def test_fifty_who_come_at_once_with_one_token_ask_once(site: Site, broker: Issuer, visas: Issuer) -> None:
    broker.gives("alice", [visas.visa("alice")])
    token = broker.access_token("alice")
    together = threading.Barrier(50)

    def ask(_: int) -> Any:
        together.wait()
        return site.identify(token)

    with ThreadPoolExecutor(50) as pool:
        callers = list(pool.map(ask, range(50)))
    assert all(each is callers[0] for each in callers)
    assert broker.asked == {"/.well-known/openid-configuration": 1, "/jwks": 1, "/userinfo": 1}
    assert visas.asked == {"/jwks": 1}


def test_what_is_remembered_is_bounded(
    site: Site, broker: Issuer, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    import governance.passport.standing as module

    monkeypatch.setattr(module, "CALLERS_MOST", 3)
    site.path.write_text("skew = 29\n" + site.path.read_text())
    clock.now += 1
    tokens = [broker.access_token("alice", jti=str(number)) for number in range(10)]
    assert all(site.identify(each).identity for each in tokens)
    assert len(site.house._standing._known) == 3


def test_no_token_or_secret_is_in_any_log(
    site: Site, broker: Issuer, visas: Issuer, attacker: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    grant, foreign = visas.visa("alice"), attacker.visa("alice")
    broker.gives("alice", [grant, foreign])
    good, bad = broker.access_token("alice"), attacker.access_token("mallory")
    passport = broker.passport("alice", [grant, foreign], aud="https://else.example")
    site.identify(good)
    for call in (lambda: site.identify(bad), lambda: site.house.identify(None, [passport])):
        with pytest.raises(Unauthenticated) as refused:
            call()
        assert not any(part in str(refused.value) for part in bad.split(".") + passport.split("."))
    said = caplog.text + "".join(str(each.__dict__) for each in caplog.records)
    assert "refused" in said
    for token in (good, bad, grant, foreign, passport):
        assert not any(part in said for part in token.split(".")[1:])


def test_an_audience_is_the_site_s_or_that_of_its_client(site: Site, broker: Issuer) -> None:
    assert site.identify(broker.access_token("alice", aud=[SITE, "other"])).identity

"""Token exchange (RFC 8693): for whom a client may have tokens, and when they end."""

import time
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from database.engine import Database
from governance.passport.tokens import VISAS_MOST
from passport_broker.domain.visas import Assertion, Issued, Span
from passport_broker.service import Clients, visas_of
from passport_broker.settings import PassportSettings
from passport_broker.store import visas as store
from tests.passport_broker.running import SITE_B, Broker, Person, ask, running, tokens
from tests.passport_broker.test_hostile import EXCHANGE, OFFLINE, PASSPORT, bearer, userinfo

SITE_C = "https://site-c.example"


def exchanged(broker: Broker, client: str, token: str, **more: Any) -> httpx.Response:
    return broker.token(client, **(EXCHANGE | {"subject_token": token}), **more)


# For whom.


def test_a_site_that_is_sent_a_token_gets_none_for_the_site_that_issued_it(broker: Broker) -> None:
    login, _ = broker.account()
    token = tokens(broker, login, broker.client(audiences=(SITE_B,)))["access_token"]
    plain = broker.client("exchange", serves=(SITE_B,))
    greedy = broker.client("exchange", serves=(SITE_B,), audiences=(broker.url, SITE_C))
    for site in (plain, greedy):
        for more in ({"audience": broker.url}, {"resource": broker.url}, PASSPORT | {"audience": broker.url}):
            assert exchanged(broker, site, token, **more).json()["error"] == "invalid_target", more
    assert exchanged(broker, plain, token).json()["error"] == "invalid_target"
    assert exchanged(broker, plain, token, **PASSPORT).status_code == 200  # what it is there for
    onward = exchanged(broker, greedy, token).json()["access_token"]
    assert broker.signing.verify(onward, "at+jwt")["aud"] == SITE_C


def test_a_client_exchanges_its_own_tokens_for_those_it_is_registered_for(broker: Broker) -> None:
    login, _ = broker.account()
    bare = broker.client("code", "exchange")
    token = tokens(broker, login, bare)["access_token"]
    assert exchanged(broker, bare, token).json()["error"] == "invalid_target"
    client = broker.client("code", "exchange", audiences=(SITE_B, broker.url))
    token = tokens(broker, login, client)["access_token"]
    for audience in (SITE_B, broker.url):
        made = exchanged(broker, client, token, audience=audience).json()["access_token"]
        assert broker.signing.verify(made, "at+jwt")["aud"] == audience


def test_people_are_told_where_else_a_token_may_lead(broker: Broker) -> None:
    login, _ = broker.account()
    network = broker.client("code", "exchange", audiences=(broker.url, SITE_B))
    page = Person(broker, login).open(ask(broker, network).address)
    assert f"may do the same for you at {SITE_B}." in page.text
    member = f"https://{network}.example"
    broker.client("exchange", serves=(member,), audiences=(broker.url, SITE_C))
    page = Person(broker, login).open(ask(broker, broker.client(audiences=(member,))).address)
    assert f"may do the same for you at {SITE_C}." in page.text
    alone = broker.client(audiences=("https://alone.example",))
    page = Person(broker, login).open(ask(broker, alone).address)
    assert "may do the same for you" not in page.text


# Until when.


def test_an_exchanged_token_ends_with_every_token_and_client_before_it(broker: Broker) -> None:
    login, _ = broker.account()
    client = broker.client("code", "exchange", audiences=(SITE_B,))
    member = broker.client("exchange", serves=(SITE_B,), audiences=(SITE_C,))

    def chain() -> tuple[str, str, str]:
        first = tokens(broker, login, client)["access_token"]
        second = exchanged(broker, client, first).json()["access_token"]
        third = exchanged(broker, member, second).json()["access_token"]
        assert userinfo(broker, third).status_code == 200
        return first, second, third

    first, second, third = chain()
    with broker.http(client) as http:
        http.post("revoke", data={"token": second})
    assert [userinfo(broker, each).status_code for each in (first, second, third)] == [200, 401, 401]
    first, second, third = chain()
    with broker.http(client) as http:
        http.post("revoke", data={"token": first})
    assert [userinfo(broker, each).status_code for each in (first, second, third)] == [401, 401, 401]
    first, second, third = chain()
    Clients(broker.database).remove(member)
    assert [userinfo(broker, each).status_code for each in (first, second, third)] == [200, 200, 401]


def test_a_revocation_is_recorded_as_the_client_s_that_asked_for_it(broker: Broker) -> None:
    login, account = broker.account()
    client = broker.client("code", "exchange", audiences=(SITE_B,))
    member = broker.client("exchange", serves=(SITE_B,), audiences=(SITE_C,))
    token = exchanged(broker, client, tokens(broker, login, client)["access_token"]).json()["access_token"]
    token = exchanged(broker, member, token).json()["access_token"]
    with broker.http(member) as http:
        assert http.post("revoke", data={"token": token}).status_code == 200
    assert ("passport.revoked", account, {"client": member, "given_to": client}) in broker.acts


# Forms.


def test_a_hint_at_the_type_of_a_token_may_be_any(broker: Broker) -> None:
    login, _ = broker.account()
    client = broker.client()
    token = tokens(broker, login, client)["access_token"]
    form = {"token": token, "token_type_hint": "urn:example:of-the-future"}
    with broker.http(client) as http:
        assert http.post("introspect", data=form).json()["active"] is True
        assert http.post("revoke", data=form).status_code == 200
        assert http.post("introspect", data=form).json() == {"active": False}
        assert http.post("revoke", data={}).json()["error"] == "invalid_request"


def test_nobody_sees_visas_who_may_not_know_whose(broker: Broker) -> None:
    login, _ = broker.account()
    client = broker.client("code", "refresh", "exchange", audiences=(broker.url,))
    first = tokens(broker, login, client, scope=OFFLINE)
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert broker.token(client, **form, scope="ga4gh_passport_v1").json()["error"] == "invalid_scope"
    assert broker.token(client, **form).status_code == 200  # it was not used up
    claims = broker.signing.verify(first["access_token"], "at+jwt")
    bare = broker.signing.sign(claims | {"scope": "ga4gh_passport_v1"}, "at+jwt")
    assert exchanged(broker, client, bare, **PASSPORT).json()["error"] == "invalid_scope"


# As many visas as there may be.


def test_a_passport_of_as_many_visas_as_there_may_be_is_had(
    broker_database: Database, tmp_path: Path
) -> None:
    settings = PassportSettings()
    with running(
        broker_database, tmp_path, lambda signing: visas_of(settings, broker_database, signing)
    ) as broker:
        login, account = broker.account()
        client = broker.client("code", "exchange")
        token = tokens(broker, login, client)
        now = int(time.time())
        clauses = [[{"type": "AffiliationAndRole", "value": f"pattern:{'faculty' * 20}@*"}] for _ in range(4)]
        with broker_database.unit_of_work() as work:
            for number in range(VISAS_MOST):
                said = Assertion(
                    "ControlledAccessGrants", f"https://data.example/{number}", "https://dac.example", "dac",
                    now, clauses,
                )  # fmt: skip
                made = Issued(
                    id=f"many-visas-{number:05d}", subject=account.subject, assertion=said,
                    span=Span(now - 1, now + 86_400), at=None, by={}, why="for a test", application=None,
                )  # type: ignore[arg-type] # fmt: skip
                store.insert(work.connection, made)
            work.commit()
        answer = exchanged(broker, client, token["access_token"], **PASSPORT)
        assert answer.status_code == 200, answer.text
        passport = answer.json()["access_token"]
        assert len(passport) > 131_072
        found = broker.signing.verify(passport, "vnd.ga4gh.passport+jwt", longest=1_000_000)
        assert len(found["ga4gh_passport_v1"]) == VISAS_MOST
        assert 0 < answer.json()["expires_in"] <= found["exp"] - now
        seen = httpx.get(f"{broker.issuer}/userinfo", headers=bearer(token)).json()
        assert len(seen["ga4gh_passport_v1"]) == VISAS_MOST
        with broker_database.unit_of_work() as work:
            for statement in (
                "ALTER TABLE passport_broker.visa DISABLE TRIGGER USER",
                f"DELETE FROM passport_broker.visa WHERE subject = '{account.subject}'",
                "ALTER TABLE passport_broker.visa ENABLE TRIGGER USER",
            ):
                work.connection.execute(text(statement))
            work.commit()

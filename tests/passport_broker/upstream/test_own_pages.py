"""What somebody sees of their own account: visas, and a form for another password."""

import httpx

from passport_broker.domain.actors import OPERATOR
from passport_broker.domain.visas import Assertion, Span
from passport_broker.service import Identities
from passport_broker.visas.desk import Wanted
from tests.passport_broker.running import PASSWORD, tokens
from tests.passport_broker.upstream.conftest import Town

FRESH = "another long password"


def test_somebody_sees_their_visas_and_nobody_else_s(town: Town) -> None:
    (login, account), (other, _) = town.walk.broker.account(), town.walk.broker.account()
    desk = town.walk.access.desk
    said = {
        "standing": Assertion("AffiliationAndRole", "faculty@uni.example", "https://uni.example", "so", 1),
        "revoked": Assertion("ResearcherStatus", "https://revoked.example", "https://uni.example", "peer", 1),
        "to come": Assertion("ResearcherStatus", "https://come.example", "https://uni.example", None, 1),
    }
    begins = {"to come": 3_000_000_000 - 10_000}
    spans = {name: Span(begins.get(name, 1), 2_200_000_000) for name in said} | {
        "to come": Span(2_100_000_000, 2_200_000_000)
    }
    made = {
        name: desk.issue(Wanted(account.subject, each, spans[name], "for the test"), OPERATOR)
        for name, each in said.items()
    }
    desk.revoke(made["revoked"].id, "a mistake", OPERATOR)
    page = town.visitor(login).open("account/visas").text
    for shown in ("AffiliationAndRole", "faculty@uni.example", "https://uni.example", "a signing official",
                  "2039-09-18", "https://come.example", "2036-07-18"):  # fmt: skip
        assert shown in page, shown
    assert "revoked.example" not in page
    assert "faculty@uni.example" not in town.visitor(other).open("account/visas").text
    assert 'name="password"' in town.visitor().open("account/visas").text


def change(town: Town, login: str, **fields: str) -> httpx.Response:
    somebody = town.visitor(login)
    form = {"current": PASSWORD, "fresh": FRESH, "again": FRESH} | fields
    return somebody.form(somebody.open("account/password"), "/account/password", **form)


def test_another_password_ends_every_other_session_and_token(town: Town) -> None:
    broker = town.walk.broker
    login, account = broker.account()
    elsewhere = town.visitor(login)
    token = tokens(broker, login, broker.client())["access_token"]
    here = town.visitor(login)
    old = next(iter(here.http.cookies.values()))
    form = {"current": PASSWORD, "fresh": FRESH, "again": FRESH}
    page = here.form(here.open("account/password"), "/account/password", **form)
    assert "Your account" in page.text
    assert here.logged_in
    assert next(iter(here.http.cookies.values())) != old
    assert not elsewhere.logged_in
    headers = {"authorization": f"Bearer {token}"}
    assert httpx.get(f"{broker.issuer}/userinfo", headers=headers).status_code == 401
    identities = Identities(broker.database)
    assert identities.authenticate(login, PASSWORD) is None
    assert identities.authenticate(login, FRESH) == account


def test_a_password_is_changed_by_who_knows_it_and_to_one_that_holds(town: Town) -> None:
    login, _ = town.walk.broker.account()
    for fields, status, said in (
        ({"current": "wrong " + PASSWORD}, 403, "not the current password"),
        ({"current": ""}, 403, "not the current password"),
        ({"again": FRESH + "x"}, 400, "not typed in twice"),
        ({"fresh": "short", "again": "short"}, 400, "12 to 200"),
        ({"fresh": "", "again": ""}, 400, "12 to 200"),
    ):
        page = change(town, login, **fields)
        assert (page.status_code, said in page.text) == (status, True), page.text
        assert FRESH not in page.text
        assert town.visitor(login).logged_in


def test_who_logs_in_elsewhere_has_no_password_here(town: Town) -> None:
    somebody = town.visitor()
    somebody.enter("idp", town.idp, "no password")
    assert "account/password" not in somebody.open("account").text
    assert somebody.open("account/password").status_code == 404

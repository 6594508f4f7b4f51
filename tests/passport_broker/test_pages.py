"""Login, consent and the account's own pages: sessions, forms that nobody can forge, and headers."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx
import pytest

from database.engine import Database
from passport_broker.service import Identities
from serving.testing import client as in_process
from tests.passport_broker.running import (
    CALLBACK,
    PASSWORD,
    Broker,
    Person,
    ask,
    elsewhere,
    form_of,
    redeem,
    returned,
    tokens,
)


def cookie(person: Person) -> str:
    values = list(person.http.cookies.values())
    assert len(values) == 1
    return str(values[0])


def test_somebody_logs_in_sees_the_account_and_logs_out(broker: Broker) -> None:
    login, account = broker.account("Ada <b>Example</b>")
    person = Person(broker)
    page = person.log_in(login)
    assert "Ada &lt;b&gt;Example&lt;/b&gt;" in page.text
    assert account.subject in page.text
    before = cookie(person)
    out = person.http.post(f"{broker.issuer}/logout", data={"csrf_token": form_of(page)[1]["csrf_token"]})
    assert out.status_code == 303
    assert 'name="password"' in person.open("account").text
    stolen = Person(broker)
    stolen.http.cookies.update({person.http.cookies.jar.__iter__().__next__().name: before})
    assert 'name="password"' in stolen.open("account").text
    assert [each[0] for each in broker.acts if each[1] == account] == ["passport.login", "passport.logout"]


@pytest.mark.parametrize(("login", "password"), [("", ""), ("nobody", PASSWORD), ("ADA", "x" * 300)])
def test_a_wrong_login_says_nothing_of_the_account(broker: Broker, login: str, password: str) -> None:
    known, _ = broker.account()
    wrong = Person(broker).log_in(known, "wrong " + PASSWORD)
    unknown = Person(broker).log_in(login, password)
    assert wrong.status_code == unknown.status_code == 403
    assert without_token(wrong.text) == without_token(unknown.text)


def without_token(text: str) -> str:
    before, _, after = text.partition('name="csrf_token" value="')
    return before + after[64:]


def test_a_login_is_taken_as_people_write_it(broker: Broker) -> None:
    login, _ = broker.account()
    assert "Your account" in Person(broker).log_in(f" {login.upper()} ").text


def test_a_planted_cookie_is_worth_nothing_after_the_login(broker: Broker) -> None:
    login, _ = broker.account()
    victim, attacker = Person(broker), Person(broker)
    attacker.open("login")
    victim.http.cookies.update(attacker.http.cookies)
    planted = cookie(victim)
    victim.log_in(login)
    assert cookie(victim) != planted
    assert 'name="password"' in attacker.open("account").text


def test_a_new_login_ends_the_session_before(broker: Broker) -> None:
    login, _ = broker.account()
    person, copy = Person(broker, login), Person(broker)
    copy.http.cookies.update(person.http.cookies)
    assert "Your account" in copy.open("account").text
    person.log_in(login)
    assert 'name="password"' in copy.open("account").text


@pytest.mark.parametrize("how", ["none", "wrong", "of somebody else", "without cookie", "from elsewhere"])
def test_no_form_is_taken_that_was_not_ours(broker: Broker, how: str) -> None:
    login, account = broker.account()
    client = broker.client()
    asked = ask(broker, client)
    person = Person(broker, login)
    action, hidden = form_of(person.open(asked.address))
    headers = {}
    if how == "none":
        hidden.pop("csrf_token")
    elif how == "wrong":
        hidden["csrf_token"] = "0" * 64
    elif how == "of somebody else":
        other, _ = broker.account()
        hidden["csrf_token"] = form_of(Person(broker, other).open("account"))[1]["csrf_token"]
    elif how == "without cookie":
        person.http.cookies.clear()
    else:
        headers["sec-fetch-site"] = "cross-site"
    for path in (action, "/passport/logout", "/passport/account/withdraw", "/passport/device/decision",
                 "/passport/device", "/passport/login"):  # fmt: skip
        data = hidden | {"decision": "allow", "client": client, "user_code": "x", "login": login}
        answer = person.http.post(urljoin(broker.url, path), data=data, headers=headers)
        assert answer.status_code == 403, path
    assert "passport.consented" not in [each[0] for each in broker.acts if each[1] == account]


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example",
        "javascript:alert(1)", "/%0d%0aevil: x", "///evil.example", "account", "http:///evil.example",
        "/\t/evil.example", "x" * 9000,
    ],
)  # fmt: skip
def test_the_login_leads_nowhere_else(broker: Broker, target: str) -> None:
    login, _ = broker.account()
    person = Person(broker)
    page = person.http.get(f"{broker.issuer}/login", params={"next": target})
    if page.status_code == 414:
        return
    action, hidden = form_of(page)
    answer = person.http.post(
        urljoin(broker.url, action), data=hidden | {"login": login, "password": PASSWORD, "next": target}
    )
    assert answer.status_code == 303
    where = urljoin(f"{broker.issuer}/login", answer.headers["location"])
    assert where.startswith(f"{broker.issuer}/")
    assert "\n" not in where


def test_pages_are_framed_by_nobody_and_run_nothing(broker: Broker) -> None:
    login, _ = broker.account()
    person = Person(broker, login)
    for page in (person.open("login"), person.open("account"), person.open("nowhere"),
                 person.open(ask(broker, broker.client()).address)):  # fmt: skip
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script" not in policy + page.text
        assert "style=" not in page.text
        assert page.headers["x-frame-options"] == "DENY"
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert 'name="viewport"' in page.text
    # Where a form's answer leads on to a client, the policy has to allow its site, and only its site.
    assert policy.endswith("form-action 'self' https://app.example")
    asked = ask(broker, broker.client())
    assert Person(broker).open(asked.address).headers["content-security-policy"] == policy  # the login
    other = asked.address.replace("app.example", "evil.example")
    assert "evil" not in Person(broker).open(other).headers["content-security-policy"]
    style = person.http.get(f"{broker.issuer}/static/style.css")
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")


def test_the_cookie_is_for_pages_only(broker: Broker) -> None:
    page = Person(broker).http.get(f"{broker.issuer}/login")
    parts = [each.strip().lower() for each in page.headers["set-cookie"].split(";")]
    assert {"httponly", "samesite=lax", "path=/passport"} <= set(parts)
    assert "set-cookie" not in httpx.post(f"{broker.issuer}/token").headers


def test_over_tls_the_cookie_is_nobody_else_s(broker_database: Database, tmp_path: Path) -> None:
    with in_process(elsewhere(broker_database, tmp_path)) as http:
        page = http.get("/passport/login")
        found = http.get("/passport/.well-known/openid-configuration").json()
    name, *parts = [each.strip() for each in page.headers["set-cookie"].split(";")]
    assert name.startswith("__Host-")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(parts)
    assert "max-age=" in page.headers["strict-transport-security"]
    assert found["issuer"] == "https://site.example/passport"


def test_somebody_refuses_and_the_client_learns_it(broker: Broker) -> None:
    login, account = broker.account()
    asked = ask(broker, broker.client())
    person = Person(broker, login)
    said = returned(person.send(person.open(asked.address), decision="refuse"))
    assert (said["error"], said["state"], said["iss"]) == ("access_denied", "the state", broker.issuer)
    assert "code" not in said
    assert "passport.consented" not in [each[0] for each in broker.acts if each[1] == account]


def test_a_form_is_not_sent_on_to_the_client(broker: Broker) -> None:
    login, _ = broker.account()
    person = Person(broker, login)
    client = broker.client()
    allowed = person.send(person.open(ask(broker, client).address), decision="allow", keep="yes")
    at_once = person.open(ask(broker, client).address)
    assert allowed.status_code == at_once.status_code == 303


def test_the_consent_page_says_who_asks_for_what(broker: Broker) -> None:
    login, _ = broker.account()
    client = broker.client()
    page = Person(broker, login).open(ask(broker, client, scope="openid ga4gh_passport_v1 unknown").address)
    for word in (f"The {client}", "your visas", CALLBACK, broker.url):
        assert word in page.text
    assert "email address" not in page.text


def test_who_has_allowed_it_is_not_asked_again_unless_the_client_is_public(broker: Broker) -> None:
    login, _ = broker.account()
    person, client, public = Person(broker, login), broker.client(), broker.client(public=True)
    for each in (client, public):
        person.send(person.open(ask(broker, each).address), decision="allow", keep="yes")
    assert "you are not asked again" in person.open("account").text
    assert "code" in returned(person.open(ask(broker, client).address))
    assert "code" in returned(person.open(ask(broker, client, prompt="none").address))
    assert "Allow" in person.open(ask(broker, client, prompt="consent").address).text
    assert "Allow" in person.open(ask(broker, client, scope="openid email").address).text
    assert "Allow" in person.open(ask(broker, public).address).text


@pytest.mark.parametrize(("logged_in", "error"), [(False, "login_required"), (True, "consent_required")])
def test_who_may_not_be_asked_is_not_asked(broker: Broker, error: str, *, logged_in: bool) -> None:
    login, _ = broker.account()
    person = Person(broker, login if logged_in else None)
    assert returned(person.open(ask(broker, broker.client(), prompt="none").address))["error"] == error


@pytest.mark.parametrize(
    "parameters", [{"prompt": "login"}, {"max_age": "100"}, {"prompt": "select_account"}]
)
def test_a_client_may_want_a_new_login(broker: Broker, parameters: dict[str, str]) -> None:
    from passport_broker.store.asking import done

    login, account = broker.account()
    person = Person(broker, login)
    done(
        broker.database,
        "UPDATE passport_broker.session SET authenticated_at = now() - interval '3 hours' WHERE subject = %s",
        account.subject,
    )
    page = person.open(ask(broker, broker.client(), **parameters).address)
    assert 'name="password"' in page.text
    page = person.send(page, login=login, password=PASSWORD)
    assert "Allow" in page.text


def test_consent_that_is_taken_back_ends_what_came_of_it(broker: Broker) -> None:
    login, account = broker.account()
    client, other = broker.client(), broker.client()
    token, kept = (
        tokens(broker, login, each, scope="openid ga4gh_passport_v1 offline_access")
        for each in (client, other)
    )
    person = Person(broker, login)
    page = person.open("account")
    assert f"The {client}" in page.text
    token_of_form = form_of(page)[1]["csrf_token"]
    answer = person.http.post(
        f"{broker.issuer}/account/withdraw", data={"csrf_token": token_of_form, "client": client}
    )
    assert answer.status_code == 303
    assert f"The {client}" not in person.open("account").text
    for each, status in ((token, 401), (kept, 200)):
        said = httpx.get(
            f"{broker.issuer}/userinfo", headers={"authorization": f"Bearer {each['access_token']}"}
        )
        assert said.status_code == status
    form = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    assert broker.token(client, **form).json()["error"] == "invalid_grant"
    assert "Allow" in person.open(ask(broker, client).address).text
    assert ("passport.withdrawn", account, {"client": client}) in broker.acts


def test_a_new_password_signs_out_everywhere(broker: Broker) -> None:
    login, _ = broker.account()
    token = tokens(broker, login, broker.client(), scope="openid offline_access")
    person = Person(broker, login)
    Identities(broker.database).set_password(login, "another " + PASSWORD)
    assert 'name="password"' in person.open("account").text
    assert person.log_in(login).status_code == 403
    said = httpx.get(
        f"{broker.issuer}/userinfo", headers={"authorization": f"Bearer {token['access_token']}"}
    )
    assert said.status_code == 401
    assert "Your account" in person.log_in(login, "another " + PASSWORD).text


def test_a_session_that_nobody_uses_ends(broker: Broker) -> None:
    from passport_broker.store.asking import done

    login, account = broker.account()
    person = Person(broker, login)
    statement = (
        "UPDATE passport_broker.session SET seen_at = now() - interval '61 minutes' WHERE subject = %s"
    )
    done(broker.database, statement, account.subject)
    assert 'name="password"' in person.open("account").text


def test_a_client_may_post_its_request(broker: Broker) -> None:
    login, _ = broker.account()
    asked = ask(broker, broker.client())
    form = {name: values[0] for name, values in parse_qs(urlsplit(asked.address).query).items()}
    person = Person(broker, login)
    page = person._follow(person.http.post(f"{broker.issuer}/authorize", data=form))
    code = returned(person.send(page, decision="allow"))["code"]
    assert redeem(broker, asked, code).status_code == 200


@pytest.mark.parametrize("code", ["", "AAAA-AAAA", "'; DROP TABLE", "\0", "ü" * 20])
def test_a_device_code_that_nobody_waits_with_leads_nowhere(broker: Broker, code: str) -> None:
    login, _ = broker.account()
    person = Person(broker, login)
    page = person.send(person.open("device"), user_code=code)
    assert page.status_code == 404
    assert "No device waits" in page.text


def test_a_device_is_refused_and_learns_it(broker: Broker) -> None:
    login, _ = broker.account()
    client = broker.client("device", public=True)
    asked = device(broker, client)
    person = Person(broker, login)
    page = person.send(person.open(asked["verification_uri"]), user_code=asked["user_code"].lower())
    assert "refused" in person.send(page, decision="refuse").text
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": asked["device_code"]}
    assert broker.token(client, **form).json()["error"] == "access_denied"
    page = person.send(person.open(asked["verification_uri"]), user_code=asked["user_code"])
    assert page.status_code == 404  # decided is decided


def test_a_device_code_is_its_client_s(broker: Broker) -> None:
    login, _ = broker.account()
    client = broker.client("device", public=True)
    asked = device(broker, client)
    person = Person(broker, login)
    page = person.send(person.open(asked["verification_uri"]), user_code=asked["user_code"])
    person.send(page, decision="allow")
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": asked["device_code"]}
    for other in (broker.client("device", public=True), broker.client("device")):
        assert broker.token(other, **form).json()["error"] == "invalid_grant"
    assert broker.token(client, **form).status_code == 200
    assert broker.token(client, **form).status_code == 400


def device(broker: Broker, client: str) -> dict[str, Any]:
    answer = httpx.post(
        f"{broker.issuer}/device_authorization", data={"client_id": client, "scope": "openid"}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


def test_a_demonstration_account_works_on_this_machine_only(broker: Broker, tmp_path: Path) -> None:
    identities = Identities(broker.database)
    identities.add("demonstration@demo", PASSWORD, kind="demonstration")
    assert "Your account" in Person(broker).log_in("demonstration@demo").text
    with in_process(elsewhere(broker.database, tmp_path)) as http:
        page = http.get("/passport/login")
        sent = form_of(page)[1] | {"login": "demonstration@demo", "password": PASSWORD}
        headers = {"cookie": page.headers["set-cookie"].split(";")[0],
                   "content-type": "application/x-www-form-urlencoded"}  # fmt: skip
        answer = http.post("/passport/login", content=urlencode(sent), headers=headers)
    assert answer.status_code == 403

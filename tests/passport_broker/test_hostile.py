"""Attacks on the provider (RFC 9700, GA4GH AAI): none of them gets anything."""

import base64
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.issuer import key_pair, sign, unsigned
from tests.passport_broker.running import (
    CALLBACK,
    SITE_B,
    Broker,
    Person,
    ask,
    form_of,
    redeem,
    returned,
    tokens,
)

EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
}
PASSPORT = {"requested_token_type": "urn:ga4gh:params:oauth:token-type:passport"}
OFFLINE = "openid ga4gh_passport_v1 offline_access"


def userinfo(broker: Broker, token: str) -> httpx.Response:
    return httpx.get(f"{broker.issuer}/userinfo", headers={"authorization": f"Bearer {token}"})


def code_of(broker: Broker, client: str, **parameters: str) -> tuple[Any, str]:
    login, _ = broker.account()
    asked = ask(broker, client, **parameters)
    return asked, Person(broker).allow(asked.address, login)["code"]


# Codes.


def test_a_code_is_redeemed_once_and_its_reuse_ends_what_came_of_it(broker: Broker) -> None:
    asked, code = code_of(broker, broker.client(), scope=OFFLINE)
    first = redeem(broker, asked, code).json()
    assert userinfo(broker, first["access_token"]).status_code == 200
    again = redeem(broker, asked, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert userinfo(broker, first["access_token"]).status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert broker.token(asked.client, **form).json()["error"] == "invalid_grant"
    assert "passport.reused" in [each[0] for each in broker.acts]


def test_of_many_who_redeem_a_code_at_once_nobody_keeps_a_token(broker: Broker) -> None:
    asked, code = code_of(broker, broker.client())
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: redeem(broker, asked, code), range(6)))
    given = [each.json()["access_token"] for each in answers if each.status_code == 200]
    assert len(given) <= 1
    assert [userinfo(broker, each).status_code for each in given] == [401] * len(given)


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "w" * 64},
        {"code_verifier": ""},
        {"redirect_uri": CALLBACK + "/"},
        {"redirect_uri": ""},
        {"resource": "https://else.example"},
    ],
)
def test_a_code_is_worth_nothing_without_what_it_was_made_for(
    broker: Broker, changes: dict[str, str]
) -> None:
    asked, code = code_of(broker, broker.client())
    assert redeem(broker, asked, code, **changes).status_code == 400
    assert redeem(broker, asked, code).status_code == 400  # whoever guesses gets one guess


def test_another_client_cannot_redeem_a_code(broker: Broker) -> None:
    asked, code = code_of(broker, broker.client())
    thief, public = broker.client(), broker.client(public=True)
    for client in (thief, public):
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK,
                "code_verifier": asked.verifier}  # fmt: skip
        assert broker.token(client, **form).json()["error"] == "invalid_grant"
    assert redeem(broker, asked, code).status_code == 200  # nor spoil it for its own


def test_a_code_does_not_wait(broker: Broker) -> None:
    from passport_broker.store.asking import done

    asked, code = code_of(broker, broker.client())
    done(broker.database, "UPDATE passport_broker.code SET ends_at = now() WHERE used_at IS NULL")
    assert redeem(broker, asked, code).json()["error"] == "invalid_grant"


# PKCE.


@pytest.mark.parametrize("public", [False, True])
@pytest.mark.parametrize(
    ("drop", "parameters"),
    [
        (("code_challenge", "code_challenge_method"), {}),
        (("code_challenge",), {}),
        (("code_challenge_method",), {}),
        ((), {"code_challenge_method": "plain"}),
        ((), {"code_challenge_method": "s256"}),
        ((), {"code_challenge": "short"}),
        ((), {"code_challenge": "v" * 64}),
    ],
)
def test_no_client_does_without_pkce_by_s256(
    broker: Broker, drop: tuple[str, ...], parameters: dict[str, str], *, public: bool
) -> None:
    login, _ = broker.account()
    person = Person(broker, login)
    said = returned(person.open(ask(broker, broker.client(public=public), drop=drop, **parameters).address))
    assert said["error"] == "invalid_request"
    assert said["iss"] == broker.issuer
    assert "code" not in said


# Where people are sent.


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/callback", CALLBACK + "/", CALLBACK + "?x=1", CALLBACK + "#x",
        CALLBACK.replace("https", "http"), CALLBACK.upper(), "https://app.example/callback/../evil",
        "https://app.example@evil.example/callback", "https://app.example.evil.example/callback",
        "javascript:alert(1)", "//evil.example", "", "https://app.example/%63allback", " " + CALLBACK,
        "https://app.example/callback\r\nx: y", 'https://ævil.example/"\\',
    ],
)  # fmt: skip
def test_nobody_is_sent_where_the_client_did_not_register(broker: Broker, uri: str) -> None:
    login, _ = broker.account()
    person, client = Person(broker, login), broker.client()
    for extra in ({}, {"response_type": "token"}, {"scope": "nonsense"}, {"prompt": "none"}):
        page = person.open(ask(broker, client, redirect_uri=uri, **extra).address)
        assert page.status_code == 400
        assert "location" not in page.headers
        assert "evil" not in page.text


def test_an_unknown_client_is_a_page_and_no_redirect(broker: Broker) -> None:
    for client in ("nobody", "", "a\0b", "' OR 1=1 --", "ü"):
        page = Person(broker).open(ask(broker, client).address)
        assert (page.status_code, "location" in page.headers) == (400, False)


@pytest.mark.parametrize(
    "parameters",
    [
        {"response_type": "token"}, {"response_type": "code id_token"}, {"response_type": 'x"\\'},
        {"scope": ""}, {"scope": "admin"}, {"scope": "ga4gh_passport_v1"}, {"request": "e.e.e"},
        {"request_uri": "https://evil.example/r"}, {"response_mode": "fragment"}, {"max_age": "x"},
        {"resource": "https://else.example"}, {"nonce": "n" * 2000}, {"prompt": "none login"},
        {"response_mode": "form_post"},
    ],
)  # fmt: skip
def test_a_request_that_does_not_fit_gets_no_code(broker: Broker, parameters: dict[str, str]) -> None:
    login, _ = broker.account()
    answer = Person(broker, login).open(ask(broker, broker.client(), **parameters).address)
    if answer.is_redirect:
        said = returned(answer)
        assert said["error"]
        assert (said["state"], said["iss"], "code" in said) == ("the state", broker.issuer, False)
    else:
        assert answer.status_code == 400


def test_a_parameter_given_twice_is_refused(broker: Broker) -> None:
    login, _ = broker.account()
    address = ask(broker, broker.client()).address
    for more in ({"redirect_uri": "https://evil.example"}, {"client_id": "x"}, {"scope": "openid"}):
        page = Person(broker, login).open(f"{address}&{urlencode(more)}")
        assert (page.status_code, "location" in page.headers) == (400, False)
    form = "grant_type=client_credentials&grant_type=authorization_code"
    answer = httpx.post(f"{broker.issuer}/token", content=form, headers=FORM)
    assert answer.json()["error"] == "invalid_request"


FORM = {"content-type": "application/x-www-form-urlencoded"}


# Clients.


def test_a_client_has_to_show_its_secret_wherever_it_has_one(broker: Broker) -> None:
    asked, code = code_of(broker, broker.client())
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK,
            "code_verifier": asked.verifier, "client_id": asked.client}  # fmt: skip
    for extra in ({}, {"client_secret": "wrong"}, {"client_secret": ""}):
        answer = httpx.post(f"{broker.issuer}/token", data=form | extra)
        assert answer.json()["error"] == "invalid_client"
    for path in ("introspect", "revoke"):
        answer = httpx.post(f"{broker.issuer}/{path}", data={"client_id": asked.client, "token": "x"})
        assert answer.json()["error"] == "invalid_client"


def test_credentials_are_sent_in_one_way_and_never_in_the_address(broker: Broker) -> None:
    client = broker.client("credentials", scopes=("beacon:read",))
    secret = {"client_id": client, "client_secret": broker.secrets[client]}
    form = {"grant_type": "client_credentials"}
    assert broker.token(client, **form).status_code == 200
    assert broker.token(client, **form, **secret).json()["error"] == "invalid_request"
    asked = httpx.post(f"{broker.issuer}/token?{urlencode(secret)}", data=form)
    assert asked.json()["error"] == "invalid_request"
    for authorization in ("Basic", "Basic !", "Basic " + base64.b64encode(b"\xff\xfe:x").decode(), "Digest x",
                          "Basic " + base64.b64encode(b"nocolon").decode()):  # fmt: skip
        answer = httpx.post(f"{broker.issuer}/token", data=form, headers={"authorization": authorization})
        assert answer.status_code in (400, 401)


def test_a_client_does_only_what_it_is_registered_for(broker: Broker) -> None:
    client = broker.client("credentials")
    login, _ = broker.account()
    access = tokens(broker, login, broker.client())["access_token"]
    for form in (
        {"grant_type": "refresh_token", "refresh_token": "x"},
        {"grant_type": "authorization_code", "code": "x", "redirect_uri": CALLBACK},
        EXCHANGE | {"subject_token": access},
        {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "x"},
    ):
        assert broker.token(client, **form).json()["error"] == "unauthorized_client"
    for grant in ("password", "implicit", "", "x" * 30_000):
        assert broker.token(client, grant_type=grant, username="a", password="b").status_code == 400
    page = Person(broker, login).open(ask(broker, client).address)
    assert returned(page)["error"] == "unauthorized_client"


# Refresh tokens.


def test_the_reuse_of_a_refresh_token_ends_its_family(broker: Broker) -> None:
    login, _ = broker.account()
    client = broker.client()
    first = tokens(broker, login, client, scope=OFFLINE)
    other = tokens(broker, login, client, scope=OFFLINE)
    second = broker.token(client, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert userinfo(broker, second["access_token"]).status_code == 200
    stolen = broker.token(client, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert stolen.json()["error"] == "invalid_grant"
    assert userinfo(broker, second["access_token"]).status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": second["refresh_token"]}
    assert broker.token(client, **form).json()["error"] == "invalid_grant"
    assert userinfo(broker, other["access_token"]).status_code == 200  # another family goes on


def test_of_many_who_use_a_refresh_token_at_once_nobody_keeps_a_token(broker: Broker) -> None:
    login, _ = broker.account()
    client = broker.client()
    first = tokens(broker, login, client, scope=OFFLINE)
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: broker.token(client, **form), range(8)))
    given = [each.json() for each in answers if each.status_code == 200]
    assert len(given) <= 1
    for each in given:
        assert userinfo(broker, each["access_token"]).status_code == 401
        form["refresh_token"] = each["refresh_token"]
        assert broker.token(client, **form).json()["error"] == "invalid_grant"


def test_a_refresh_token_is_its_client_s_and_gives_no_more_than_was_allowed(broker: Broker) -> None:
    login, _ = broker.account()
    client = broker.client()
    first = tokens(broker, login, client, scope=OFFLINE)
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert broker.token(broker.client(), **form).json()["error"] == "invalid_grant"
    assert broker.token(client, **form, scope="openid email").json()["error"] == "invalid_scope"
    assert broker.token(client, **form, resource="https://x.example").json()["error"] == "invalid_target"
    narrow = broker.token(client, **form, scope="openid").json()
    assert narrow["scope"] == "openid"
    form["refresh_token"] = narrow["refresh_token"]
    assert broker.token(client, **form).json()["scope"] == OFFLINE


def test_nobody_stays_signed_in_who_was_not_asked(broker: Broker) -> None:
    login, _ = broker.account()
    assert "refresh_token" not in tokens(broker, login, broker.client())
    assert "refresh_token" not in tokens(broker, login, broker.client("code"), scope=OFFLINE)


# Access tokens and exchange.


def test_no_token_but_a_good_access_token_opens_userinfo(broker: Broker) -> None:
    login, account = broker.account()
    client = broker.client()
    good = tokens(broker, login, client, scope=OFFLINE)
    claims = broker.signing.verify(good["access_token"], "at+jwt")
    head = {"alg": "none", "typ": "at+jwt"}
    ours = broker.signing.jwks()["keys"][0]["kid"]
    bad = [
        unsigned(head, claims), unsigned(head | {"kid": ours}, claims),
        sign({"alg": "ES256", "typ": "at+jwt", "kid": ours}, claims, key_pair("ES256", 666)),
        good["id_token"], good["refresh_token"], ".", "x", "a.b.c", good["access_token"] + "x",
        broker.signing.sign(claims | {"exp": 1}, "at+jwt"), broker.signing.sign(claims, "JWT"),
        broker.signing.sign(claims | {"jti": "unknown.x"}, "at+jwt"),
        httpx.get(f"{broker.issuer}/userinfo", headers=bearer(good)).json()["ga4gh_passport_v1"][0],
    ]  # fmt: skip
    assert account.subject == claims["sub"]
    for token in bad:
        answer = userinfo(broker, token)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
    in_query = httpx.get(f"{broker.issuer}/userinfo", params={"access_token": good["access_token"]})
    assert in_query.status_code == 401
    assert userinfo(broker, good["access_token"]).status_code == 200
    unscoped = tokens(broker, login, client, scope="openid")["access_token"]
    assert "ga4gh_passport_v1" not in userinfo(broker, unscoped).json()


def bearer(token: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {token['access_token']}"}


def test_nobody_exchanges_a_token_that_strayed(broker: Broker) -> None:
    login, _ = broker.account()
    token = tokens(broker, login, broker.client(audiences=(SITE_B,)))["access_token"]
    site, other = broker.client("exchange", serves=(SITE_B,)), broker.client("exchange")
    form = EXCHANGE | {"subject_token": token}
    assert broker.token(site, **form, **PASSPORT).status_code == 200
    for wanted in (PASSPORT, {}, {"audience": SITE_B}):
        assert broker.token(other, **form, **wanted).json()["error"] == "invalid_grant"
    public = broker.client("code", public=True)
    assert broker.token(public, **form, **PASSPORT).json()["error"] in (
        "invalid_client",
        "unauthorized_client",
    )
    assert httpx.post(f"{broker.issuer}/token", data=form | PASSPORT).json()["error"] == "invalid_client"


def test_exchange_never_gives_more_than_there_was(broker: Broker) -> None:
    login, _ = broker.account()
    client = broker.client("code", "exchange", "refresh", audiences=(broker.url, SITE_B))
    token = tokens(broker, login, client)["access_token"]
    form = EXCHANGE | {"subject_token": token}
    cases: list[tuple[dict[str, str], str]] = [
        ({"scope": "openid email"}, "invalid_scope"),
        ({"scope": "ga4gh_passport_v1"}, "invalid_scope"),
        ({"audience": "https://else.example"}, "invalid_target"),
        ({"subject_token": token[:-4] + "AAAA"}, "invalid_grant"),
        ({"subject_token": unsigned({"alg": "none", "typ": "at+jwt"}, {"sub": "x"})}, "invalid_grant"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"}, "invalid_request"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, "invalid_request"),
        ({"actor_token": token}, "invalid_request"),
        (PASSPORT | {"audience": "https://else.example"}, "invalid_target"),
    ]
    for changes, error in cases:
        answer = broker.token(client, **(form | changes))
        assert (answer.status_code, answer.json()["error"]) == (400, error), changes
    small = tokens(broker, login, client, scope="openid")["access_token"]
    answer = broker.token(client, **(EXCHANGE | PASSPORT | {"subject_token": small}))
    assert answer.json()["error"] == "invalid_scope"
    exchanged = broker.token(client, **form, audience=SITE_B).json()
    assert "refresh_token" not in exchanged
    for _ in range(2):
        again = broker.token(client, **(form | {"subject_token": exchanged["access_token"]}))
        exchanged = again.json()
    last = broker.token(client, **(form | {"subject_token": exchanged["access_token"]}))
    assert last.json()["error"] == "invalid_grant"  # through too many hands


def test_what_was_exchanged_ends_with_what_it_came_of(broker: Broker) -> None:
    login, _ = broker.account()
    client = broker.client("code", "exchange", "refresh", audiences=(broker.url, SITE_B))
    first = tokens(broker, login, client, scope=OFFLINE)
    form = EXCHANGE | {"subject_token": first["access_token"], "audience": SITE_B}
    exchanged = broker.token(client, **form).json()["access_token"]
    assert userinfo(broker, exchanged).status_code == 200
    with broker.http(client) as http:
        assert http.post("revoke", data={"token": first["refresh_token"]}).status_code == 200
    assert userinfo(broker, exchanged).status_code == 401
    assert broker.token(client, **(form | {"subject_token": exchanged})).status_code == 400


def test_a_disabled_account_can_do_nothing(broker: Broker) -> None:
    from passport_broker.service import Identities
    from passport_broker.store.asking import done

    login, _ = broker.account()
    client = broker.client()
    token = tokens(broker, login, client, scope=OFFLINE)
    person = Person(broker, login)
    assert person.open("account").status_code == 200
    assert 'name="password"' not in person.open("account").text
    Identities(broker.database).disable(login)
    assert userinfo(broker, token["access_token"]).status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    assert broker.token(client, **form).status_code == 400
    assert "Log in" in person.open("account").text
    assert person.log_in(login).status_code == 403
    Identities(broker.database).enable(login)
    fresh = tokens(broker, login, client)["access_token"]
    statement = "UPDATE passport_broker.account SET disabled = true WHERE login = %s"
    done(broker.database, statement, login)  # as if it had been done while the token was made
    assert userinfo(broker, fresh).status_code == 401
    Identities(broker.database).enable(login)
    assert userinfo(broker, fresh).status_code == 200
    assert userinfo(broker, token["access_token"]).status_code == 401  # what ended stays ended
    assert Person(broker, login).open("account").status_code == 200


# Cookies, forms and the rest.


def test_nothing_that_is_kept_is_a_secret(broker: Broker) -> None:
    login, _ = broker.account()
    client = broker.client("code", "refresh", "device")
    asked, code = code_of(broker, client, scope=OFFLINE)
    token = redeem(broker, asked, code).json()
    person = Person(broker, login)
    with broker.http(client) as http:
        device = http.post("device_authorization", data={"scope": "openid"}).json()
    secrets = [
        broker.secrets[client], code, token["access_token"], token["refresh_token"], device["device_code"],
        device["user_code"], device["user_code"].replace("-", ""), *person.http.cookies.values(),
        "correct horse",
    ]  # fmt: skip
    with broker.database.reading() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'passport_broker'"
        )
        names = [row[0] for row in cursor.fetchall()]
        kept = ""
        for name in names:
            cursor.execute(f"SELECT * FROM passport_broker.{name}")
            rows = cursor.fetchall()
            kept += "".join(
                str(bytes(value) if isinstance(value, memoryview) else value) for row in rows for value in row
            )
    assert len(names) > 8
    assert [each for each in secrets if each in kept or each in json.dumps(str(broker.acts))] == []


def test_authlib_keeps_its_tokens_out_of_every_log(broker: Broker) -> None:
    assert broker.url  # the app was made
    with_tokens = logging.getLogger("authlib.oauth2.rfc6749.grants.authorization_code")
    before = logging.getLogger().level
    logging.getLogger().setLevel(logging.DEBUG)
    assert not with_tokens.isEnabledFor(logging.DEBUG)
    logging.getLogger().setLevel(before)


def test_answers_with_tokens_are_kept_by_nobody(broker: Broker) -> None:
    answer = broker.token(broker.client("credentials"), grant_type="client_credentials")
    assert answer.headers["cache-control"] == "no-cache, no-store"
    assert answer.headers["pragma"] == "no-cache"


def test_the_host_header_has_no_say(broker: Broker) -> None:
    answer = httpx.get(f"{broker.issuer}/.well-known/openid-configuration", headers={"host": "evil.example"})
    assert "evil" not in answer.text
    page = httpx.get(f"{broker.issuer}/account", headers={"host": "evil.example"})
    assert "evil" not in page.headers["location"] + page.text


def test_a_form_goes_back_to_where_it_came_from(broker: Broker) -> None:
    page = Person(broker).open("login?next=//evil.example")
    assert form_of(page)[1]["next"] == ""

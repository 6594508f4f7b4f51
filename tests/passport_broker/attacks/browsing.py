"""Browsers that are made to do what their people did not want: forms, cookies, frames, devices."""

import base64
from typing import Any
from urllib.parse import urljoin

import httpx

from passport_broker.store.asking import done
from passport_broker.store.rates import RateStorage
from tests.passport_broker.attacks.table import DEVICE, EVIL, Scene, asked_back, attack
from tests.passport_broker.running import PASSWORD, Person, ask, form_of, redeem, running


def _forged(scene: Scene, person: Person, path: str, **form: str) -> None:
    """A form that another site sends in the victim's browser: with cookies, without our token."""
    url = urljoin(scene.broker.url, path)
    scene.refused(person.http.post(url, data=form))
    scene.refused(person.http.post(url, data=form | {"csrf_token": "0" * 64}))
    theirs = form_of(Person(scene.broker).open("login"))[1]["csrf_token"]  # of the attacker's own visit
    scene.refused(person.http.post(url, data=form | {"csrf_token": theirs}))
    scene.refused(person.http.get(url, params=form))


@attack("RFC 6819, 4.4.1.8", "consent given by a form of another site")
def _(scene: Scene) -> None:
    person, _ = scene.person()
    page = person.open(ask(scene.broker, scene.broker.client()).address)
    action, hidden = form_of(page)
    _forged(scene, person, action, decision="allow")
    cross = {"sec-fetch-site": "cross-site", "origin": f"https://{EVIL}"}
    sent = hidden | {"decision": "allow"}
    scene.refused(person.http.post(urljoin(scene.broker.url, action), data=sent, headers=cross))
    scene.honest(person.send(page, decision="allow"))


@attack("RFC 9700, 4.7", "a login into the attacker's account by a form of another site")
def _(scene: Scene) -> None:
    mine, _ = scene.broker.account()
    victim = Person(scene.broker)
    victim.open("login")
    url = f"{scene.broker.issuer}/login"
    scene.refused(victim.http.post(url, data={"login": mine, "password": PASSWORD}))
    theirs = form_of(Person(scene.broker).open("login"))[1]["csrf_token"]
    sent = {"login": mine, "password": PASSWORD, "csrf_token": theirs}
    scene.refused(victim.http.post(url, data=sent))
    scene.refused(httpx.post(url, data=sent))  # nor in a browser that was never here
    scene.holds('name="password"' in victim.open("account").text)
    victim.log_in(mine)
    scene.works("Your account" in victim.open("account").text)


@attack("RFC 8628, 5.4", "a device allowed by a form of another site, or by following a link")
def _(scene: Scene) -> None:
    device = _device(scene, client := scene.broker.client("device", public=True))
    person, _ = scene.person()
    _forged(scene, person, "/passport/device/decision", user_code=device["user_code"], decision="allow")
    page = person.open(device["verification_uri_complete"])
    scene.holds("decision" not in page.text)  # the link fills the code in, and that is all
    scene.refused(_poll(scene, client, device), "authorization_pending")
    page = person.send(page, user_code=device["user_code"])
    scene.holds("Go on only if you have just started this yourself" in page.text)
    scene.holds(device["user_code"] in page.text)
    person.send(page, decision="allow")
    scene.honest(_poll(scene, client, device))


@attack("RFC 6819, 4.4.1.8", "the logout, and consent taken back, by a form of another site")
def _(scene: Scene) -> None:
    person, _ = scene.person()
    client = scene.broker.client()
    scene.honest(person.send(person.open(ask(scene.broker, client).address), decision="allow"))
    _forged(scene, person, "/passport/logout")
    _forged(scene, person, "/passport/account/withdraw", client=client)
    page = person.open("account")
    scene.works(f"The {client}" in page.text)


@attack("RFC 9700, 4.16", "pages in a frame of another site")
def _(scene: Scene) -> None:
    person, _ = scene.person()
    asked, wrong = ({}, {"redirect_uri": f"https://{EVIL}"})
    addresses = [ask(scene.broker, scene.broker.client(), **each).address for each in (asked, wrong)]
    for path in ("login", "account", "device", "nowhere", *addresses):
        page = person.open(path)
        scene.holds("frame-ancestors 'none'" in page.headers["content-security-policy"])
        scene.holds(page.headers["x-frame-options"] == "DENY")
    scene.works("Your account" in person.open("account").text)


@attack("RFC 9700, 4.12", "a redirect with which the browser sends password or consent on to the client")
def _(scene: Scene) -> None:
    login, _ = scene.broker.account()
    person, client = Person(scene.broker), scene.broker.client()
    page = person.open(ask(scene.broker, client).address)
    action, hidden = form_of(page)
    answer = person.http.post(
        urljoin(str(page.url), action), data=hidden | {"login": login, "password": PASSWORD}
    )
    scene.holds(answer.status_code == 303)
    answer = person.send(person.open(ask(scene.broker, client).address), decision="allow")
    scene.holds(scene.honest(answer).status_code == 303)
    answer = person.send(person.open(ask(scene.broker, client, scope="openid email").address), decision="no")
    scene.holds(scene.refused(answer, "access_denied").status_code == 303)
    posted = person.http.post(f"{scene.broker.issuer}/authorize", data={"client_id": client})
    scene.holds(posted.status_code == 303)


@attack("RFC 9700, 4.2", "codes and states that leak by the Referer, or by anything the page loads")
def _(scene: Scene) -> None:
    person, _ = scene.person()
    page = person.open(ask(scene.broker, scene.broker.client()).address)
    scene.holds(page.headers["referrer-policy"] == "no-referrer")
    scene.holds("http://" not in page.text.replace(scene.broker.url, "") and "<script" not in page.text)
    scene.holds("default-src 'none'" in page.headers["content-security-policy"])
    scene.holds(page.headers["cache-control"] == "no-store")
    scene.honest(person.send(page, decision="allow"))


@attack("RFC 6265, 8.4", "a session that the attacker began: fixation, and a cookie in the address")
def _(scene: Scene) -> None:
    login, _ = scene.broker.account()
    attacker, victim = Person(scene.broker), Person(scene.broker)
    attacker.open("login")
    [(name, planted)] = attacker.http.cookies.items()
    victim.http.cookies.set(name, planted, domain="127.0.0.1", path="/passport")
    victim.log_in(login)
    scene.holds('name="password"' in attacker.open("account").text)
    mine = next(value for value in victim.http.cookies.values() if value != planted)
    scene.holds('name="password"' in Person(scene.broker).open(f"account?{name}={mine}").text)
    scene.works("Your account" in victim.open("account").text)


@attack("RFC 6265, 8.3", "a cookie read by a script, sent over plain HTTP or along with forms of other sites")
def _(scene: Scene) -> None:
    page = httpx.get(f"{scene.broker.issuer}/login")
    parts = [each.strip().lower() for each in page.headers["set-cookie"].split(";")]
    scene.holds({"httponly", "samesite=lax", "path=/passport"} <= set(parts))
    scene.holds(not any(each.startswith(("domain", "expires", "max-age")) for each in parts))
    value = parts[0].partition("=")[2]
    scene.holds(len(value) == 43)
    for path in ("token", "userinfo", "introspect"):  # programs get none, and bring none
        scene.holds("set-cookie" not in httpx.post(f"{scene.broker.issuer}/{path}").headers)
    person, _ = scene.person()
    scene.refused(person.http.get(f"{scene.broker.issuer}/userinfo"))
    scene.works("Your account" in person.open("account").text)


@attack("RFC 6819, 4.4.1.4", "the consent page made to allow more than it shows")
def _(scene: Scene) -> None:
    person, _ = scene.person()
    client = scene.broker.client()
    page = person.open(ask(scene.broker, client, scope="openid").address)
    action, hidden = form_of(page)
    url = urljoin(scene.broker.url, action)
    for more in (
        {"scope": "openid ga4gh_passport_v1"},
        {"client_id": "x"},
        {"redirect_uri": f"https://{EVIL}"},
    ):
        scene.refused(person.http.post(url, data=hidden | {"decision": "allow"} | more))
    asked = ask(scene.broker, client, scope="openid")
    back = asked_back(scene.honest(person.send(person.open(asked.address), decision="allow", keep="yes")))
    given = redeem(scene.broker, asked, back["code"]).json()
    scene.holds(given["scope"] == "openid")
    scene.holds(person.open(ask(scene.broker, client, scope="openid email").address).status_code == 200)


@attack("AAI 1.2.1, Brokers 6.2", "consent remembered without the person having said so")
def _(scene: Scene) -> None:
    person, _ = scene.person()
    client = scene.broker.client()
    asked = ask(scene.broker, client)
    scene.honest(person.send(person.open(asked.address), decision="allow"))
    scene.holds("Allow" in person.open(asked.address).text)
    scene.refused(person.open(ask(scene.broker, client, prompt="none").address), "consent_required")
    scene.honest(person.send(person.open(asked.address), decision="allow", keep="yes"))
    scene.honest(person.open(asked.address))


@attack("RFC 8628, 5.1", "guessing the codes that people type in, from many addresses by their own word")
def _(scene: Scene) -> None:
    folder = scene.folder / "guessing"
    folder.mkdir()
    RateStorage(scene.broker.database).reset()
    with running(scene.broker.database, folder, address_rate="5/hour") as strict:
        login, _ = strict.account()
        person = Person(strict)
        page = person.open("device")
        page = person.send(page, login=login, password=PASSWORD)
        said = []
        for each in "BCDFGHJK":
            person.http.headers["x-forwarded-for"] = _claimed(ord(each))
            said.append(person.send(page, user_code=f"BBBB-BBB{each}").status_code)
        scene.holds(said[-2:] == [429, 429] and 200 not in said)
    RateStorage(scene.broker.database).reset()
    device = _device(scene, scene.broker.client("device", public=True))
    scene.works(len(set(device["user_code"]) - set("BCDFGHJKLMNPQRSTVWXZ-")) == 0)  # 20 to the power of 8


@attack("RFC 8628, 5.2", "guessing the code of a device, or asking with that of another client")
def _(scene: Scene) -> None:
    client, thief = (scene.broker.client("device", public=True) for _ in range(2))
    device = _device(scene, client)
    person, _ = scene.person()
    page = person.send(person.open("device"), user_code=device["user_code"])
    person.send(page, decision="allow")
    scene.refused(_poll(scene, thief, device), "invalid_grant")
    for guess in (device["user_code"], device["device_code"][:-1], "", "x"):
        scene.refused(_poll(scene, client, {"device_code": guess}), "invalid_grant", "invalid_request")
    scene.works(len(device["device_code"]) >= 43)
    scene.honest(_poll(scene, client, device))
    scene.refused(_poll(scene, client, device), "expired_token", "invalid_grant")  # once


@attack("RFC 8628, 5.4", "a code that was sent to a victim long ago, or was decided already")
def _(scene: Scene) -> None:
    client = scene.broker.client("device", public=True)
    old, refused = _device(scene, client), _device(scene, client)
    done(
        scene.broker.database,
        "UPDATE passport_broker.device SET ends_at = now() WHERE client = %s AND allowed IS NULL", client,
    )  # fmt: skip
    person, _ = scene.person()
    scene.holds(person.send(person.open("device"), user_code=old["user_code"]).status_code == 404)
    scene.refused(_poll(scene, client, old), "expired_token")
    refused = _device(scene, client)
    person.send(person.send(person.open("device"), user_code=refused["user_code"]), decision="refuse")
    scene.refused(_poll(scene, client, refused), "access_denied")
    scene.holds(person.send(person.open("device"), user_code=refused["user_code"]).status_code == 404)
    fresh = _device(scene, client)
    person.send(person.send(person.open("device"), user_code=fresh["user_code"]), decision="allow")
    scene.honest(_poll(scene, client, fresh))


@attack("RFC 9700, 4.13", "headers of a proxy that is none: another host, another address")
def _(scene: Scene) -> None:
    for name in ("host", "x-forwarded-host", "forwarded", "x-original-url", "x-host"):
        value = f"host={EVIL};proto=https" if name == "forwarded" else EVIL
        headers = {name: value, "x-forwarded-proto": "https", "x-forwarded-prefix": "/evil"}
        found = httpx.get(f"{scene.broker.issuer}/.well-known/openid-configuration", headers=headers)
        scene.holds(found.json()["issuer"] == scene.broker.issuer and EVIL not in found.text)
        page = httpx.get(f"{scene.broker.issuer}/account", headers=headers)
        scene.holds(EVIL not in page.text + page.headers["location"])
    person, _ = scene.person()
    scene.honest(person.send(person.open(ask(scene.broker, scene.broker.client()).address), decision="allow"))


@attack("RFC 6819, 4.3.5", "guessing passwords, with another address claimed each time")
def _(scene: Scene) -> None:
    folder = scene.folder / "passwords"
    folder.mkdir()
    RateStorage(scene.broker.database).reset()
    with running(scene.broker.database, folder, login_rate="3/hour", client_rate="3/hour") as strict:
        login, _ = strict.account()
        said = []
        for number in range(5):
            person = Person(strict)
            person.http.headers["x-forwarded-for"] = _claimed(number)
            said.append(person.log_in(login, f"wrong {PASSWORD}").status_code)
        scene.holds(said == [403] * 3 + [429] * 2)
        other, _ = strict.account()
        scene.works("Your account" in Person(strict).log_in(other).text)  # nobody else is kept out
        client = strict.client("credentials", scopes=("x",))
        for number in range(4):
            pair = base64.b64encode(f"{client}:guess{number}".encode()).decode()
            headers = {"authorization": f"Basic {pair}", "x-forwarded-for": _claimed(number)}
            form = {"grant_type": "client_credentials"}
            answer = httpx.post(f"{strict.issuer}/token", data=form, headers=headers)
        scene.holds(scene.refused(answer, "slow_down").status_code == 429)
    RateStorage(scene.broker.database).reset()


@attack("RFC 6819, 4.4.1.9", "words of the attacker on pages of ours: an error, a name, an address")
def _(scene: Scene) -> None:
    evil = "<img src=x onerror=alert(1)>"
    login, _ = scene.broker.account(evil)
    person = Person(scene.broker, login)
    shown = [
        person.open("account"), person.open(f"device?user_code={evil}"), person.open(f"login?next=/{evil}"),
        person.open(f"{evil}"), person.open(f"authorize?error_description={evil}&client_id={evil}"),
        person.log_in(evil, evil),
    ]  # fmt: skip
    scene.holds(not any("<img" in each.text for each in shown))
    scene.works("&lt;img" in shown[0].text)


@attack("RFC 3986, 6.2.2", "paths that climb, double or hide: files, and pages without their guard")
def _(scene: Scene) -> None:
    person, _ = scene.person()
    for path in (
        "static/../../settings.py",
        "static/%2e%2e/%2e%2e/settings.py",
        "static/..%2fweb.py",
        "static/etc/passwd",
        "%2e%2e/%2e%2e/etc/passwd",
        "authorize%00",
        "token;x=.css",
    ):
        answer = httpx.get(f"{scene.broker.issuer}/{path}")
        scene.refused(answer)
    for path in ("//account", "/./account", "/account/"):
        answer = httpx.get(f"{scene.broker.issuer}{path}", follow_redirects=False)
        scene.holds("Identifier" not in answer.text)
        scene.holds(not answer.headers.get("location", "").startswith("//"))
    scene.works("Identifier" in person.open("account").text)
    scene.works(httpx.get(f"{scene.broker.issuer}/static/style.css").status_code == 200)


@attack("RFC 9700, 4.15", "a demonstration account, or one that was disabled")
def _(scene: Scene) -> None:
    from passport_broker.service import Identities

    person, login = scene.person()
    client = scene.broker.client()
    asked = ask(scene.broker, client)
    code = asked_back(scene.honest(person.send(person.open(asked.address), decision="allow")))["code"]
    Identities(scene.broker.database).disable(login)
    scene.refused(redeem(scene.broker, asked, code), "invalid_grant")
    scene.holds('name="password"' in person.open(asked.address).text)
    scene.holds(person.log_in(login).status_code == 403)


def _claimed(number: int) -> str:
    """What a proxy passes on: an address that the attacker made up, and the one that it knows."""
    return f"203.0.113.{number}, 2001:db8::{number:x}"  # all of an IPv6 network are one address


def _device(scene: Scene, client: str) -> dict[str, Any]:
    answer = scene.post("device_authorization", client_id=client, scope="openid ga4gh_passport_v1")
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


def _poll(scene: Scene, client: str, device: dict[str, Any]) -> httpx.Response:
    return scene.broker.token(client, grant_type=DEVICE, device_code=device["device_code"])

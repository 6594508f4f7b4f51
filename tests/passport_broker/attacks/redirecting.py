"""Where people are sent, and with what: the authorization endpoint."""

from typing import Any
from urllib.parse import urlencode

import httpx

from tests.passport_broker.attacks.table import EVIL, Scene, asked_back, attack, trap
from tests.passport_broker.running import CALLBACK, PASSWORD, Person, ask, form_of, redeem, returned

URIS = {
    "of another host": f"https://{EVIL}/callback",
    "with the registered one as a prefix of its path": f"{CALLBACK}/more",
    "that the registered one is a longer form of": CALLBACK[:-1],
    "whose host begins like the registered one": f"https://app.example.{EVIL}/callback",
    "whose host ends like the registered one": "https://evilapp.example/callback",
    "with the registered host as userinfo": f"https://app.example@{EVIL}/callback",
    "with the registered host behind a backslash": f"https://{EVIL}\\@app.example/callback",
    "in capitals": "https://APP.EXAMPLE/CALLBACK",
    "with a path that climbs": "https://app.example/other/../callback",
    "with an encoded path that climbs": "https://app.example/callback/%2e%2e/other",
    "that is the registered one percent-encoded": "https://app.example/%63allback",
    "with a query of the attacker's": f"{CALLBACK}?next=https://{EVIL}",
    "with a fragment that swallows the code": f"{CALLBACK}#x",
    "with another port": "https://app.example:8443/callback",
    "with the scheme's own port written out": "https://app.example:443/callback",
    "without TLS": CALLBACK.replace("https", "http"),
    "that runs a script": "javascript:alert(document.cookie)//app.example/callback",
    "relative to the scheme": f"//{EVIL}/callback",
    "with a line break and a header of its own": f"{CALLBACK}\r\nLocation: https://{EVIL}",
    "with a wildcard": "https://*.example/callback",
    "with look-alike letters": "https://\u0430pp.example/callback",
}


def _sent_to(uri: str) -> Any:
    def play(scene: Scene) -> None:
        person = scene.resident()
        client = scene.broker.client()
        for extra in ({}, {"response_type": "token"}, {"scope": "nonsense"}, {"prompt": "none"}):
            page = scene.refused(person.open(ask(scene.broker, client, redirect_uri=uri, **extra).address))
            scene.holds((page.status_code, "location" in page.headers) == (400, False))
            scene.holds(EVIL not in page.headers["content-security-policy"])
        scene.honest(person.send(person.open(ask(scene.broker, client).address), decision="allow"))

    return play


for _what, _uri in URIS.items():
    attack("RFC 9700, 4.1.3", f"a redirect URI {_what}")(_sent_to(_uri))


def _not_taken(section: str, tries: str, *, drop: tuple[str, ...] = (), **parameters: str) -> None:
    """A row of an authorization request that differs from an honest one in a single thing."""

    def play(scene: Scene) -> None:
        person = scene.resident()
        for public in (False, True):
            client = scene.broker.client(public=public)
            scene.refused(person.open(ask(scene.broker, client, drop=drop, **parameters).address))
            scene.honest(person.send(person.open(ask(scene.broker, client).address), decision="allow"))

    attack(section, tries)(play)


_not_taken("RFC 9700, 4.8.2", "a request without PKCE", drop=("code_challenge", "code_challenge_method"))
_not_taken("RFC 7636, 7.2", "PKCE by plain", code_challenge_method="plain", code_challenge="v" * 43)
_not_taken("RFC 7636, 4.3", "a challenge without a method: plain", drop=("code_challenge_method",))
_not_taken("RFC 7636, 7.1", "a challenge that is no SHA-256", code_challenge="weak")
_not_taken("RFC 9700, 2.1.2", "an access token from the authorization endpoint", response_type="token")
_not_taken("RFC 9700, 2.1.2", "an ID token from the authorization endpoint", response_type="id_token")
_not_taken("RFC 9700, 2.1.2", "the hybrid flow", response_type="code id_token token")
_not_taken("RFC 9700, 4.17", "an answer by postMessage", response_mode="web_message")
_not_taken("RFC 9700, 4.3.1", "a code in the fragment, out of the server's sight", response_mode="fragment")
_not_taken("RFC 6749, 10.16", "a scope that nobody offers", scope="admin")
_not_taken("AAI 1.2.1, Passport-Scoped Access Token", "visas without openid", scope="ga4gh_passport_v1")
_not_taken("RFC 8707, 2", "a token for a site that the client was not registered for",
           resource="https://else.example")  # fmt: skip
_not_taken("RFC 9700, 4.13", "a nonce as long as a book, to fill the tables", nonce="n" * 5000)


@attack("RFC 9700, 2.1", "a response type with quotes and markup, to be repeated on a page")
def _(scene: Scene) -> None:
    person = scene.resident()
    evil = '"><script>alert(1)</script>'
    for name in ("response_type", "scope", "prompt", "nonce", "max_age", "client_id", "code_challenge"):
        answer = person.open(ask(scene.broker, scene.broker.client(), **{name: evil}).address)
        scene.holds("<script" not in answer.text)
    answer = person.open(ask(scene.broker, scene.broker.client(), state=evil).address)
    scene.holds("<script" not in answer.text)
    scene.works(asked_back(scene.honest(person.send(answer, decision="allow")))["state"] == evil)


@attack("RFC 9101, 10.4", "request_uri and friends that make the broker call an address")
def _(scene: Scene) -> None:
    person = scene.resident()
    with trap() as (address, hits):
        for name in ("request_uri", "request"):
            evil = ask(scene.broker, scene.broker.client(), **{name: f"{address}/request"})
            scene.refused(person.open(evil.address), f"{name}_not_supported")
        for name in ("logo_uri", "sector_identifier_uri", "jwks_uri", "policy_uri", "registration"):
            odd = person.open(ask(scene.broker, scene.broker.client(), **{name: address}).address)
            scene.honest(person.send(odd, decision="allow"))  # it is a parameter that means nothing here
        scene.holds(not hits)


@attack("RFC 9700, 4.11.2", "errors that send people to another address than the client's")
def _(scene: Scene) -> None:
    person = scene.resident()
    for client in ("nobody", "", "a\0b", "' OR 1=1 --"):
        page = scene.refused(person.open(ask(scene.broker, client).address))
        scene.holds("location" not in page.headers)
    twice = ask(scene.broker, scene.broker.client()).address + f"&redirect_uri=https://{EVIL}"
    scene.holds("location" not in scene.refused(person.open(twice)).headers)
    scene.honest(person.send(person.open(ask(scene.broker, scene.broker.client()).address), decision="allow"))


@attack("RFC 9700, 4.11.2", "a login that leads elsewhere afterwards")
def _(scene: Scene) -> None:
    login, _ = scene.broker.account()
    for before in ("https://", "//", "/\\", "/%5c", "/\t/", "https:", "/..//", "/.//", "/;@", "/%2f%2f"):
        target, person = before + EVIL, Person(scene.broker)
        page = person.http.get(f"{scene.broker.issuer}/login", params={"next": target})
        action, hidden = form_of(page)
        answer = person.http.post(
            scene.broker.url + action, data=hidden | {"login": login, "password": PASSWORD, "next": target}
        )
        landed = str(httpx.URL(f"{scene.broker.issuer}/login").join(answer.headers["location"]))
        scene.holds(landed.startswith(scene.broker.url + "/passport/"))
    scene.works("Your account" in person.open("account").text)


@attack("RFC 9207, 2", "a mix-up: the client cannot tell which broker a code or an error came from")
def _(scene: Scene) -> None:
    person = scene.resident()
    client = scene.broker.client()
    page = person.open(ask(scene.broker, client).address)
    said = returned(scene.honest(person.send(page, decision="allow")))
    scene.holds(said["iss"] == scene.broker.issuer)
    said = returned(scene.refused(person.open(ask(scene.broker, client, scope="x").address)))
    scene.holds(said["iss"] == scene.broker.issuer)
    other = person.open(ask(scene.broker, client, iss=f"https://{EVIL}", prompt="consent").address)
    scene.holds(returned(person.send(other, decision="allow"))["iss"] == scene.broker.issuer)
    found = httpx.get(f"{scene.broker.issuer}/.well-known/openid-configuration").json()
    scene.works(found["authorization_response_iss_parameter_supported"])


@attack("RFC 9700, 4.7", "a forged answer to the client: state comes back as it was, and only once")
def _(scene: Scene) -> None:
    person = scene.resident()
    client = scene.broker.client()
    for state in ("a&code=stolen", "a\nb", "%00", "x" * 2000, "a&iss=https://evil.example"):
        answer = person.open(ask(scene.broker, client, state=state).address)
        if answer.status_code == 200:
            answer = person.send(answer, decision="allow")
        elif not answer.is_redirect:
            scene.refused(answer)
            continue
        said = asked_back(answer)
        scene.holds(said.get("code") != "stolen")
        scene.holds(said["state"] == state and said["iss"] == scene.broker.issuer)
        scene.holds(answer.headers["location"].count("&iss=") == 1)
    scene.honest(person.open(ask(scene.broker, client).address))


@attack("RFC 9700, 2.6", "another site's script at the authorization endpoint (CORS)")
def _(scene: Scene) -> None:
    person = scene.resident()
    address = ask(scene.broker, scene.broker.client()).address
    origin = {"origin": f"https://{EVIL}", "access-control-request-method": "POST"}
    for answer in (
        person.http.get(address, headers=origin), person.http.options(address, headers=origin),
        person.http.get(f"{scene.broker.issuer}/account", headers=origin),
        person.http.options(f"{scene.broker.issuer}/token", headers=origin),
    ):  # fmt: skip
        scene.holds(not any(each.startswith("access-control-allow") for each in answer.headers))
    scene.honest(person.send(person.open(address), decision="allow"))


@attack("OpenID Connect Core 1.0, 3.1.2.1", "prompt=none to learn who is logged in, or to skip consent")
def _(scene: Scene) -> None:
    person = scene.resident()
    client = scene.broker.client()
    quiet = ask(scene.broker, client, prompt="none")
    scene.refused(httpx.get(quiet.address), "login_required")
    scene.refused(person.open(quiet.address), "consent_required")
    scene.refused(person.open(ask(scene.broker, client, prompt="none login").address), "invalid_request")
    scene.honest(person.send(person.open(ask(scene.broker, client).address), decision="allow", keep="yes"))
    scene.refused(person.open(ask(scene.broker, client, prompt="none", scope="openid email").address))
    scene.honest(person.open(quiet.address))
    public = scene.broker.client(public=True)
    person.send(person.open(ask(scene.broker, public).address), decision="allow", keep="yes")
    scene.refused(person.open(ask(scene.broker, public, prompt="none").address), "consent_required")


@attack("OpenID Connect Core 1.0, 3.1.2.2", "an ID token as a hint, and somebody else is logged in")
def _(scene: Scene) -> None:
    client = scene.broker.client()
    hers = scene.tokens(client)["id_token"]
    person, _ = scene.person()
    for hint in (hers, hers[:-4] + "AAAA", "nonsense"):
        for prompt in ({}, {"prompt": "none"}):
            asked = ask(scene.broker, client, id_token_hint=hint, **prompt)
            answer = person.open(asked.address)
            if answer.is_redirect:
                scene.refused(answer, "login_required", "invalid_request")
            else:  # whoever it means has to log in
                scene.holds('name="password"' in answer.text and "Allow" not in answer.text)
    asked = ask(scene.broker, client)
    code = returned(person.send(person.open(asked.address), decision="allow"))["code"]
    his = scene.honest(redeem(scene.broker, asked, code))
    again = ask(scene.broker, client, id_token_hint=his.json()["id_token"], prompt="consent")
    scene.honest(person.send(person.open(again.address), decision="allow"))


@attack("RFC 6749, 3.1", "a parameter given twice, so that two readers read two things")
def _(scene: Scene) -> None:
    person = scene.resident()
    client = scene.broker.client()
    address = ask(scene.broker, client).address
    for more in ({"client_id": "x"}, {"scope": "openid"}, {"state": "2"}, {"code_challenge": "v" * 43},
                 {"prompt": "none"}, {"response_type": "code"}):  # fmt: skip
        twice = f"{address}&{urlencode(more)}" + (f"&{urlencode(more)}" if "prompt" in more else "")
        scene.holds("location" not in scene.refused(person.open(twice)).headers)
    scene.honest(person.send(person.open(address), decision="allow"))


@attack("RFC 6819, 4.4.1.11", "requests so large that they are a burden")
def _(scene: Scene) -> None:
    person = scene.resident()
    client = scene.broker.client()
    scene.refused(person.open(ask(scene.broker, client, state="s" * 20_000).address))
    many = ask(scene.broker, client).address + "".join(f"&p{each}=1" for each in range(1500))
    scene.refused(person.open(many))
    scene.refused(scene.post("token", content="grant_type=" + "x" * 1_100_000), "invalid_request")
    fields = "&".join(f"p{each}=1" for each in range(40_000))
    scene.refused(scene.post("token", content=fields), "invalid_request", "invalid_client",
                  "unsupported_grant_type")  # fmt: skip
    scene.honest(person.send(person.open(ask(scene.broker, client).address), decision="allow"))

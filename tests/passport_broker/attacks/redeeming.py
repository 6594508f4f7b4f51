"""Codes, clients that are not who they say, and refresh tokens: the token endpoint."""

import base64
import hashlib
import json
import time
from typing import Any
from urllib.parse import urlencode

import httpx
import joserfc.jwt

from passport_broker.domain.clients import CREDENTIALS, Client
from passport_broker.errors import ClientInvalid
from passport_broker.service import Clients
from passport_broker.store.asking import row
from tests.issuer import key_pair, sign
from tests.passport_broker.attacks.table import EXCHANGE, OFFLINE, Scene, attack, trap
from tests.passport_broker.running import CALLBACK, Person, ask, form_of, redeem, returned

CODE = "authorization_code"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@attack("RFC 9700, 4.5", "a stolen code, put into the attacker's own session with the same client")
def _(scene: Scene) -> None:
    for public in (False, True):
        client = scene.broker.client(public=public)
        hers, stolen = scene.code(client)
        mine, _ = scene.code(client, "eve")
        scene.refused(redeem(scene.broker, mine, stolen), "invalid_grant")  # with the attacker's verifier
        hers, code = scene.code(client)
        scene.honest(redeem(scene.broker, hers, code))


@attack("RFC 9700, 4.5.3.2", "a code injected into a client that finds another nonce in the ID token")
def _(scene: Scene) -> None:
    client = scene.broker.client()
    asked, code = scene.code(client, nonce="the victim's")
    answer = scene.honest(redeem(scene.broker, asked, code)).json()
    keys = joserfc.jwk.KeySet.import_key_set(httpx.get(f"{scene.broker.issuer}/jwks").json())
    claims = joserfc.jwt.decode(answer["id_token"], keys, algorithms=["RS256"]).claims
    scene.holds(claims["nonce"] == "the victim's" and claims["aud"] == client)


@attack("RFC 9700, 4.6", "an access token of somebody else, put beside the victim's ID token")
def _(scene: Scene) -> None:
    client = scene.broker.client()
    hers, other = scene.tokens(client), scene.tokens(client, "eve")
    claims = json.loads(base64.urlsafe_b64decode(hers["id_token"].split(".")[1] + "=="))

    def half(token: str) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()[:16]).rstrip(b"=").decode()

    scene.works(claims["at_hash"] == half(hers["access_token"]))
    scene.holds(claims["at_hash"] != half(other["access_token"]))
    scene.holds(scene.userinfo(other["access_token"]).json()["sub"] != claims["sub"])


@attack("RFC 9700, 4.8.2", "PKCE taken away between the two requests")
def _(scene: Scene) -> None:
    client = scene.broker.client()
    for changes in ({"code_verifier": ""}, {"code_verifier": "w" * 43}, {"code_verifier": "short"}):
        asked, code = scene.code(client)
        scene.refused(redeem(scene.broker, asked, code, **changes), "invalid_grant", "invalid_request")
    asked, code = scene.code(client)
    form = {"grant_type": CODE, "code": code, "redirect_uri": CALLBACK}
    scene.refused(scene.broker.token(client, **form), "invalid_grant", "invalid_request")
    asked, code = scene.code(client)
    challenge = httpx.URL(asked.address).params["code_challenge"]
    scene.refused(redeem(scene.broker, asked, code, code_verifier=challenge), "invalid_grant")
    asked, code = scene.code(client)
    scene.honest(redeem(scene.broker, asked, code))


@attack("RFC 6749, 10.5", "a code a second time, which ends what came of the first")
def _(scene: Scene) -> None:
    client = scene.broker.client()
    asked, code = scene.code(client, scope=OFFLINE)
    first = scene.honest(redeem(scene.broker, asked, code)).json()
    scene.honest(scene.userinfo(first["access_token"]))
    scene.refused(redeem(scene.broker, asked, code), "invalid_grant")
    scene.refused(scene.userinfo(first["access_token"]))
    again = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    scene.refused(scene.broker.token(client, **again), "invalid_grant")


@attack("RFC 6749, 4.1.3", "a code of another client, with that client's name in the form")
def _(scene: Scene) -> None:
    client, thief = scene.broker.client(), scene.broker.client()
    asked, code = scene.code(client)
    form = {"grant_type": CODE, "code": code, "redirect_uri": CALLBACK, "code_verifier": asked.verifier}
    for extra in ({}, {"client_id": client}):
        scene.refused(scene.broker.token(thief, **form, **extra), "invalid_grant", "invalid_request",
                      "invalid_client")  # fmt: skip
    scene.honest(redeem(scene.broker, asked, code))


@attack("RFC 6749, 10.6", "a code redeemed for another redirect URI")
def _(scene: Scene) -> None:
    client = scene.broker.client()
    for uri in (f"{CALLBACK}/", CALLBACK.upper(), f"{CALLBACK}?x", ""):
        asked, code = scene.code(client)
        scene.refused(redeem(scene.broker, asked, code, redirect_uri=uri), "invalid_grant", "invalid_request")
    asked, code = scene.code(client)
    scene.honest(redeem(scene.broker, asked, code))


@attack("RFC 6819, 4.4.1.3", "guessing codes")
def _(scene: Scene) -> None:
    asked, code = scene.code(scene.broker.client())
    wild = ("0" * len(code), "' OR ''='", "%", "", "\0")
    for guess in (code[:-1], code + "A", code.swapcase(), code[::-1], *wild):
        scene.refused(redeem(scene.broker, asked, guess), "invalid_grant", "invalid_request")
    scene.works(len(code) >= 43)  # 256 bits
    scene.honest(redeem(scene.broker, asked, code))


@attack("RFC 6749, 10.2", "a client with a secret, impersonated without it")
def _(scene: Scene) -> None:
    client = scene.broker.client()
    asked, code = scene.code(client)
    form = {"grant_type": CODE, "code": code, "redirect_uri": CALLBACK, "code_verifier": asked.verifier,
            "client_id": client}  # fmt: skip
    secrets = ({"client_secret": ""}, {"client_secret": "wrong"})
    for extra in ({}, *secrets, {"client_assertion_type": _ASSERTION}):
        scene.refused(scene.post("token", **form, **extra), "invalid_client")
    nobody = base64.b64encode(f"{client}:".encode()).decode()
    scene.refused(scene.post("token", **form, headers={"authorization": f"Basic {nobody}"}), "invalid_client",
                  "invalid_request")  # fmt: skip
    scene.honest(redeem(scene.broker, asked, code))


@attack("RFC 6819, 4.3.4", "a secret that is nearly right, or what the database keeps of it")
def _(scene: Scene) -> None:
    client = scene.broker.client("credentials", scopes=("x",))
    right = scene.broker.secrets[client]
    found = row(scene.broker.database, "SELECT secret FROM passport_broker.client WHERE id = %s", client)
    assert found is not None
    kept = bytes(found[0])
    form = {"grant_type": "client_credentials", "client_id": client}
    near = (right[:-1], right + "A", "A" + right[1:], right.swapcase(), right + " ")
    digests = (kept.hex(), base64.b64encode(kept).decode(), base64.urlsafe_b64encode(kept).decode())
    said = {
        scene.refused(scene.post("token", **form, client_secret=each), "invalid_client").text
        for each in (*near, *digests)
    }
    scene.holds(len(said) == 1)  # and nothing in the answer tells how near it was
    scene.honest(scene.broker.token(client, grant_type="client_credentials"))


@attack("RFC 6749, 2.3", "two ways of client authentication at once, of two clients")
def _(scene: Scene) -> None:
    mine, other = (scene.broker.client("credentials", scopes=("x",)) for _ in range(2))
    grant = {"grant_type": "client_credentials"}
    both = {"client_id": other, "client_secret": scene.broker.secrets[other]}
    scene.refused(scene.broker.token(mine, **grant, **both), "invalid_request")
    scene.refused(scene.broker.token(mine, **grant, client_id=other), "invalid_request", "invalid_client")
    scene.honest(scene.broker.token(mine, **grant, client_id=mine))
    scene.honest(scene.broker.token(mine, **grant))


@attack("RFC 9700, 4.3.2", "credentials and codes in the address, where logs keep them")
def _(scene: Scene) -> None:
    client = scene.broker.client("credentials", scopes=("x",))
    secret = {"client_id": client, "client_secret": scene.broker.secrets[client]}
    form = {"grant_type": "client_credentials"}
    scene.refused(scene.post(f"token?{urlencode(secret)}", **form), "invalid_request")
    scene.refused(scene.post(f"token?{urlencode(form | secret)}"), "invalid_request")
    scene.refused(httpx.get(f"{scene.broker.issuer}/token", params=form | secret))
    scene.honest(scene.post("token", **form, **secret))


@attack("RFC 7521, 4.2", "a client assertion whose key is at the attacker's address (jku, x5u), or none")
def _(scene: Scene) -> None:
    client = scene.broker.client("credentials", scopes=("x",))
    with trap() as (address, hits):
        now = int(time.time())
        claims = {"iss": client, "sub": client, "aud": f"{scene.broker.issuer}/token", "exp": now + 60,
                  "iat": now, "jti": "1"}  # fmt: skip
        for head in ({"alg": "ES256", "jku": f"{address}/jwks"}, {"alg": "ES256", "x5u": f"{address}/x5u"},
                     {"alg": "ES256", "jwk": key_pair("ES256", 666).as_dict(private=False)}):  # fmt: skip
            forged = sign(head, claims, key_pair("ES256", 666))
            form = {"grant_type": "client_credentials", "client_id": client, "client_assertion": forged,
                    "client_assertion_type": _ASSERTION}  # fmt: skip
            scene.refused(scene.post("token", **form), "invalid_client")
        scene.holds(not hits)
    scene.honest(scene.broker.token(client, grant_type="client_credentials"))


@attack("RFC 9700, 2.4", "the password grant, and grants that nobody registered")
def _(scene: Scene) -> None:
    login, _ = scene.broker.account()
    client = scene.broker.client("credentials", scopes=("x",))
    bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    for grant in ("password", "implicit", bearer, "CLIENT_CREDENTIALS"):
        answer = scene.broker.token(client, grant_type=grant, username=login, password="correct horse")
        scene.refused(answer, "unsupported_grant_type")
    for form in ({"grant_type": "refresh_token", "refresh_token": "x"}, {"grant_type": CODE, "code": "x"},
                 EXCHANGE | {"subject_token": "x"}):  # fmt: skip
        scene.refused(scene.broker.token(client, **form), "unauthorized_client", "invalid_request")
    scene.honest(scene.broker.token(client, grant_type="client_credentials"))


@attack("RFC 9700, 4.15", "a client that is called as a person's subject, to be taken for them")
def _(scene: Scene) -> None:
    victim = scene.broker.account()[1].subject
    clients = Clients(scene.broker.database)
    evil = Client(victim, "Not Ada", None, (), (CREDENTIALS,), ("x",), (), (), "RS256")
    try:
        secret = clients.add(evil, public=False)
    except ClientInvalid:
        secret = None
    form = {"grant_type": "client_credentials", "client_id": victim, "client_secret": secret or "guess"}
    scene.refused(scene.post("token", **form), "invalid_client")
    honest = scene.broker.client("credentials", scopes=("x",))
    scene.honest(scene.broker.token(honest, grant_type="client_credentials"))


@attack("RFC 6749, 10.2", "the id of a client that was removed, registered anew: its old tokens and consents")
def _(scene: Scene) -> None:
    client = scene.broker.client()
    person, _ = scene.person()
    asked = ask(scene.broker, client, scope=OFFLINE)
    back = returned(person.send(person.open(asked.address), decision="allow", keep="yes"))
    old = scene.honest(redeem(scene.broker, asked, back["code"])).json()
    pending = returned(scene.honest(person.open(asked.address)))["code"]  # remembered: nobody was asked
    clients = Clients(scene.broker.database)
    [known] = [each for each in clients.all() if each.id == client]
    clients.remove(client)
    scene.broker.secrets[client] = str(clients.add(known, public=False))
    form = {"grant_type": "refresh_token", "refresh_token": old["refresh_token"]}
    scene.refused(scene.broker.token(client, **form), "invalid_grant")
    scene.refused(scene.userinfo(old["access_token"]))
    scene.refused(redeem(scene.broker, asked, pending), "invalid_grant")
    page = person.open(ask(scene.broker, client, scope=OFFLINE).address)
    scene.holds(page.status_code == 200 and "Allow" in page.text)  # whose consent it had has to be asked anew


@attack("RFC 7591, 5", "registering a client of one's own")
def _(scene: Scene) -> None:
    found = httpx.get(f"{scene.broker.issuer}/.well-known/openid-configuration").json()
    scene.holds("registration_endpoint" not in found)
    for path in ("register", "clients", "connect/register", "api/clients", "client"):
        answer = httpx.post(f"{scene.broker.issuer}/{path}", json={"redirect_uris": ["https://evil.example"]})
        scene.refused(answer)
        scene.holds(answer.status_code in (403, 404, 405))
    scene.works(bool(scene.broker.client()))  # by command


@attack("RFC 9700, 4.14.2", "a refresh token that was used before")
def _(scene: Scene) -> None:
    client = scene.broker.client()
    first = scene.tokens(client, scope=OFFLINE)
    form = {"grant_type": "refresh_token"}
    second = scene.honest(scene.broker.token(client, **form, refresh_token=first["refresh_token"])).json()
    scene.refused(scene.broker.token(client, **form, refresh_token=first["refresh_token"]), "invalid_grant")
    scene.refused(scene.broker.token(client, **form, refresh_token=second["refresh_token"]), "invalid_grant")
    for each in (first, second):
        scene.refused(scene.userinfo(each["access_token"]))


@attack("RFC 6749, 10.4", "a refresh token of another client, public or not")
def _(scene: Scene) -> None:
    client = scene.broker.client()
    first = scene.tokens(client, scope=OFFLINE)
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    for thief in (scene.broker.client(), scene.broker.client(public=True)):
        scene.refused(scene.broker.token(thief, **form), "invalid_grant")
    scene.refused(scene.post("token", **form, client_id=client), "invalid_client")
    scene.honest(scene.broker.token(client, **form))


@attack("RFC 6749, 6", "more scopes, or another audience, by refreshing")
def _(scene: Scene) -> None:
    client = scene.broker.client(audiences=(scene.broker.url, "https://site-b.example"))
    first = scene.tokens(client, scope="openid offline_access")
    form: dict[str, Any] = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    scene.refused(scene.broker.token(client, **form, scope="openid ga4gh_passport_v1"), "invalid_scope")
    scene.refused(scene.broker.token(client, **form, scope="openid email profile"), "invalid_scope")
    scene.refused(scene.broker.token(client, **form, resource="https://site-b.example"), "invalid_target")
    fresh = scene.honest(scene.broker.token(client, **form)).json()
    scene.holds("ga4gh_passport_v1" not in scene.userinfo(fresh["access_token"]).json())


@attack("RFC 9700, 4.14.2", "an access token or an ID token in the place of a refresh token")
def _(scene: Scene) -> None:
    client = scene.broker.client()
    first = scene.tokens(client, scope=OFFLINE)
    for each in (first["access_token"], first["id_token"], "", "x", "\0"):
        form = {"grant_type": "refresh_token", "refresh_token": each}
        scene.refused(scene.broker.token(client, **form), "invalid_grant", "invalid_request")
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    scene.honest(scene.broker.token(client, **form))


@attack("RFC 9700, 4.14.2", "a refresh token after its person has taken consent back, or has a new password")
def _(scene: Scene) -> None:
    from passport_broker.service import Identities

    client = scene.broker.client()
    for end in ("consent", "password"):
        login, _ = scene.broker.account()
        person = Person(scene.broker, login)
        asked = ask(scene.broker, client, scope=OFFLINE)
        code = returned(person.send(person.open(asked.address), decision="allow"))["code"]
        first = scene.honest(redeem(scene.broker, asked, code)).json()
        if end == "consent":
            token = form_of(person.open("account"))[1]["csrf_token"]
            person.http.post(
                f"{scene.broker.issuer}/account/withdraw", data={"csrf_token": token, "client": client}
            )
        else:
            Identities(scene.broker.database).set_password(login, "another correct horse")
        form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
        scene.refused(scene.broker.token(client, **form), "invalid_grant")
        scene.refused(scene.userinfo(first["access_token"]))


@attack("RFC 6749, 3.2", "forms that are no forms: JSON, a GET, another method, text that a page may send")
def _(scene: Scene) -> None:
    client = scene.broker.client("credentials", scopes=("x",))
    said = {"grant_type": "client_credentials", "client_id": client,
            "client_secret": scene.broker.secrets[client]}  # fmt: skip
    url = f"{scene.broker.issuer}/token"
    scene.refused(httpx.post(url, json=said))
    scene.refused(httpx.post(url, content=urlencode(said), headers={"content-type": "text/plain"}))
    scene.refused(httpx.put(url, data=said))
    scene.refused(httpx.get(url, params=said, headers={"x-http-method-override": "POST"}))
    twice = f"{urlencode(said)}&grant_type=refresh_token"
    scene.refused(scene.post("token", content=twice), "invalid_request")
    scene.honest(httpx.post(url, data=said))


@attack("RFC 6819, 4.4.4", "scopes of people for a client that acts for itself")
def _(scene: Scene) -> None:
    client = scene.broker.client("credentials", scopes=("beacon:read", "openid", "ga4gh_passport_v1"))
    for scope in ("openid", "openid ga4gh_passport_v1", "offline_access", "beacon:read openid", "admin"):
        form = {"grant_type": "client_credentials", "scope": scope}
        scene.refused(scene.broker.token(client, **form), "invalid_scope")
    made = scene.honest(scene.broker.token(client, grant_type="client_credentials")).json()
    scene.refused(scene.userinfo(made["access_token"]), "invalid_token")
    scene.holds("refresh_token" not in made and "id_token" not in made)

"""Access tokens where they do not belong: UserInfo, exchange, introspection, revocation."""

import hmac
import time
from typing import Any

import httpx

from passport_broker.signing.keys import Signing
from tests.issuer import encoded, key_pair, sign, unsigned
from tests.passport_broker.attacks.table import EXCHANGE, OFFLINE, PASSPORT, Scene, attack, trap
from tests.passport_broker.running import SITE_B

SITE_C = "https://site-c.example"
_TYPES = "urn:ietf:params:oauth:token-type:"


def _claims(scene: Scene, token: str) -> dict[str, Any]:
    return scene.broker.signing.verify(token, "at+jwt")


def _exchanged(scene: Scene, client: str, token: str, **more: str) -> httpx.Response:
    return scene.broker.token(client, **(EXCHANGE | {"subject_token": token} | more))


@attack("RFC 9700, 4.3.2", "an access token in the address, in a form or in a cookie")
def _(scene: Scene) -> None:
    token = scene.tokens(scene.broker.client())["access_token"]
    url = f"{scene.broker.issuer}/userinfo"
    scene.refused(httpx.get(url, params={"access_token": token}))
    scene.refused(httpx.post(url, data={"access_token": token}))
    scene.refused(httpx.get(url, headers={"cookie": f"access_token={token}"}))
    scene.refused(httpx.get(url, headers={"authorization": f"Basic {token}"}))
    scene.honest(scene.userinfo(token))


@attack("RFC 8725, 2.1", "tokens signed by nobody (alg none, in every spelling)")
def _(scene: Scene) -> None:
    token = scene.tokens(scene.broker.client())["access_token"]
    claims = _claims(scene, token)
    kid = scene.broker.signing.jwks()["keys"][0]["kid"]
    for name in ("none", "None", "NONE", "nOnE", "", None):
        for more in ({}, {"kid": kid}):
            head = {"alg": name, "typ": "at+jwt", **more}
            for signature in ("", token.split(".")[2]):
                scene.refused(scene.userinfo(unsigned(head, claims, signature)), "invalid_token")
    scene.honest(scene.userinfo(token))


@attack("RFC 8725, 2.1", "HS256 with the published public key as the secret")
def _(scene: Scene) -> None:
    token = scene.tokens(scene.broker.client())["access_token"]
    claims = _claims(scene, token)
    for key in scene.broker.signing.states():
        for secret in (key.key.pair.as_pem(private=False), key.key.pair.as_der(private=False)):
            signed = encoded({"alg": "HS256", "typ": "at+jwt", "kid": key.key.kid}) + "." + encoded(claims)
            signature = encoded(hmac.digest(secret, signed.encode(), "sha256"))
            scene.refused(scene.userinfo(f"{signed}.{signature}"), "invalid_token")
    scene.honest(scene.userinfo(token))


@attack("RFC 8725, 3.10", "tokens with a key of their own, in the header or at the attacker's address")
def _(scene: Scene) -> None:
    token = scene.tokens(scene.broker.client())["access_token"]
    claims, evil = _claims(scene, token), key_pair("ES256", 666)
    kid = next(each["kid"] for each in scene.broker.signing.jwks()["keys"] if each["alg"] == "ES256")
    client = scene.broker.client("exchange", serves=(scene.broker.url,))
    with trap() as (address, hits):
        for more in ({"jwk": evil.as_dict(private=False)}, {"jku": f"{address}/jwks"}, {"x5u": address},
                     {"kid": "../../../../dev/null"}, {"kid": "' UNION SELECT 'x"}, {"kid": ["x"]},
                     {"kid": None}, {"crit": ["b64"], "b64": False}):  # fmt: skip
            forged = sign({"alg": "ES256", "typ": "at+jwt", "kid": kid} | more, claims, evil)
            scene.refused(scene.userinfo(forged), "invalid_token")
            scene.refused(_exchanged(scene, client, forged), "invalid_grant")
        scene.holds(not hits)
    scene.honest(scene.userinfo(token))
    scene.honest(_exchanged(scene, client, token))


@attack("RFC 8725, 2.8", "tokens of other kinds as access tokens: ID and refresh tokens, passports, visas")
def _(scene: Scene) -> None:
    client = scene.broker.client("code", "refresh", "exchange")
    good = scene.tokens(client, scope=OFFLINE)
    visa = scene.honest(scene.userinfo(good["access_token"])).json()["ga4gh_passport_v1"][0]
    answer = scene.honest(_exchanged(scene, client, good["access_token"], **PASSPORT))
    passport = answer.json()["access_token"]
    for each in (good["id_token"], good["refresh_token"], visa, passport, scene.code(client)[1]):
        scene.refused(scene.userinfo(each), "invalid_token")
        scene.refused(_exchanged(scene, client, each), "invalid_grant")
        with scene.broker.http(client) as http:
            if each != good["refresh_token"]:
                scene.holds(http.post("introspect", data={"token": each}).json() == {"active": False})


@attack("RFC 9068, 4", "an access token that is over, of a time to come, or of another issuer")
def _(scene: Scene) -> None:
    token = scene.tokens(scene.broker.client())["access_token"]
    claims, now = _claims(scene, token), int(time.time())
    signing: Signing = scene.broker.signing
    for change in ({"exp": now - 1}, {"iss": "https://evil.example"}, {"jti": "x"}, {"jti": "unknown.x"}):
        scene.refused(scene.userinfo(signing.sign(claims | change, "at+jwt")), "invalid_token")
    scene.refused(scene.userinfo(token[:-2] + ("AA" if token[-2:] != "AA" else "BB")), "invalid_token")
    head, body, signature = token.split(".")
    scene.refused(scene.userinfo(f"{head}.{body}.{signature}.{signature}"), "invalid_token")
    scene.honest(scene.userinfo(token))


@attack("RFC 9700, 4.10", "a stolen access token after it was revoked")
def _(scene: Scene) -> None:
    client = scene.broker.client()
    token = scene.tokens(client)["access_token"]
    scene.honest(scene.userinfo(token))
    with scene.broker.http(client) as http:
        scene.honest(http.post("revoke", data={"token": token}))
        scene.holds(http.post("introspect", data={"token": token}).json() == {"active": False})
    scene.refused(scene.userinfo(token), "invalid_token")


@attack("RFC 7009, 2.1", "revoking somebody else's tokens")
def _(scene: Scene) -> None:
    client, stranger = scene.broker.client(), scene.broker.client("credentials")
    token = scene.tokens(client, scope=OFFLINE)
    with scene.broker.http(stranger) as http:
        for each in ("access_token", "refresh_token"):
            for hint in ({}, {"token_type_hint": "access_token"}, {"token_type_hint": "nonsense"}):
                answer = http.post("revoke", data={"token": token[each], **hint})
                scene.refused(answer)
    scene.refused(scene.post("revoke", token=token["refresh_token"], client_id=client), "invalid_client")
    scene.refused(scene.post("revoke", token=token["refresh_token"]), "invalid_client")
    scene.honest(scene.userinfo(token["access_token"]))
    form = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    scene.honest(scene.broker.token(client, **form))


@attack("RFC 7662, 4", "looking into tokens of others, or scanning for them")
def _(scene: Scene) -> None:
    client = scene.broker.client()
    token = scene.tokens(client, scope=OFFLINE)
    public, stranger = scene.broker.client(public=True), scene.broker.client("exchange", serves=(SITE_C,))
    for each in (token["access_token"], token["refresh_token"], "guess"):
        scene.refused(scene.post("introspect", token=each), "invalid_client")
        scene.refused(scene.post("introspect", token=each, client_id=public), "invalid_client")
        with scene.broker.http(stranger) as http:
            scene.holds(http.post("introspect", data={"token": each}).json() == {"active": False})
    with scene.broker.http(client) as http:
        scene.works(http.post("introspect", data={"token": token["access_token"]}).json()["active"])


@attack("RFC 8693, 5", "exchanging a token that strayed to a client it was neither issued to nor is for")
def _(scene: Scene) -> None:
    token = scene.tokens(scene.broker.client(audiences=(SITE_B,)))["access_token"]
    stranger = scene.broker.client("exchange", serves=(SITE_C,), audiences=(SITE_B, SITE_C))
    for wanted in (PASSPORT, {}, {"audience": SITE_C}, {"resource": SITE_B}):
        scene.refused(_exchanged(scene, stranger, token, **wanted), "invalid_grant")
    meant = scene.broker.client("exchange", serves=(SITE_B,))
    scene.honest(_exchanged(scene, meant, token, **PASSPORT))


@attack("RFC 8693, 2.2.2", "a token for an audience that the client was not registered for")
def _(scene: Scene) -> None:
    client = scene.broker.client("code", "exchange", audiences=(scene.broker.url, SITE_B))
    token = scene.tokens(client)["access_token"]
    for audience in (SITE_C, SITE_B + "/", SITE_B.upper(), f"{SITE_B} {SITE_C}", "*", client):
        scene.refused(_exchanged(scene, client, token, audience=audience), "invalid_target")
    form = EXCHANGE | {"subject_token": token, "audience": [SITE_B, SITE_C]}
    scene.refused(scene.broker.token(client, **form), "invalid_target")
    scene.honest(_exchanged(scene, client, token, audience=SITE_B))


@attack("RFC 8693, 5", "more scopes by exchanging")
def _(scene: Scene) -> None:
    client = scene.broker.client("code", "exchange", "refresh", audiences=(scene.broker.url, SITE_B))
    token = scene.tokens(client, scope="openid offline_access")["access_token"]
    for scope in ("openid ga4gh_passport_v1", "openid email", "admin"):
        scene.refused(_exchanged(scene, client, token, scope=scope, audience=SITE_B), "invalid_scope")
    made = scene.honest(_exchanged(scene, client, token, audience=SITE_B)).json()
    scene.holds("refresh_token" not in made and "offline_access" not in made["scope"].split())
    scene.holds("ga4gh_passport_v1" not in scene.userinfo(made["access_token"]).json())


@attack("RFC 8693, 4.1", "a chain of exchanges that hides who had the token, or makes it live longer")
def _(scene: Scene) -> None:
    client = scene.broker.client("code", "exchange", audiences=(scene.broker.url, SITE_B))
    token = scene.tokens(client)["access_token"]
    ends, actors = _claims(scene, token)["exp"], []
    for _ in range(3):
        token = scene.honest(_exchanged(scene, client, token)).json()["access_token"]
        claims = _claims(scene, token)
        actors.append(claims["act"])
        scene.holds(claims["exp"] <= ends)
    scene.holds(actors[2] == {"sub": client, "act": {"sub": client, "act": {"sub": client}}})
    scene.refused(_exchanged(scene, client, token), "invalid_grant")


@attack("RFC 8693, 2.1", "an actor token, to act as somebody else")
def _(scene: Scene) -> None:
    client = scene.broker.client("code", "exchange")
    hers, mine = scene.tokens(client)["access_token"], scene.tokens(client, "eve")["access_token"]
    for more in ({"actor_token": mine}, {"actor_token": mine, "actor_token_type": f"{_TYPES}access_token"}):
        scene.refused(_exchanged(scene, client, hers, **more), "invalid_request")
    scene.honest(_exchanged(scene, client, hers))


@attack("RFC 8693, 2.1", "exchanging for, or from, tokens of other types")
def _(scene: Scene) -> None:
    client = scene.broker.client("code", "exchange", "refresh")
    good = scene.tokens(client, scope=OFFLINE)
    for kind in ("refresh_token", "id_token", "saml2", "nonsense"):
        scene.refused(
            _exchanged(scene, client, good["access_token"], requested_token_type=f"{_TYPES}{kind}"),
            "invalid_request",
        )
        told = _exchanged(scene, client, good["refresh_token"], subject_token_type=f"{_TYPES}{kind}")
        scene.refused(told, "invalid_request")
    scene.refused(_exchanged(scene, client, good["id_token"]), "invalid_grant")
    scene.refused(_exchanged(scene, client, good["refresh_token"]), "invalid_grant")
    scene.honest(_exchanged(scene, client, good["access_token"]))


@attack("RFC 8693, 5", "exchanging a token that was revoked, or using what it was exchanged for")
def _(scene: Scene) -> None:
    client = scene.broker.client("code", "refresh", "exchange", audiences=(scene.broker.url, SITE_B))
    first = scene.tokens(client, scope=OFFLINE)
    answer = scene.honest(_exchanged(scene, client, first["access_token"], audience=SITE_B))
    made = answer.json()["access_token"]
    scene.honest(scene.userinfo(made))
    with scene.broker.http(client) as http:
        http.post("revoke", data={"token": first["refresh_token"]})
    scene.refused(_exchanged(scene, client, first["access_token"]), "invalid_grant")
    scene.refused(_exchanged(scene, client, made), "invalid_grant")
    scene.refused(scene.userinfo(made), "invalid_token")


@attack("RFC 7517, 9.2", "private keys among the published ones")
def _(scene: Scene) -> None:
    keys = httpx.get(f"{scene.broker.issuer}/jwks").json()["keys"]
    private = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
    scene.holds(not any(private & each.keys() for each in keys))
    scene.works({each["alg"] for each in keys} == {"RS256", "ES256"})

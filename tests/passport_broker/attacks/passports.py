"""Visas and passports in the wrong hands or places: the GA4GH profile, at the broker and at a second site."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from governance.caller import Caller, Role
from governance.passport.refusal import TokenRefused
from passport_broker.service import OPERATOR
from tests.governance.passport.sites import Site
from tests.issuer import Issuer, key_pair, sign
from tests.passport_broker.access.saying import DATA, SOURCE, wanted
from tests.passport_broker.attacks.table import EXCHANGE, PASSPORT, Scene, attack, trap
from tests.passport_broker.running import SITE_B, tokens

SITE_C = "https://site-c.example"
TRUST = """
audiences = ["{site}"]
[[broker]]
issuer = "{issuer}"
visas = "userinfo"
[[visa_issuer]]
issuer = "{issuer}"
jku = ["{issuer}/jwks"]
[sources]
ControlledAccessGrants = ["{source}"]
LinkedIdentities = ["{source}"]
"""


@contextmanager
def _second(scene: Scene, name: str = SITE_B, more: str = "") -> Iterator[Site]:
    """Another site, which knows the broker by its public metadata."""
    trust = TRUST.format(site=name, issuer=scene.walk.broker.issuer, source=SOURCE) + more
    folder = scene.folder / f"second-{time.monotonic_ns()}"
    folder.mkdir()
    with Site(folder, trust, time.time) as site:
        yield site


def _granted(scene: Scene) -> tuple[str, str, str]:
    """Somebody with a visa: login, subject, and the visa's id."""
    login, account = scene.walk.broker.account()
    made = scene.walk.access.desk.issue(wanted(account.subject, int(time.time())), OPERATOR)
    return login, account.subject, made.id


def _token(scene: Scene, login: str, *audiences: str) -> str:
    client = scene.walk.broker.client(audiences=audiences or (SITE_B,))
    return str(tokens(scene.walk.broker, login, client)["access_token"])


def _turned_away(scene: Scene, look: Any) -> None:
    """A site that refuses the caller altogether."""
    try:
        look()
    except TokenRefused:
        scene.losses += 1
    else:
        raise AssertionError("the site believed it")


def _values(caller: Caller) -> list[str]:
    return [each.value for each in caller.visas]


@attack("RFC 9700, 4.9.1", "a site that passes the caller's token on to another site, as if it were them")
def _(scene: Scene) -> None:
    login, _, _ = _granted(scene)
    token = _token(scene, login, SITE_B)
    with _second(scene, SITE_B) as meant, _second(scene, SITE_C) as other:
        scene.works(_values(meant.identify(token)) == [DATA])
        _turned_away(scene, lambda: other.identify(token))
    _turned_away(scene, lambda: scene.walk.house.identify(f"Bearer {token}"))


@attack(
    "AAI 1.2.1, Clearinghouses 2.2", "a passport or visa as a Bearer token, an access token as a passport"
)
def _(scene: Scene) -> None:
    login, subject, _ = _granted(scene)
    token = _token(scene, login)
    [visa] = scene.walk.access.visas.of(subject)
    passport = scene.walk.access.visas.passport(subject, SITE_B)
    with _second(scene) as site:
        for each in (passport, visa):
            _turned_away(scene, lambda each=each: site.identify(each))
        for each in (token, visa):
            _turned_away(scene, lambda each=each: site.house.identify(None, [each]))
        scene.works(_values(site.identify(token)) == [DATA])
        scene.works(_values(site.house.identify(None, [passport])) == [DATA])
    told = httpx.get(f"{scene.walk.broker.issuer}/userinfo", headers={"authorization": f"Bearer {passport}"})
    scene.refused(told, "invalid_token")


@attack("Passport 1.2.1, Visa Format", "somebody else's visa in a passport of one's own, of another broker")
def _(scene: Scene) -> None:
    _, subject, _ = _granted(scene)
    stolen = scene.walk.access.visas.of(subject)
    with Issuer() as other:
        more = f'[[broker]]\nissuer = "{other.url}"\nvisas = "userinfo"\n'
        trust = TRUST.format(site=SITE_B, issuer=scene.walk.broker.issuer, source=SOURCE)
        folder = scene.folder / f"stolen-{time.monotonic_ns()}"
        folder.mkdir()
        with Site(folder, trust.replace("[[visa_issuer]]", f"{more}[[visa_issuer]]", 1), time.time) as site:
            caller = site.house.identify(None, [other.passport("eve", stolen, aud=SITE_B)])
            scene.holds(not caller.visas)
            scene.holds([each.rule for each in caller.turned] == ["other-person"])
            mine = scene.walk.access.visas.passport(subject, SITE_B)
            scene.works(_values(site.house.identify(None, [mine])) == [DATA])


@attack("AAI 1.2.1, Clearinghouses 5.3.2", "a visa in the broker's name whose jku is the attacker's")
def _(scene: Scene) -> None:
    login, subject, _ = _granted(scene)
    token = _token(scene, login)
    now = int(time.time())
    evil = key_pair("ES256", 666)
    said = {"type": "ControlledAccessGrants", "value": f"{DATA}/all", "source": SOURCE, "by": "dac"}
    whose = {"iss": scene.walk.broker.issuer, "sub": subject, "iat": now, "exp": now + 60}
    with _second(scene) as site, trap() as (address, hits):
        for jku in (f"{address}/jwks", scene.walk.broker.signing.jku):
            head = {"alg": "ES256", "typ": "vnd.ga4gh.visa+jwt", "kid": "evil", "jku": jku}
            forged = sign(head, whose | {"ga4gh_visa_v1": said | {"asserted": now}}, evil)
            head["typ"] = "vnd.ga4gh.passport+jwt"
            passport = sign(head, whose | {"ga4gh_passport_v1": [forged], "aud": SITE_B}, evil)
            _turned_away(scene, lambda passport=passport: site.house.identify(None, [passport]))
        scene.holds(not hits)
        scene.works(_values(site.identify(token)) == [DATA])


@attack("AAI 1.2.1, Brokers 1.4.2", "visas right in the access token, asked for by the claims parameter")
def _(scene: Scene) -> None:
    client = scene.broker.client()
    claims = '{"access_token":{"ga4gh_passport_v1":null},"id_token":{"ga4gh_passport_v1":{"essential":true}}}'
    given = scene.tokens(client, claims=claims)
    for token, kind in ((given["access_token"], "at+jwt"), (given["id_token"], "JWT")):
        found = scene.broker.signing.verify(token, kind)
        scene.holds(not {"ga4gh_passport_v1", "ga4gh_visa_v1"} & found.keys())
    scene.works(bool(scene.userinfo(given["access_token"]).json()["ga4gh_passport_v1"]))


@attack("AAI 1.2.1, Passport Issuers 3.2", "a passport without client authentication, or for a public client")
def _(scene: Scene) -> None:
    client, public = scene.broker.client("code", "exchange"), scene.broker.client("code", public=True)
    token = scene.tokens(client)["access_token"]
    form = EXCHANGE | PASSPORT | {"subject_token": token}
    scene.refused(scene.post("token", **form), "invalid_client")
    scene.refused(scene.post("token", **form, client_id=client), "invalid_client")
    scene.refused(scene.broker.token(public, **form), "invalid_client", "unauthorized_client")
    scene.honest(scene.broker.token(client, **form))


@attack(
    "AAI 1.2.1, Passport Issuers 3.4",
    "a passport for a token that is not passport-scoped, or of another kind",
)
def _(scene: Scene) -> None:
    client = scene.broker.client("code", "exchange")
    form = EXCHANGE | PASSPORT
    small = scene.tokens(client, scope="openid email")["access_token"]
    scene.refused(scene.broker.token(client, **form, subject_token=small), "invalid_scope")
    good = scene.tokens(client)
    scene.refused(scene.broker.token(client, **form, subject_token=good["id_token"]), "invalid_grant")
    for kind in ("jwt", "id_token", "refresh_token"):
        told = form | {"subject_token_type": f"urn:ietf:params:oauth:token-type:{kind}"}
        answer = scene.broker.token(client, **told, subject_token=good["access_token"])
        scene.refused(answer, "invalid_request")
    scene.honest(scene.broker.token(client, **form, subject_token=good["access_token"]))


@attack("AAI 1.2.1, Passport Format", "a passport used elsewhere than where it was meant for")
def _(scene: Scene) -> None:
    login, _, _ = _granted(scene)
    site = scene.walk.broker
    client = site.client("code", "exchange", audiences=(site.url, SITE_B))
    form = EXCHANGE | PASSPORT | {"subject_token": tokens(site, login, client)["access_token"]}
    for more in ({"audience": SITE_C}, {"resource": SITE_C}, {"audience": [SITE_B, SITE_C]}):
        scene.refused(site.token(client, **form, **more), "invalid_target")
    mine = scene.honest(site.token(client, **form)).json()["access_token"]
    meant = scene.honest(site.token(client, **form, audience=SITE_B)).json()["access_token"]
    with _second(scene, SITE_B) as second, _second(scene, SITE_C) as other:
        _turned_away(scene, lambda: second.house.identify(None, [mine]))
        _turned_away(scene, lambda: other.house.identify(None, [meant]))
        scene.works(_values(second.house.identify(None, [meant])) == [DATA])


@attack("AAI 1.2.1, Brokers 2.2", "visas by a token that has not their scope, or is nobody's")
def _(scene: Scene) -> None:
    client = scene.broker.client()
    small = scene.tokens(client, scope="openid profile email")["access_token"]
    scene.holds("ga4gh_passport_v1" not in scene.userinfo(small).json())
    robot = scene.broker.client("credentials", scopes=("x",))
    nobody = scene.broker.token(robot, grant_type="client_credentials").json()["access_token"]
    scene.refused(scene.userinfo(nobody), "invalid_token")
    scene.works(bool(scene.userinfo(scene.tokens(client)["access_token"]).json()["ga4gh_passport_v1"]))


@attack("Passport 1.2.1, Visa Identity", "a researcher who issues visas to herself, or revokes another's")
def _(scene: Scene) -> None:
    (eve, eve_id), (_, _, theirs) = scene.walk.person(), _granted(scene)
    site = scene.walk.broker
    mine = tokens(site, eve.login, site.client())["access_token"]
    now = int(time.time())
    wish = {"subject": eve_id, "type": "ControlledAccessGrants", "value": DATA, "source": SOURCE, "by": "dac",
            "ends": "2099-01-01", "why": "I want it"}  # fmt: skip
    bearer = {"authorization": f"Bearer {mine}"}
    with httpx.Client(base_url=f"{site.url}/passport/api", headers=bearer) as program:
        for each in (wish, wish | {"type": "LinkedIdentities", "value": f"{eve_id},x"}):
            scene.refused(program.post("/visas", json=each))
        scene.refused(program.post(f"/visas/{theirs}/revocation", json={"why": "x"}))
        scene.refused(program.get("/visas"))
        scene.refused(program.get(f"/visas/{theirs}"))
        scene.honest(program.get("/applications"))
    scene.holds(scene.walk.access.visas.of(eve_id) == [] and now > 0)


@attack("Passport 1.2.1, Visa Expiry", "a visa that was revoked: asked for anew, or kept from before")
def _(scene: Scene) -> None:
    login, subject, visa = _granted(scene)
    client = scene.walk.broker.client()
    token = tokens(scene.walk.broker, login, client)["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    told = scene.honest(httpx.get(f"{scene.walk.broker.issuer}/userinfo", headers=headers)).json()
    [kept] = told["ga4gh_passport_v1"]
    scene.works(_values(scene.walk.house.identify(f"Bearer {token}")) == [DATA])
    scene.walk.access.desk.revoke(visa, "left", OPERATOR)
    told = httpx.get(f"{scene.walk.broker.issuer}/userinfo", headers=headers).json()
    scene.holds(told["ga4gh_passport_v1"] == [])
    from tests.passport_broker.access.test_visas import claims

    scene.holds(claims(kept)["exp"] <= time.time() + 60)  # nobody is believed with it for longer than that
    scene.holds(scene.walk.access.visas.passport(subject) != kept)


@attack("AAI 1.2.1, Clearinghouses 2.1", "the admin API with no token, another site's token, or a forged one")
def _(scene: Scene) -> None:
    dora, _ = scene.walk.person(role=Role.COMMITTEE)
    site = scene.walk.broker
    good = tokens(site, dora.login, site.client())["access_token"]
    elsewhere = tokens(site, dora.login, site.client(audiences=(SITE_B,)))["access_token"]
    unscoped = tokens(site, dora.login, site.client(), scope="openid")["access_token"]
    url = f"{site.url}/passport/api/applications?view=waiting"
    scene.refused(httpx.get(url))
    for bad in (elsewhere, unscoped, good[:-3] + "AAA", "e.e.e"):
        answer = scene.refused(httpx.get(url, headers={"authorization": f"Bearer {bad}"}))
        scene.holds(answer.status_code == 401)
    scene.refused(httpx.get(f"{url}&access_token={good}"))
    scene.refused(dora.http.get(url))  # the browser's cookie opens no API
    scene.honest(httpx.get(url, headers={"authorization": f"Bearer {good}"}))


@attack("RFC 9700, 4.10.2", "a token for site B used at UserInfo by a client that never had it")
def _(scene: Scene) -> None:
    login, _, _ = _granted(scene)
    token = _token(scene, login, SITE_B)
    stranger = scene.walk.broker.client("exchange", serves=(SITE_C,))
    form = EXCHANGE | PASSPORT | {"subject_token": token}
    scene.refused(scene.walk.broker.token(stranger, **form), "invalid_grant")
    meant = scene.walk.broker.client("exchange", serves=(SITE_B,))
    passport = scene.honest(scene.walk.broker.token(meant, **form)).json()["access_token"]
    with _second(scene) as site:
        scene.works(_values(site.house.identify(None, [passport])) == [DATA])

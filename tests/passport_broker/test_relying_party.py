"""Authlib as an independent relying party, against the running broker and nothing but its metadata."""

import json
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from tests.passport_broker.running import CALLBACK, PASSWORD, SITE_B, Broker, Person

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that it would rather have another HTTP library
    from authlib.integrations.httpx_client import OAuth2Client

PASSPORT_SCOPES = "openid profile email ga4gh_passport_v1 offline_access"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
PASSPORT = "urn:ga4gh:params:oauth:token-type:passport"


@pytest.fixture(scope="module")
def metadata(broker: Broker) -> dict[str, Any]:
    answer = httpx.get(f"{broker.issuer}/.well-known/openid-configuration")
    assert answer.status_code == 200
    return answer.json()  # type: ignore[no-any-return]


@contextmanager
def relying(broker: Broker, client: str, **options: Any) -> Iterator[OAuth2Client]:
    public = {"token_endpoint_auth_method": "none"} if client not in broker.secrets else {}
    with OAuth2Client(
        client_id=client, client_secret=broker.secrets.get(client), redirect_uri=CALLBACK,
        scope=PASSPORT_SCOPES, code_challenge_method="S256", **public, **options,
    ) as session:  # fmt: skip
        yield session


def signed(metadata: dict[str, Any], token: str, **registry: Any) -> Any:
    keys = KeySet.import_key_set(httpx.get(metadata["jwks_uri"]).json())
    found = jwt.decode(token, keys, algorithms=["RS256", "ES256"])
    JWTClaimsRegistry(iss={"essential": True, "value": metadata["issuer"]}, **registry).validate(found.claims)
    return found


def logged_in(broker: Broker, session: OAuth2Client, metadata: dict[str, Any], login: str) -> dict[str, Any]:
    verifier = "v" * 64
    address, state = session.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce="n-0S6_WzA2Mj"
    )
    back = Person(broker).allow(address, login)
    assert back["state"] == state
    assert back["iss"] == metadata["issuer"]
    return session.fetch_token(  # type: ignore[no-any-return]
        metadata["token_endpoint"], grant_type="authorization_code", code=back["code"], code_verifier=verifier
    )


def test_discovery_is_what_the_standard_asks_for(broker: Broker, metadata: dict[str, Any]) -> None:
    as_over_tls = json.loads(json.dumps(metadata).replace("http://", "https://"))  # Authlib knows no loopback
    for kind in (AuthorizationServerMetadata, OpenIDProviderMetadata):
        kind(as_over_tls).validate()
    with pytest.raises(ValueError, match="response_types_supported"):
        OpenIDProviderMetadata(as_over_tls | {"response_types_supported": "code"}).validate()
    assert metadata["issuer"] == broker.issuer
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert metadata["response_types_supported"] == ["code"]
    assert "RS256" in metadata["id_token_signing_alg_values_supported"]
    assert "none" not in metadata["id_token_signing_alg_values_supported"]
    same = httpx.get(f"{broker.issuer}/.well-known/oauth-authorization-server").json()
    assert same == metadata


@pytest.mark.parametrize("public", [False, True])
@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_code_with_pkce_and_userinfo(
    broker: Broker, metadata: dict[str, Any], *, public: bool, algorithm: str
) -> None:
    login, account = broker.account()
    client = broker.client("code", "refresh", public=public, algorithm=algorithm)
    with relying(broker, client) as session:
        token = logged_in(broker, session, metadata, login)
        identity = signed(metadata, token["id_token"], aud={"essential": True, "value": client})
        assert identity.header["alg"] == algorithm
        assert identity.claims["sub"] == account.subject
        assert identity.claims["nonce"] == "n-0S6_WzA2Mj"
        assert "ga4gh_passport_v1" not in identity.claims
        access = signed(metadata, token["access_token"], aud={"essential": True, "value": broker.url})
        assert access.header["typ"] == "at+jwt"
        assert access.claims["scope"] == PASSPORT_SCOPES
        assert access.claims["client_id"] == client
        assert not {"ga4gh_passport_v1", "ga4gh_visa_v1"} & access.claims.keys()
        said = session.get(metadata["userinfo_endpoint"])
        assert said.headers["cache-control"] == "no-cache, no-store"
        person = said.json()
        assert (person["sub"], person["name"], person["email"]) == (
            account.subject, "Ada Example", "ada@site.example",
        )  # fmt: skip
        visa = signed(metadata, person["ga4gh_passport_v1"][0])
        assert visa.claims["sub"] == account.subject
        assert visa.header["jku"] == metadata["jwks_uri"]


def test_refresh_gives_new_tokens_each_time(broker: Broker, metadata: dict[str, Any]) -> None:
    login, account = broker.account()
    with relying(broker, broker.client()) as session:
        first = logged_in(broker, session, metadata, login)
        second = session.refresh_token(metadata["token_endpoint"], refresh_token=first["refresh_token"])
        assert second["refresh_token"] != first["refresh_token"]
        assert second["access_token"] != first["access_token"]
        assert signed(metadata, second["id_token"]).claims["sub"] == account.subject
        third = session.refresh_token(metadata["token_endpoint"], refresh_token=second["refresh_token"])
        assert session.get(metadata["userinfo_endpoint"]).json()["sub"] == account.subject
        assert third["refresh_token"] not in (first["refresh_token"], second["refresh_token"])


def test_a_client_acts_for_itself(broker: Broker, metadata: dict[str, Any]) -> None:
    client = broker.client("credentials", scopes=("beacon:read", "openid", "ga4gh_passport_v1"))
    with relying(broker, client) as session:
        session.scope = None
        token = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
        claims = signed(metadata, token["access_token"]).claims
        assert (claims["sub"], claims["scope"], claims["aud"]) == (client, "beacon:read", broker.url)
        assert "refresh_token" not in token
        assert session.get(metadata["userinfo_endpoint"]).status_code == 401  # it is nobody
    assert broker.token(client, grant_type="client_credentials", scope="openid").status_code == 400


def test_the_device_flow(broker: Broker, metadata: dict[str, Any]) -> None:
    login, account = broker.account()
    client = broker.client("device", "refresh", public=True)
    with relying(broker, client) as session:
        asked = httpx.post(
            metadata["device_authorization_endpoint"], data={"client_id": client, "scope": PASSPORT_SCOPES}
        ).json()

        def poll() -> httpx.Response:
            form = {
                "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
                "device_code": asked["device_code"], "client_id": client,
            }  # fmt: skip
            return httpx.post(metadata["token_endpoint"], data=form)

        assert poll().json()["error"] == "authorization_pending"
        assert poll().json()["error"] == "slow_down"
        person = Person(broker)
        page = person.open(asked["verification_uri_complete"])
        page = person.send(page, login=login, password=PASSWORD)
        assert asked["user_code"] in page.text
        page = person.send(page, user_code=asked["user_code"].lower())
        assert f"The {client}" in page.text
        assert "signed in" in person.send(page, decision="allow").text
        token = session.fetch_token(
            metadata["token_endpoint"],
            grant_type="urn:ietf:params:oauth:grant-type:device_code",
            device_code=asked["device_code"],
        )
        assert signed(metadata, token["id_token"]).claims["sub"] == account.subject
        assert session.get(metadata["userinfo_endpoint"]).json()["ga4gh_passport_v1"]
        assert poll().json()["error"] == "expired_token"  # once
        assert session.refresh_token(metadata["token_endpoint"])["access_token"]


def test_a_passport_for_an_authenticated_client(broker: Broker, metadata: dict[str, Any]) -> None:
    login, account = broker.account()
    site = broker.client("exchange", serves=(SITE_B,))
    with relying(broker, broker.client("code", "refresh", audiences=(SITE_B,))) as session:
        token = logged_in(broker, session, metadata, login)
    with relying(broker, site) as session:
        session.scope = None
        answer = session.fetch_token(
            metadata["token_endpoint"], grant_type="urn:ietf:params:oauth:grant-type:token-exchange",
            requested_token_type=PASSPORT, subject_token=token["access_token"],
            subject_token_type=ACCESS_TOKEN,
        )  # fmt: skip
    assert (answer["issued_token_type"], answer["token_type"]) == (PASSPORT, "N_A")
    assert 0 < answer["expires_in"] <= 60
    passport = signed(metadata, answer["access_token"])
    assert passport.header["typ"] == "vnd.ga4gh.passport+jwt"
    assert passport.claims["sub"] == account.subject
    said = {"client": site, "what": "passport", "audiences": [site, SITE_B]}
    assert passport.claims["aud"] == [site, SITE_B]
    assert ("passport.exchanged", account, said) in broker.acts
    assert len(passport.claims["ga4gh_passport_v1"]) == 1


def test_an_access_token_for_an_audience(broker: Broker, metadata: dict[str, Any]) -> None:
    login, account = broker.account()
    network = broker.client("code", "exchange", audiences=(broker.url, SITE_B, "https://site-c.example"))
    with relying(broker, network) as session:
        token = logged_in(broker, session, metadata, login)
        session.scope = None
        for audience in (SITE_B, "https://site-c.example"):
            answer = session.fetch_token(
                metadata["token_endpoint"], grant_type="urn:ietf:params:oauth:grant-type:token-exchange",
                subject_token=token["access_token"], subject_token_type=ACCESS_TOKEN, audience=audience,
            )  # fmt: skip
            assert answer["issued_token_type"] == ACCESS_TOKEN
            found = signed(metadata, answer["access_token"], aud={"essential": True, "value": audience})
            assert (found.claims["sub"], found.claims["act"]) == (account.subject, {"sub": network})
            assert found.claims["scope"] == "openid profile email ga4gh_passport_v1"
            assert found.claims["exp"] <= time.time() + 900
            assert not {"ga4gh_passport_v1", "ga4gh_visa_v1"} & found.claims.keys()
            # The member asks UserInfo with it, as a clearinghouse does.
            said = httpx.get(
                metadata["userinfo_endpoint"], headers={"authorization": f"Bearer {answer['access_token']}"}
            )
            assert said.json()["ga4gh_passport_v1"]


def test_introspection_and_revocation(broker: Broker, metadata: dict[str, Any]) -> None:
    login, account = broker.account()
    client, stranger = broker.client(), broker.client("credentials")
    with relying(broker, client) as session, relying(broker, stranger) as other:
        token = logged_in(broker, session, metadata, login)
        for each in ("access_token", "refresh_token"):
            said = session.introspect_token(metadata["introspection_endpoint"], token=token[each]).json()
            assert (said["active"], said["sub"], said["client_id"]) == (True, account.subject, client)
            assert not {"ga4gh_passport_v1", "ga4gh_visa_v1"} & said.keys()
            said = other.introspect_token(metadata["introspection_endpoint"], token=token[each]).json()
            assert said == {"active": False}
            assert other.revoke_token(metadata["revocation_endpoint"], token=token[each]).status_code == 400
        answer = session.revoke_token(metadata["revocation_endpoint"], token=token["access_token"])
        assert answer.status_code == 200
        assert session.get(metadata["userinfo_endpoint"]).status_code == 401
        again = session.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
        assert session.get(metadata["userinfo_endpoint"]).status_code == 200
        session.revoke_token(metadata["revocation_endpoint"], token=again["refresh_token"])
        assert session.get(metadata["userinfo_endpoint"]).status_code == 401
        form = {"grant_type": "refresh_token", "refresh_token": again["refresh_token"]}
        assert broker.token(client, **form).json()["error"] == "invalid_grant"
        assert session.revoke_token(metadata["revocation_endpoint"], token="never issued").status_code == 200


def test_the_id_token_is_what_authlib_wants_of_one(broker: Broker, metadata: dict[str, Any]) -> None:
    login, _ = broker.account()
    client = broker.client()
    with relying(broker, client) as session:
        token = logged_in(broker, session, metadata, login)
    keys = KeySet.import_key_set(httpx.get(metadata["jwks_uri"]).json())
    found = jwt.decode(token["id_token"], keys, algorithms=metadata["id_token_signing_alg_values_supported"])

    def validated(access_token: str, nonce: str) -> None:
        wanted = {"iss": {"value": metadata["issuer"]}, "aud": {"value": client}}
        asked = {"client_id": client, "nonce": nonce, "access_token": access_token}
        CodeIDToken(found.claims, found.header, wanted, asked).validate()

    validated(token["access_token"], "n-0S6_WzA2Mj")
    for wrong in ((token["access_token"] + "x", "n-0S6_WzA2Mj"), (token["access_token"], "another")):
        with pytest.raises(JoseError):
            validated(*wrong)


def test_a_passport_for_an_audience_that_the_client_names(broker: Broker, metadata: dict[str, Any]) -> None:
    login, _ = broker.account()
    client = broker.client("code", "exchange", audiences=(broker.url, SITE_B))
    with relying(broker, client) as session:
        token = logged_in(broker, session, metadata, login)
        session.scope = None
        answer = session.fetch_token(
            metadata["token_endpoint"], grant_type="urn:ietf:params:oauth:grant-type:token-exchange",
            requested_token_type=PASSPORT, subject_token=token["access_token"],
            subject_token_type=ACCESS_TOKEN, audience=SITE_B,
        )  # fmt: skip
    assert signed(metadata, answer["access_token"]).claims["aud"] == [SITE_B]

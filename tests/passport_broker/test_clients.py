"""Whom people are sent back to, how accounts are named, and where the metadata is."""

import httpx
import pytest

from passport_broker.app import METADATA_PATH, create_metadata, issuer_at, signing_of
from passport_broker.domain.accounts import new_subject
from passport_broker.domain.clients import GRANTS, Client
from passport_broker.provider.parts import Ground
from passport_broker.service import Identities
from passport_broker.visa_source import NoVisas
from serving.front import compose
from serving.testing import client as in_process
from tests.passport_broker.running import PASSWORD, Broker, Person, ask


def native(*uris: str, secret: bytes | None = None) -> Client:
    return Client("app", "App", secret, uris, (GRANTS["code"],), ("openid",), (), (), "RS256")


@pytest.mark.parametrize(
    ("registered", "asked", "sent"),
    [
        ("http://127.0.0.1/back", "http://127.0.0.1:51004/back", True),
        ("http://127.0.0.1:8000/back", "http://127.0.0.1:51004/back", True),
        ("http://[::1]/back", "http://[::1]:51004/back", True),
        ("http://127.0.0.1/back", "http://127.0.0.1:51004/back/", False),
        ("http://127.0.0.1/back", "http://[::1]:51004/back", False),
        ("http://127.0.0.1/back", "https://127.0.0.1:51004/back", False),
        ("http://127.0.0.1/back", "http://127.0.0.1:51004@evil.example/back", False),
        ("http://127.0.0.1/back", "http://127.0.0.1.evil.example:51004/back", False),
        ("http://127.0.0.1/back", "http://127.0.0.1:514444/back", False),
        ("http://localhost/back", "http://localhost:51004/back", False),
        ("https://app.example/back", "https://app.example:51004/back", False),
    ],
)
def test_a_program_on_the_person_s_machine_takes_any_port_of_it(
    registered: str, asked: str, *, sent: bool
) -> None:
    assert native(registered).sends_to(registered)
    assert native(registered).sends_to(asked) is sent
    assert not native(registered, secret=b"x").sends_to(asked)


def test_a_hint_at_a_login_may_hold_any_letters(broker: Broker) -> None:
    login, _ = broker.account()
    page = Person(broker, login).open(ask(broker, broker.client(), login_hint="jürgen@site.example").address)
    assert (page.status_code, "Allow" in page.text) == (200, True)


def test_no_subject_looks_like_an_option() -> None:
    assert not any(new_subject().startswith("-") for _ in range(2000))


def test_an_account_is_known_in_any_spelling_of_its_login(broker: Broker) -> None:
    login, account = broker.account()
    identities = Identities(broker.database)
    for each in (login.upper(), f" {login} ", account.subject):
        assert identities.disable(each).subject == account.subject
        assert identities.enable(each).subject == account.subject
    identities.set_password(login.upper(), PASSWORD + "!")
    assert identities.authenticate(login, PASSWORD + "!") is not None


def test_the_metadata_is_where_an_issuer_with_a_path_has_it(broker: Broker) -> None:
    signing = signing_of(broker.folder, broker.url)
    ground = Ground(site=broker.url, database=broker.database, signing=signing, visas=NoVisas(signing))
    with in_process(compose({METADATA_PATH: create_metadata(ground)})) as http:
        found = http.get("/.well-known/oauth-authorization-server/passport")
        assert found.json()["issuer"] == issuer_at(broker.url)
        assert found.json() == httpx.get(f"{broker.issuer}/.well-known/openid-configuration").json()
        assert found.headers["access-control-allow-origin"] == "*"
        assert http.get(f"{METADATA_PATH}/more").status_code == 404
        assert http.post(METADATA_PATH).status_code == 405


@pytest.mark.parametrize("path", ["upstream/%00", "upstream/a%00b", "upstream/%C3%A9", "upstream/x%0Ay"])
def test_a_name_that_nothing_has_is_not_looked_up(broker: Broker, path: str) -> None:
    assert httpx.get(f"{broker.issuer}/{path}/callback").status_code == 404

"""What somebody ends while something is being begun: that does not hold either."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from passport_broker.domain.clients import DEVICE
from passport_broker.passwords import Passwords
from passport_broker.service import Identities
from passport_broker.store import clients, devices
from tests.passport_broker.running import PASSWORD, Broker, Person, ask, redeem

NEW = "another password altogether"
Act = Callable[[], object]


@pytest.fixture
def after(monkeypatch: pytest.MonkeyPatch) -> Callable[[object, str, Act], None]:
    """Does something once, when a function has done its work and nobody has seen yet what came of it."""

    def arrange(owner: object, name: str, act: Act) -> None:
        original, waiting = getattr(owner, name), [act]

        def wrapped(*arguments: Any, **named: Any) -> Any:
            made = original(*arguments, **named)
            if waiting:
                waiting.pop()()
            return made

        monkeypatch.setattr(owner, name, wrapped)

    return arrange


def endings(broker: Broker, login: str) -> dict[str, Act]:
    """The ways in which an account is signed out everywhere, and may be used again."""
    identities = Identities(broker.database)

    def closed() -> None:
        identities.disable(login)
        identities.enable(login)

    return {"password": lambda: identities.set_password(login, NEW), "disabled": closed}


def asks_for_login(page: httpx.Response) -> bool:
    return page.status_code == 200 and 'name="password"' in page.text


@pytest.mark.parametrize("ending", ["password", "disabled"])
def test_a_login_that_was_on_its_way(broker: Broker, after: Any, ending: str) -> None:
    login, _ = broker.account()
    assert not asks_for_login(Person(broker, login).open("account"))
    after(Passwords, "fits", endings(broker, login)[ending])
    assert asks_for_login(Person(broker, login).open("account"))


def test_an_old_password_does_not_come_back_by_being_hashed_anew(
    broker: Broker, after: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    login, _ = broker.account()
    identities = Identities(broker.database)
    monkeypatch.setattr(Passwords, "aged", lambda *_: True)
    after(Passwords, "fits", endings(broker, login)["password"])
    identities.authenticate(login, PASSWORD)
    assert identities.authenticate(login, PASSWORD) is None
    assert identities.authenticate(login, NEW) is not None


def test_a_new_password_is_not_overwritten_by_who_knew_the_one_before(broker: Broker, after: Any) -> None:
    login, _ = broker.account()
    person = Person(broker, login)
    page = person.open("account/password")
    after(Passwords, "fits", endings(broker, login)["password"])
    own = "what the thief would like"
    assert person.send(page, current=PASSWORD, fresh=own, again=own).status_code == 403
    assert Identities(broker.database).authenticate(login, own) is None
    assert Identities(broker.database).authenticate(login, NEW) is not None


@pytest.mark.parametrize("ending", ["password", "disabled", "withdrawn"])
def test_a_device_that_comes_for_its_tokens(broker: Broker, after: Any, ending: str) -> None:
    login, account = broker.account()
    client = broker.client("device", "refresh")
    person = Person(broker, login)
    with broker.http(client) as http:
        scope = "openid ga4gh_passport_v1 offline_access"
        code = http.post("device_authorization", data={"scope": scope}).json()
    page = person.send(person.open("device"), user_code=code["user_code"])
    person.send(page, decision="allow")
    ends = endings(broker, login) | {
        "withdrawn": lambda: clients.withdraw(broker.database, account.subject, client)
    }
    after(devices, "poll", ends[ending])
    made = broker.token(client, grant_type=DEVICE, device_code=code["device_code"]).json()
    assert "ga4gh_passport_v1" in made["scope"]  # nobody knew better yet
    held = httpx.get(f"{broker.issuer}/userinfo", headers={"authorization": f"Bearer {made['access_token']}"})
    assert held.status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": made["refresh_token"]}
    assert broker.token(client, **form).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("ending", ["password", "disabled", "withdrawn"])
def test_a_code_that_is_being_made(broker: Broker, after: Any, ending: str) -> None:
    login, account = broker.account()
    client = broker.client()
    asked = ask(broker, client)
    ends = endings(broker, login) | {
        "withdrawn": lambda: clients.withdraw(broker.database, account.subject, client)
    }
    after(clients, "consent", ends[ending])
    code = Person(broker).allow(asked.address, login)["code"]
    assert redeem(broker, asked, code).json()["error"] == "invalid_grant"
    if ending == "withdrawn":  # and who allows it once more gets in, by the new consent alone
        again = ask(broker, client)
        assert redeem(broker, again, Person(broker).allow(again.address, login)["code"]).status_code == 200
        assert redeem(broker, asked, code).status_code == 400

"""How often the broker may be asked, by everybody together."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from database.engine import Database
from passport_broker.limiting import Rates, TooOften
from passport_broker.settings import PassportSettings
from tests.passport_broker.running import PASSWORD, Broker, Person, running

ROOT = Path(__file__).parents[2]

PROCESS = """
import sys
from database.engine import Database
from passport_broker.limiting import Rates, TooOften
from passport_broker.settings import PassportSettings
rates = Rates(Database(sys.argv[1]), PassportSettings(login_rate="20/hour", address_rate="1000/hour"))
taken = 0
for _ in range(30):
    try:
        rates.tries_login("ada", "192.0.2.1")
        taken += 1
    except TooOften:
        pass
print(taken)
"""


def test_a_limit_holds_across_processes(broker_database: Database) -> None:
    url = broker_database.url.render_as_string(hide_password=False)
    both = [
        subprocess.Popen([sys.executable, "-c", PROCESS, url], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    taken = [int(each.communicate(timeout=60)[0]) for each in both]
    assert sum(taken) == 20
    rates = Rates(broker_database, PassportSettings(login_rate="20/hour"))
    with pytest.raises(TooOften) as told:
        rates.tries_login("ada", "192.0.2.1")
    assert 3000 < told.value.seconds <= 3601
    rates.tries_login("ada", "192.0.2.2")  # its owner, elsewhere
    rates.tries_login("eve", "192.0.2.1")
    rates.logged_in("ada", "192.0.2.1")
    rates.tries_login("ada", "192.0.2.1")


def test_guesses_at_one_account_from_everywhere_end(broker_database: Database) -> None:
    rates = Rates(broker_database, PassportSettings(login_rate="2/hour", address_rate="1000/hour"))
    for number in range(20):
        rates.tries_login("bob", f"198.51.100.{number}")
    with pytest.raises(TooOften):
        rates.tries_login("bob", "198.51.100.99")


def test_no_name_and_no_address_is_kept(broker_database: Database) -> None:
    rates = Rates(broker_database, PassportSettings())
    rates.tries_login("carol-the-secret", "203.0.113.77")
    with broker_database.reading() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT key FROM passport_broker.rate")
        keys = [bytes(row[0]) for row in cursor.fetchall()]
    assert keys
    assert not any(b"carol" in each or b"203.0" in each for each in keys)


@pytest.fixture
def strict(broker_database: Database, tmp_path: Path) -> object:
    from passport_broker.store.rates import RateStorage

    RateStorage(broker_database).reset()
    return running(
        broker_database, tmp_path, login_rate="3/hour", address_rate="5/hour", client_rate="3/hour",
        token_rate="12/hour",
    )  # fmt: skip


def test_passwords_are_not_to_be_guessed(strict: object) -> None:
    with strict as broker:  # type: ignore[attr-defined]
        assert isinstance(broker, Broker)
        login, _ = broker.account()
        person = Person(broker)
        assert [person.log_in(login, "wrong").status_code for _ in range(3)] == [403] * 3
        for password in ("wrong", PASSWORD):
            refused = person.log_in(login, password)
            assert refused.status_code == 429
            assert int(refused.headers["retry-after"]) > 3000


def test_device_codes_are_not_to_be_guessed(strict: object) -> None:
    with strict as broker:  # type: ignore[attr-defined]
        login, _ = broker.account()
        person = Person(broker, login)
        page = person.open("device")
        said = [person.send(page, user_code=f"BBBB-BBB{each}").status_code for each in "BCDFGHJ"]
        assert said == [404] * 5 + [429] * 2


def test_secrets_of_clients_are_not_to_be_guessed_nor_tokens_asked_for_without_end(strict: object) -> None:
    with strict as broker:  # type: ignore[attr-defined]
        client = broker.client("credentials", scopes=("x",))
        form = {"grant_type": "client_credentials", "client_id": client, "client_secret": "wrong"}
        said = [httpx.post(f"{broker.issuer}/token", data=form) for _ in range(5)]
        assert [each.status_code for each in said] == [401] * 3 + [429] * 2
        assert said[-1].json()["error"] == "slow_down"
        assert int(said[-1].headers["retry-after"]) > 3000
        said = [httpx.get(f"{broker.issuer}/userinfo") for _ in range(10)]
        assert [each.status_code for each in said] == [401] * 7 + [429] * 3


def test_of_several_limits_each_holds(broker_database: Database) -> None:
    rates = Rates(broker_database, PassportSettings(login_rate="50/minute;3/hour", address_rate="1000/hour"))
    for _ in range(3):
        rates.tries_login("several", "203.0.113.8")
    with pytest.raises(TooOften) as told:
        rates.tries_login("several", "203.0.113.8")
    assert told.value.seconds > 60


def test_who_types_in_codes_of_their_devices_is_not_guessing(strict: object) -> None:
    with strict as broker:  # type: ignore[attr-defined]
        login, _ = broker.account()
        person, client = Person(broker, login), broker.client("device", public=True)
        for _ in range(5):
            form = {"client_id": client, "scope": "openid"}
            begun = httpx.post(f"{broker.issuer}/device_authorization", data=form)
            page = person.send(person.open("device"), user_code=begun.json()["user_code"])
            assert "is signed in" in person.send(page, decision="allow").text


def test_a_client_with_a_wrong_secret_keeps_no_other_from_its_work(strict: object) -> None:
    with strict as broker:  # type: ignore[attr-defined]
        broken, sound = (broker.client("credentials", scopes=("x",)) for _ in range(2))
        form = {"grant_type": "client_credentials", "client_id": broken, "client_secret": "wrong"}
        said = [httpx.post(f"{broker.issuer}/token", data=form).status_code for _ in range(4)]
        assert said == [401] * 3 + [429]
        assert broker.token(sound, grant_type="client_credentials").status_code == 200

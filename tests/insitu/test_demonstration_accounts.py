"""People to log in as on the demonstration site: while only its machine can reach it, and nowhere else."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from database.engine import Database
from governance.caller import Identity, Role
from governance.roles import RoleRegister
from insitu import web
from insitu.demonstration import accounts
from insitu.demonstration.plan import ACCOUNTS, PASSWORD
from insitu.exits import Stop
from insitu.house import House
from insitu.settings import SiteSettings
from passport_broker.service import Identities
from serving.testing import Client
from tests.insitu.own_logging import logging_given_back
from tests.passport_broker.running import form_of

HERE = "http://127.0.0.1:8080"


@pytest.fixture
def house(tmp_path: Path, site_database: Database) -> Iterator[House]:
    from tests.governance.audit.trails import emptied

    emptied(site_database)
    found = House(tmp_path, SiteSettings(data_dir=tmp_path), site_database)
    yield found
    found.close()


@contextmanager
def served(house: House, url: str, origin: str, *, loopback: bool) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as environment, logging_given_back():
        environment.setenv("INSITU_DATABASE_URL", url)
        app = web.create(str(house.folder), ["passport"], broker=False, origin=origin, loopback=loopback)
        with Client(app) as client:
            yield client


def logged_in(client: Client, login: str, **headers: str) -> tuple[int, str]:
    """The status of a login, and the cookie after it."""
    page = client.get("/passport/login", headers={"cookie": "a=new browser"})
    before = {"cookie": page.headers["set-cookie"].split(";")[0]}
    sent = form_of(page)[1] | {"login": login, "password": PASSWORD}
    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer = client.post("/passport/login", content=urlencode(sent), headers=before | kind | headers)
    return answer.status_code, answer.headers.get("set-cookie", "").split(";")[0]


def test_they_are_for_a_site_that_only_its_machine_can_reach(
    house: House, fresh_database_url: str
) -> None:
    accounts.open_accounts(house, f"{HERE}/passport")
    with served(house, fresh_database_url, HERE, loopback=True) as client:
        for each in ACCOUNTS:
            status, cookie = logged_in(client, each.login)
            assert status == 303
            assert each.name in client.get("/passport/account", headers={"cookie": cookie}).text
        status, old = logged_in(client, "custodian")
    for origin in (HERE, "https://site.example"):  # a name that is this machine's makes it no private site
        with served(house, fresh_database_url, origin, loopback=False) as client:
            assert client.get("/passport/account", headers={"cookie": old}).status_code == 303
            assert logged_in(client, "custodian")[0] == 403
    everybody = Identities(house.database).all()
    assert {each.account.disabled for each in everybody if each.account.kind == "demonstration"} == {True}
    Identities(house.database).enable("custodian")  # also where somebody opens one again
    with served(house, fresh_database_url, "https://site.example", loopback=False) as client:
        assert logged_in(client, "custodian")[0] == 403
    with served(house, fresh_database_url, HERE, loopback=True) as client:
        assert logged_in(client, "custodian")[0] == 403  # closed, until the demonstration starts again
    accounts.open_accounts(house, f"{HERE}/passport")
    with served(house, fresh_database_url, HERE, loopback=True) as client:
        assert logged_in(client, "custodian")[0] == 303


def test_they_are_made_once_and_given_back_as_they_were(house: House) -> None:
    accounts.open_accounts(house, f"{HERE}/passport")
    identities = Identities(house.database)
    before = {each.login: each.account.subject for each in identities.all()}
    identities.set_password("committee", "somebody's own password")
    identities.disable("researcher")
    accounts.open_accounts(house, "http://127.0.0.1:9999/passport")
    assert {each.login: each.account.subject for each in identities.all()} == before
    roles = RoleRegister(house.database)
    for each in ACCOUNTS:
        assert identities.authenticate(each.login, PASSWORD) is not None
        for issuer in (f"{HERE}/passport", "http://127.0.0.1:9999/passport"):
            given = roles.of(Identity(issuer, before[each.login]))
            assert given == (frozenset() if each.role is None else {each.role})
    assert {each.role for each in ACCOUNTS} == {None, Role.COMMITTEE, Role.CUSTODIAN}


def test_an_account_of_a_real_site_is_not_taken(house: House) -> None:
    from passport_broker.store.asking import done

    done(house.database, "DELETE FROM passport_broker.account WHERE login = 'researcher'")
    Identities(house.database).add("researcher", "the password of a real person")
    with pytest.raises(Stop, match=r"researcher.*--data-dir"):
        accounts.open_accounts(house, f"{HERE}/passport")
    assert Identities(house.database).authenticate("researcher", PASSWORD) is None
    done(house.database, "DELETE FROM passport_broker.account WHERE login = 'researcher'")

"""A site's broker with its access pages and admin API on a real port, and people with browsers."""

import html
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from database.engine import Database
from governance.audit.trail import Trail
from governance.caller import Identity, Role
from governance.gate import Gate
from governance.keys.fetching import Http
from governance.passport.clearinghouse import Clearinghouse
from governance.passport.trustfile import TrustFile
from governance.policy.diseases import NO_DISEASES
from governance.policy.engine import Policy
from governance.register import DatasetRegister
from governance.roles import RoleRegister
from passport_broker import api
from passport_broker.access import Access, access_of
from passport_broker.app import BASE_PATH, create_app, issuer_at, signing_of
from passport_broker.pages.access import access_pages
from passport_broker.provider.parts import Ground
from passport_broker.recording import recording
from passport_broker.settings import PassportSettings
from serving.front import compose
from serving.listening import listen, url_of
from serving.running import Server, config_of
from serving.settings import ServingSettings
from tests.governance.passport.sites import shared_http
from tests.passport_broker.running import GENEROUS, Broker, Person

TRUST = """
audiences = ["{site}"]
[[broker]]
issuer = "{issuer}"
visas = "userinfo"
[[visa_issuer]]
issuer = "{issuer}"
jku = ["{issuer}/jwks"]
[sources]
ControlledAccessGrants = ["https://dac.example/committee", "{issuer}"]
LinkedIdentities = ["{issuer}"]
"""


@dataclass
class Walk:
    """A running site, and what it is made of."""

    broker: Broker
    access: Access
    house: Clearinghouse
    roles: RoleRegister
    trail: Trail

    def person(self, *, role: Role | None = None) -> tuple["Reader", str]:
        """Somebody new who is logged in; their subject."""
        login, account = self.broker.account()
        if role is not None:
            self.roles.give(Identity(self.broker.issuer, account.subject), role)
        return Reader(self.broker, login), account.subject


class Reader(Person):
    """A person who picks a form of a page by where it goes; `login` is theirs, where they are logged in."""

    def __init__(self, broker: Broker, login: str = "") -> None:
        super().__init__(broker, login or None)
        self.login = login

    def form(self, page: httpx.Response, to: str, **fields: Any) -> httpx.Response:
        """The answer to the form of a page that goes to an address with this end, filled in."""
        assert page.status_code in (200, 400), page.text
        for each in page.text.split("<form ")[1:]:
            text = each.partition("</form>")[0]
            action = re.search(r'^[^>]*action="([^"]*)"', text)
            target = html.unescape(action[1]) if action else page.url.path
            if target.endswith(to):
                pairs = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', text)
                hidden = {name: html.unescape(value) for name, value in pairs}
                url = str(page.url.join(target))
                return self._follow(self.http.post(url, data=hidden | fields))
        raise AssertionError(f"no form goes to {to}: {page.text}")


@contextmanager
def walking(
    database: Database, folder: Path, http: Http | None = None, *, port: int = 0, **changed: Any
) -> Iterator[Walk]:
    """The site on a free port, or that one; `http` calls providers of others."""
    with listen("127.0.0.1", port) as bound:
        url = url_of(bound)
        settings, signing = PassportSettings(**(GENEROUS | changed)), signing_of(folder, url)
        trail, roles = Trail(database, folder), RoleRegister(database)
        access = access_of(
            settings,
            database=database,
            trail=trail,
            gate=Gate(Policy(), trail, roles=roles.of),
            register=DatasetRegister(database),
            diseases=lambda: NO_DISEASES,
            signing=signing,
        )
        (folder / "trust.toml").write_text(TRUST.format(site=url, issuer=issuer_at(url)), encoding="utf-8")
        trust = TrustFile(folder / "trust.toml")
        house = Clearinghouse(trust.current, shared_http(), time.time, broker=access.own)
        broker = Broker(url, database, folder, signing)
        app = create_app(
            Ground(site=url, database=database, signing=signing, visas=access.visas),
            settings,
            folder=folder,
            record=recording(trail, signing.issuer),
            blueprints=[access_pages(access)],
            trail=trail,
            http=shared_http() if http is None else http,
            loopback=True,
        )
        admin = api.create_api(access, identify=house.identify, public_url=url)
        front = compose({BASE_PATH: app, api.BASE_PATH: admin})
        started = threading.Event()
        server = Server(config_of(front, ServingSettings()), started.set)
        thread = threading.Thread(target=server.run, args=([bound],), daemon=True)
        thread.start()
        assert started.wait(30)
        try:
            yield Walk(broker, access, house, roles, trail)
        finally:
            server.should_exit = True
            thread.join()
            trail.close()

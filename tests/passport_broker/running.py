"""A broker on a port of this machine, a person with a browser, and clients."""

import html
import re
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from database.engine import Database
from passport_broker.app import BASE_PATH, create_app, signing_of
from passport_broker.domain.accounts import Account
from passport_broker.domain.clients import GRANTS, Client
from passport_broker.provider.parts import Ground
from passport_broker.service import Clients, Identities
from passport_broker.settings import PassportSettings
from passport_broker.signing.keys import Signing
from passport_broker.visa_source import PASSPORT_TYPE, VISA_TYPE
from serving.front import compose
from serving.listening import listen, url_of
from serving.running import Server, config_of
from serving.settings import ServingSettings

PASSWORD = "correct horse battery staple"
CALLBACK = "https://app.example/callback"
SCOPES = ("openid", "profile", "email", "ga4gh_passport_v1", "offline_access")
SITE_B = "https://site-b.example"
GENEROUS = {"login_rate": "1000/minute", "address_rate": "10000/minute", "client_rate": "10000/minute"}


class Stamped:
    """Visas that are signed for real: each account has one that names it."""

    def __init__(self, signing: Signing) -> None:
        self._signing = signing

    def of(self, account_subject: str, until: int = 0) -> list[str]:  # noqa: ARG002 - each is new
        now = int(time.time())
        visa = {
            "type": "ResearcherStatus", "asserted": now, "value": "https://doi.org/10.1038/s41431-018-0219-y",
            "source": "https://site.example", "by": "so",
        }  # fmt: skip
        claims = {"iss": self._signing.issuer, "sub": account_subject, "iat": now, "exp": now + 60}
        return [self._signing.sign(claims | {"ga4gh_visa_v1": visa}, VISA_TYPE, jku=self._signing.jku)]

    def passport(self, account_subject: str, audience: str | list[str] | None = None) -> str:
        now = int(time.time())
        claims = {"iss": self._signing.issuer, "sub": account_subject, "iat": now, "exp": now + 60}
        claims |= {} if audience is None else {"aud": audience}
        return self._signing.sign(claims | {"ga4gh_passport_v1": self.of(account_subject)}, PASSPORT_TYPE)


@dataclass
class Broker:
    """A running broker and what was made at it."""

    url: str
    database: Database
    folder: Path
    signing: Signing
    acts: list[tuple[str, Account | None, Mapping[str, Any] | None]] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return self.url + BASE_PATH

    def account(self, name: str | None = "Ada Example") -> tuple[str, Account]:
        """A new account: its login, and itself."""
        login = f"ada{secrets.token_hex(4)}"
        return login, Identities(self.database).add(login, PASSWORD, name=name, email="ada@site.example")

    def client(
        self,
        *grants: str,
        public: bool = False,
        audiences: tuple[str, ...] = (),
        serves: tuple[str, ...] = (),
        scopes: tuple[str, ...] = SCOPES,
        algorithm: str = "RS256",
    ) -> str:
        """A new client; its id. Its secret is in `secrets`."""
        identifier = f"client-{secrets.token_hex(4)}"
        named = tuple(GRANTS[each] for each in grants or ("code", "refresh"))
        made = Client(
            identifier, f"The {identifier}", None, (CALLBACK,), named, scopes, audiences, serves, algorithm
        )
        secret = Clients(self.database).add(made, public=public)
        if secret:
            self.secrets[identifier] = secret
        return identifier

    def http(self, client: str | None = None, **options: Any) -> httpx.Client:
        """A program's HTTP client, with its credentials."""
        pair = (client, self.secrets[client]) if client in self.secrets else None
        return httpx.Client(base_url=self.issuer + "/", auth=pair, **options)

    def token(self, client: str, **form: Any) -> httpx.Response:
        """The answer of the token endpoint."""
        if client not in self.secrets:
            form.setdefault("client_id", client)
        with self.http(client) as http:
            return http.post("token", data=form)


def elsewhere(database: Database, folder: Path) -> Any:
    """The app of a site that is reached over the network."""
    signing = signing_of(folder, "https://site.example")
    ground = Ground(site="https://site.example", database=database, signing=signing, visas=Stamped(signing))
    return compose({BASE_PATH: create_app(ground, folder=folder, record=lambda *_: None)})


@contextmanager
def running(database: Database, folder: Path, **settings: Any) -> Iterator[Broker]:
    """A broker on a free port."""
    with listen("127.0.0.1", 0) as bound:
        url = url_of(bound)
        broker = Broker(url, database, folder, signing_of(folder, url))
        ground = Ground(site=url, database=database, signing=broker.signing, visas=Stamped(broker.signing))
        app = create_app(
            ground,
            PassportSettings(**{**GENEROUS, **settings}),
            folder=folder,
            record=lambda *act: broker.acts.append((act[0], act[1], act[2] if len(act) > 2 else None)),
            loopback=True,
        )
        started = threading.Event()
        server = Server(config_of(compose({BASE_PATH: app}), ServingSettings()), started.set)
        thread = threading.Thread(target=server.run, args=([bound],), daemon=True)
        thread.start()
        assert started.wait(30)
        try:
            yield broker
        finally:
            server.should_exit = True
            thread.join()


class Person:
    """Somebody with a browser, who follows links of the broker's own, and none elsewhere."""

    def __init__(self, broker: Broker, login: str | None = None) -> None:
        self.broker = broker
        self.http = httpx.Client(follow_redirects=False, limits=httpx.Limits(max_keepalive_connections=0))
        if login is not None:
            self.log_in(login)

    def open(self, path: str, **options: Any) -> httpx.Response:
        """A page, after redirects within the broker."""
        return self._follow(self.http.get(urljoin(self.broker.issuer + "/", path), **options))

    def send(self, page: httpx.Response, **fields: str) -> httpx.Response:
        """The answer to the last form of a page, filled in."""
        action, hidden = form_of(page)
        return self._follow(self.http.post(urljoin(str(page.url), action), data=hidden | fields))

    def log_in(self, login: str, password: str = PASSWORD) -> httpx.Response:
        return self.send(self.open("login"), login=login, password=password)

    def allow(self, address: str, login: str) -> dict[str, str]:
        """What the client gets back, after a login and consent where they are asked for."""
        page = self.open(address)
        if page.status_code == 200 and 'name="password"' in page.text:
            page = self.send(page, login=login, password=PASSWORD)
        if page.status_code == 200:
            page = self.send(page, decision="allow")
        return returned(page)

    def _follow(self, answer: httpx.Response) -> httpx.Response:
        while answer.is_redirect:
            target = str(answer.next_request.url) if answer.next_request else ""
            if not target.startswith(self.broker.issuer):
                return answer
            answer = self.http.get(target)
        return answer


def form_of(page: httpx.Response) -> tuple[str, dict[str, str]]:
    """Where the last form of a page goes, and its hidden fields."""
    assert page.status_code in (200, 403, 404), page.text
    form = page.text.rpartition("<form ")[2]
    action = re.search(r'action="([^"]*)"', form)
    assert action is not None, page.text
    pairs = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form)
    return html.unescape(action[1]), {name: html.unescape(value) for name, value in pairs}


def returned(answer: httpx.Response) -> dict[str, str]:
    """What a redirect to the client says."""
    assert answer.is_redirect, answer.text
    location = answer.headers["location"]
    assert location.startswith(CALLBACK + "?"), location
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


@dataclass
class Asked:
    """An authorization request, and what its client has to remember."""

    client: str
    verifier: str
    address: str


def ask(broker: Broker, client: str, *, drop: tuple[str, ...] = (), **parameters: str) -> Asked:
    """A good authorization request, or one with other parameters."""
    verifier = secrets.token_urlsafe(40)
    asked = {
        "response_type": "code", "client_id": client, "redirect_uri": CALLBACK, "state": "the state",
        "scope": "openid ga4gh_passport_v1", "code_challenge": create_s256_code_challenge(verifier),
        "code_challenge_method": "S256", "nonce": "the nonce",
    } | parameters  # fmt: skip
    sent = {name: value for name, value in asked.items() if name not in drop}
    return Asked(client, verifier, f"{broker.issuer}/authorize?{urlencode(sent)}")


def redeem(broker: Broker, asked: Asked, code: str, **changes: str) -> httpx.Response:
    """The answer to a client that brings its code."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK,
            "code_verifier": asked.verifier}  # fmt: skip
    return broker.token(asked.client, **(form | changes))


def tokens(broker: Broker, login: str, client: str, **parameters: str) -> dict[str, Any]:
    """The tokens of somebody who logs in and allows it."""
    asked = ask(broker, client, **parameters)
    code = Person(broker).allow(asked.address, login)["code"]
    answer = redeem(broker, asked, code)
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]

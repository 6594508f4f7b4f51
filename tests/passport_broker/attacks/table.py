"""The table of attacks: each says where it comes from and what is tried, and shows that honest use works.

@attack("RFC 9700, 4.5", "a stolen code in the attacker's own session")
def _(scene: Scene) -> None:
    ...
    scene.refused(redeem(...), "invalid_grant")
    scene.honest(redeem(...))
"""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.passport_broker.access.walking import Walk
from tests.passport_broker.running import CALLBACK, Broker, Person, ask, redeem

OFFLINE = "openid ga4gh_passport_v1 offline_access"
EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
}
PASSPORT = {"requested_token_type": "urn:ga4gh:params:oauth:token-type:passport"}
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
EVIL = "evil.example"
_PRIZES = re.compile(r'"(access_token|refresh_token|id_token|device_code|ga4gh_passport_v1)"|eyJ[\w-]{20}')


@dataclass
class Scene:
    """Running brokers, and what an attack has come to so far.

    `broker` is the provider alone; `walk` a site with access applications; both answer over HTTP.
    """

    broker: Broker
    walk: Walk
    folder: Path
    residents: dict[str, Person] = field(default_factory=dict)
    wins: int = 0
    losses: int = 0

    def honest(self, answer: httpx.Response) -> httpx.Response:
        """What somebody who may gets: an answer, or the way back to the client with a code."""
        if answer.is_redirect:
            assert "code" in asked_back(answer), answer.headers["location"]
        else:
            assert answer.status_code in (200, 201), answer.text
        self.wins += 1
        return answer

    def refused(self, answer: httpx.Response, *errors: str) -> httpx.Response:
        """What an attacker gets: an error, one of these where any are named, and nothing of value with it."""
        said = asked_back(answer) if answer.is_redirect else {}
        assert answer.status_code >= 400 or (answer.is_redirect and said.get("error")), answer.text
        assert answer.status_code < 500, answer.text
        assert not _PRIZES.search(answer.text + answer.headers.get("location", "")), answer.text
        assert "code" not in said, said
        error = said.get("error") or error_of(answer)
        assert not errors or error in errors, (answer.status_code, answer.text)
        self.losses += 1
        return answer

    def holds(self, what: bool) -> None:
        """Something else that the attacker did not get."""
        assert what
        self.losses += 1

    def works(self, what: bool) -> None:
        """Something else that somebody who may does get."""
        assert what
        self.wins += 1

    def person(self) -> tuple[Person, str]:
        """Somebody new who is logged in at the provider, and their login."""
        login, _ = self.broker.account()
        return Person(self.broker, login), login

    def resident(self, name: str = "ada") -> Person:
        """Somebody of that name who logged in once for all attacks: passwords take their time."""
        if name not in self.residents:
            self.residents[name], _ = self.person()
        return self.residents[name]

    def code(self, client: str, who: str = "ada", **parameters: str) -> tuple[Any, str]:
        """A request that a resident allowed, and the code that came of it."""
        asked = ask(self.broker, client, **parameters)
        person = self.resident(who)
        return asked, asked_back(person.send(person.open(asked.address), decision="allow"))["code"]

    def tokens(self, client: str, who: str = "ada", **parameters: str) -> dict[str, Any]:
        """Tokens of a resident."""
        asked, code = self.code(client, who, **parameters)
        return self.honest(redeem(self.broker, asked, code)).json()  # type: ignore[no-any-return]

    def userinfo(self, token: str) -> httpx.Response:
        """What the UserInfo endpoint says."""
        return httpx.get(f"{self.broker.issuer}/userinfo", headers={"authorization": f"Bearer {token}"})

    def post(self, path: str, *, content: str = "", headers: dict[str, str] | None = None,
             **form: Any) -> httpx.Response:  # fmt: skip
        """A program's form, without credentials of its own."""
        url = f"{self.broker.issuer}/{path}"
        if content:
            typed = {"content-type": "application/x-www-form-urlencoded"} | (headers or {})
            return httpx.post(url, content=content, headers=typed)
        return httpx.post(url, data=form, headers=headers)


@dataclass(frozen=True)
class Attack:
    """A row: the section that names the threat, what is tried, and the trying."""

    section: str
    tries: str
    play: Callable[[Scene], None]

    def __str__(self) -> str:
        return f"{self.section}: {self.tries}"


ATTACKS: list[Attack] = []


def attack(section: str, tries: str) -> Callable[[Callable[[Scene], None]], Callable[[Scene], None]]:
    """Adds a row."""

    def add(play: Callable[[Scene], None]) -> Callable[[Scene], None]:
        ATTACKS.append(Attack(section, tries, play))
        return play

    return add


def asked_back(answer: httpx.Response) -> dict[str, str]:
    """What a redirect tells the client; it leads nowhere but to its registered address."""
    location = answer.headers["location"]
    assert location.startswith(CALLBACK + "?"), location
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def error_of(answer: httpx.Response) -> str:
    """The error code of a JSON answer, or of a Bearer challenge."""
    if answer.headers.get("content-type", "").startswith("application/json") and answer.content:
        return str(answer.json().get("error", ""))
    return ""


class _Trap(BaseHTTPRequestHandler):
    def _hit(self) -> None:
        self.server.hits.append(self.path)  # type: ignore[attr-defined]
        self.send_response(404)
        self.end_headers()

    do_GET = do_POST = _hit  # noqa: N815 - as the class in the library wants them

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def trap() -> Iterator[tuple[str, list[str]]]:
    """A server that nobody should ever call: its address, and whoever called it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Trap)
    server.hits = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", server.hits  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

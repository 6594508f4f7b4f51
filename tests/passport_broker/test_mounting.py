"""The broker among other apps: nobody holds it up, however they send."""

import asyncio
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from database.engine import Database
from passport_broker.mounting import BODY_MOST, BODY_SECONDS, Unhurried
from serving.testing import client as in_process
from tests.passport_broker.running import Broker, elsewhere

HEAD = (
    "POST /passport/token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n"
    "content-length: 1000\r\n\r\ngrant_type="
)


def test_many_who_send_slowly_hold_up_nobody(broker: Broker) -> None:
    where = urlsplit(broker.url)
    with ExitStack() as opened:
        slow = []
        for _ in range(40):
            found = opened.enter_context(socket.create_connection((where.hostname, where.port or 0), 30))
            found.sendall(HEAD.encode())
            slow.append(found)
        began = time.monotonic()
        for _ in range(5):
            assert httpx.get(f"{broker.issuer}/login").status_code == 200
        assert time.monotonic() - began < BODY_SECONDS / 2
        assert slow[0].recv(100).startswith(b"HTTP/1.1 408")


def test_what_is_too_large_is_not_read(broker: Broker) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    for content in (b"a=" + b"b" * BODY_MOST, iter([b"a=" + b"b" * 100_000] * 12)):
        answer = httpx.post(f"{broker.issuer}/token", content=content, headers=form)
        assert answer.status_code == 413
    many = "&".join(f"a{each}=b" for each in range(5000))
    assert httpx.post(f"{broker.issuer}/token", content=many, headers=form).status_code in (400, 413)
    assert httpx.get(f"{broker.issuer}/authorize?{'a' * 9000}").status_code == 414


def test_what_is_not_there_and_what_is_not_done_is_said(broker: Broker) -> None:
    for path, status in (
        ("", 303),
        ("/", 303),
        ("/nowhere", 404),
        ("/static/../web.py", 404),
        ("/%2e%2e/", 404),
    ):
        assert httpx.get(broker.issuer + path).status_code == status, path
    assert httpx.get(f"{broker.issuer}/token").status_code == 405
    assert httpx.put(f"{broker.issuer}/jwks").status_code in (403, 405)
    head = httpx.head(f"{broker.issuer}/login")
    assert (head.status_code, head.content) == (200, b"")


def test_without_its_database_the_broker_says_so(tmp_path: Path) -> None:
    database = Database("postgresql://nobody@127.0.0.1:9/none", connect_timeout_seconds=1)
    with in_process(elsewhere(database, tmp_path)) as http:
        form = {"content-type": "application/x-www-form-urlencoded"}
        answer = http.post("/passport/token", content="grant_type=client_credentials", headers=form)
        assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
        assert answer.headers["retry-after"] == "5"
        page = http.get("/passport/account", headers={"cookie": f"__Host-insitu={'x' * 43}"})
        assert (page.status_code, "try again" in page.text) == (503, True)
        assert len(http.get("/passport/jwks").json()["keys"]) == 2
    database.dispose()


@pytest.mark.parametrize("sent", [[], [b"decision=allow"], [b"decision=", b"allow"]])
def test_a_form_that_ends_in_the_middle_is_no_form(sent: list[bytes]) -> None:
    asked: list[object] = []
    answered: list[object] = []
    messages = [{"type": "http.request", "body": each, "more_body": True} for each in sent]
    messages.append({"type": "http.disconnect"})

    async def receive() -> dict[str, object]:
        return messages.pop(0)

    async def send(message: object) -> None:
        answered.append(message)

    async def asking() -> None:
        app = Unhurried(lambda *call: asked.append(call), 1)
        await app({"type": "http", "method": "POST", "path": "/passport/consent"}, receive, send)

    asyncio.run(asking())
    assert asked == answered == []


def test_what_is_read_of_all_together_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """In bytes, and in requests: who sends a megabyte slowly takes it from the others' room."""
    from passport_broker import mounting

    monkeypatch.setattr(mounting, "READING_MOST", 1000)
    said: list[int] = []

    async def send(message: dict) -> None:
        if message["type"] == "http.response.start":
            said.append(message["status"])

    def half(size: int, until: asyncio.Event):
        parts = iter([{"type": "http.request", "body": b"x" * size, "more_body": True}])

        async def receive() -> dict:
            for each in parts:
                return each
            await until.wait()
            return {"type": "http.disconnect"}

        return receive

    async def both() -> None:
        app, until = Unhurried(lambda *_: [], 1), asyncio.Event()
        scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
        slow = [asyncio.create_task(app(scope, half(400, until), send)) for _ in range(2)]
        await asyncio.sleep(0)
        await app(scope, half(400, until), send)
        assert said == [503]
        app._most = 2
        await app(scope, half(1, until), send)
        assert said == [503, 503]
        until.set()
        await asyncio.gather(*slow)
        assert (app._reading, app._held) == (0, 0)

    asyncio.run(both())

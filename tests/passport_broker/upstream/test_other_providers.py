"""A provider that somebody else has written, and providers that are gone."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest

from database.engine import Database
from governance.caller import Identity
from governance.keys.fetching import Http
from tests.governance.audit.trails import emptied
from tests.passport_broker.access.walking import walking
from tests.passport_broker.running import tokens
from tests.passport_broker.upstream.idp import Idp
from tests.passport_broker.upstream.visiting import Visitor, left, provider, walk_file, write


@pytest.fixture
def mock() -> Iterator[str]:
    """The address of an oidc-provider-mock, at which clients have to be registered."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-registration",
               "--require-nonce"]  # fmt: skip
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env={**os.environ, "PYTHONWARNINGS": "ignore"}, **quiet)
    url = f"http://localhost:{port}"
    try:
        until = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"{url}/.well-known/openid-configuration")
                break
            except httpx.TransportError:
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def at_mock(address: str, sub: str) -> dict[str, str]:
    """What the browser brings back after a login at the mock's own form."""
    with httpx.Client() as browser:
        page = browser.get(address)
        assert page.status_code == 200, page.text
        action = re.search(r'<form[^>]*action="([^"]*)"', page.text)
        where = urljoin(address, action[1]) if action else address
        answer = browser.post(where, data={"sub": sub})
    assert answer.status_code in (302, 303), answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def registered(mock: str, redirect: str) -> tuple[str, str]:
    """The id and secret of a client registered there."""
    answer = httpx.post(f"{mock}/oauth2/clients", json={"redirect_uris": [redirect]})
    assert answer.status_code == 201, answer.text
    return answer.json()["client_id"], answer.json()["client_secret"]


def test_a_provider_of_others_logs_people_in(mock: str, site_database: Database, tmp_path: Path) -> None:
    """`oidc-provider-mock`, over HTTP: registered, logged in at twice, linked; its ID tokens name no key."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    client, secret = registered(mock, f"http://127.0.0.1:{port}/passport/upstream/mock/callback")
    write(tmp_path, provider("mock", mock, client, name="The mock"), secrets={"mock": secret})
    httpx.put(f"{mock}/users/alice", json={"name": "Alice Example", "email": "alice@there.example"})
    emptied(site_database)
    http = Http()
    with walking(site_database, tmp_path, http, port=port) as walk:
        somebody = Visitor(walk)
        page = somebody.come("mock", at_mock(somebody.leave("mock"), "alice"))
        assert "<h1>Alice Example</h1>" in page.text, page.text
        again = Visitor(walk)
        again.come("mock", at_mock(again.leave("mock"), "alice"))
        assert again.subject == somebody.subject
        login, account = walk.broker.account()
        local = Visitor(walk, login)
        page = local.come("mock", at_mock(left(local.leave_to_link("mock")), "alice"))
        assert "Alice Example" in page.text
        token = tokens(walk.broker, login, walk.broker.client())["access_token"]
        here = walk.broker.issuer
        assert walk.house.identify(f"Bearer {token}").accounts == {
            Identity(mock, "alice"), Identity(here, account.subject), Identity(here, somebody.subject),
        }  # fmt: skip
    http.close()


def test_a_provider_that_is_gone_keeps_nobody_else_out(
    site_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, http = tmp_path_factory.mktemp("gone"), Http(seconds=2.0)
    with Idp() as idp, Idp(1) as other, Idp(2) as club:
        walk_file(folder, idp, other, club)
        emptied(site_database)
        with walking(site_database, folder, http) as walk:
            late = Visitor(walk)
            answer = other.authorize(late.leave("other"), "late")
            idp.close()
            other.close()
            somebody = Visitor(walk)
            page = somebody.form(somebody.open("login"), "/upstream/idp")
            assert page.status_code == 503
            assert "The idp cannot be asked just now" in page.text
            page = late.come("other", answer)
            assert (page.status_code, "The other cannot be asked just now" in page.text) == (503, True)
            login, _ = walk.broker.account()
            assert "Your account" in somebody.log_in(login).text
            assert "The club" in Visitor(walk).open("login").text
            assert "access_token" in tokens(walk.broker, login, walk.broker.client())
    http.close()



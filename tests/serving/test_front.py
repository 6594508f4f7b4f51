"""The front of a process: prefixes, health, ids, headers, the log, CORS, starting and stopping."""

import asyncio
import logging
import threading
import time

import pytest

from serving.front import compose
from serving.lifespan import StartFailed
from serving.logs import Discreet
from serving.reasons import Unavailable
from serving.settings import ServingSettings
from serving.testing import client
from tests.serving.small_interface import BASE, small_app


def other_app(name, events=None, *, fails=False):
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            if fails:
                await send({"type": "lifespan.startup.failed", "message": f"{name} has no key"})
                return
            events.append(f"{name} started")
            await send({"type": "lifespan.startup.complete"})
            await receive()
            events.append(f"{name} stopped")
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["path"].endswith("/broken"):
            raise RuntimeError("a secret")
        else:
            await send(
                {"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"public")]}
            )
            await send({"type": "http.response.body", "body": name.encode()})

    return app


async def knows_no_lifespan(scope, _receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"plain"})


@pytest.fixture(scope="module")
def http():
    apps = {
        BASE: small_app(),
        "/drs": other_app("drs", []),
        "/drs/v2": other_app("drs 2", []),
        "/": knows_no_lifespan,
    }
    with client(compose({prefix: app for prefix, app in apps.items() if prefix != "/"})) as http:
        yield http


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/drs", "drs"),
        ("/drs/", "drs"),
        ("/drs/v2", "drs 2"),
        ("/drs/v2/x", "drs 2"),
        ("/drs/v22", "drs"),
    ],
)
def test_a_request_goes_to_the_longest_prefix_of_whole_segments(http, path, text):
    assert http.get(path).text == text


def test_an_app_gets_its_whole_path(http):
    assert http.get(f"{BASE}/things/a%2Fb").json() == {"seen": "a/b"}


@pytest.mark.parametrize("path", ["/", "/nothing", "/drsx", "/ga4gh", "/healthz/", "/healthz/x"])
def test_what_belongs_to_no_app_is_a_404_in_json(http, path):
    answer = http.get(path)
    assert (answer.status_code, answer.json()["status"]) == (404, 404)
    assert answer.json()["id"] == answer.headers["x-request-id"]


def test_an_app_without_lifespan_is_just_there():
    with client(compose({"/plain": knows_no_lifespan})) as http:
        assert http.get("/plain").text == "plain"


def test_apps_start_and_stop_with_the_process_and_what_is_closed_is_closed_last():
    events = []
    apps = {"/a": other_app("a", events), "/b": other_app("b", events)}
    with client(compose(apps, closing=[lambda: events.append("first"), lambda: events.append("last")])):
        assert sorted(events) == ["a started", "b started"]
    assert sorted(events[2:4]) == ["a stopped", "b stopped"]
    assert events[4:] == ["last", "first"]


def test_a_process_does_not_start_with_an_app_that_does_not():
    events = []
    apps = {"/aaa": other_app("a", events), "/b": other_app("b", fails=True)}
    with pytest.raises(StartFailed, match="b has no key"), client(compose(apps)):
        pass
    assert events == ["a started", "a stopped"]


def test_every_answer_has_an_id_and_the_headers_of_data(http):
    for path in (BASE, "/nothing", "/healthz", f"{BASE}/ends/mistake"):
        headers = http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert len(headers["x-request-id"]) == 32
    assert http.get("/drs").headers.get_list("cache-control") == ["public"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("abc-1_2.3", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("a b", False),
        ("a\tb", False),
        ("", False),
        ('{"a"}', False),
    ],
)
def test_the_callers_id_is_kept_where_it_is_a_plain_word(http, sent, kept):
    answer = http.get(f"{BASE}/nothing", headers={"x-request-id": sent})
    assert (answer.headers["x-request-id"] == sent) is kept
    assert answer.json()["id"] == answer.headers["x-request-id"]


def test_an_app_that_breaks_is_a_500_that_says_nothing(http, caplog):
    answer = http.get("/drs/broken")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["id"] in caplog.text


def test_the_access_log_is_one_line_without_question_or_credential(http, caplog):
    caplog.set_level(logging.INFO, logger="insitu.access")
    answer = http.get(
        f"{BASE}/things/a%0Ab?id=private", headers={"authorization": "Bearer private", "x-request-id": "r-1"}
    )
    [line] = [each.getMessage() for each in caplog.records if each.name == "insitu.access"]
    assert f"id=r-1 method=GET path={BASE}/things/{{id}} status=401 bytes={len(answer.content)} ms=" in line
    assert "private" not in caplog.text
    assert "\n" not in line


def test_the_access_log_can_be_switched_off(caplog):
    caplog.set_level(logging.INFO, logger="insitu.access")
    with client(compose({}, settings=ServingSettings(access_log=False))) as http:
        http.get("/healthz")
    assert not [each for each in caplog.records if each.name == "insitu.access"]


class Down(Exception):  # noqa: N818
    pass


def fail(error):
    def ping():
        raise error

    return ping


def test_ready_is_every_dependency_by_name_and_why_not_without_secrets(caplog):
    pings = {
        "store": lambda: None,
        "broker": fail(Down("redis://user:hunter2@10.0.0.1")),
        "policy": fail(Unavailable("The policy cannot be read.")),
    }
    with client(compose({}, pings=pings)) as http:
        assert http.get("/healthz").json() == {"status": "up"}
        answer = http.get("/readyz")
        assert http.request("HEAD", "/readyz").status_code == 503
        assert http.post("/readyz").headers["allow"] == "GET, HEAD"
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "not ready",
        "checks": [
            {"name": "store", "ok": True},
            {"name": "broker", "ok": False, "reason": "fails with Down; see the log"},
            {"name": "policy", "ok": False, "reason": "The policy cannot be read."},
        ],
    }
    assert "hunter2" in caplog.text
    assert "hunter2" not in "".join(Discreet().format(each) for each in caplog.records)


def test_ready_is_200_when_all_answer():
    with client(compose({}, pings={"store": lambda: None})) as http:
        answer = http.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")


def test_many_who_ask_at_once_ping_once(monkeypatch):
    monkeypatch.setattr("serving.health.KEEP_SECONDS", 600.0)  # however late a thread comes to ask
    asked = []

    def ping():
        asked.append(1)
        time.sleep(0.2)

    with client(compose({}, pings={"store": ping})) as http:
        threads = [threading.Thread(target=http.get, args=("/readyz",)) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    assert len(asked) == 1


def test_other_origins_pages_may_not_ask_unless_the_site_says_so(http):
    preflight = {"origin": "https://portal.example", "access-control-request-method": "POST"}
    assert (
        "access-control-allow-origin"
        not in http.request("OPTIONS", f"{BASE}/things", headers=preflight).headers
    )
    assert (
        "access-control-allow-origin"
        not in http.get(BASE, headers={"origin": "https://portal.example"}).headers
    )


def test_a_named_origins_pages_may_ask_without_credentials():
    settings = ServingSettings(cors_origins="https://portal.example, https://other.example")
    with client(compose({BASE: small_app()}, settings=settings)) as http:
        asks = {"origin": "https://portal.example", "access-control-request-method": "POST"}
        preflight = http.request("OPTIONS", f"{BASE}/things", headers=asks)
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == "https://portal.example"
        assert "access-control-allow-credentials" not in preflight.headers
        error = http.get(f"{BASE}/nothing", headers={"origin": "https://other.example"})
        assert error.headers["access-control-allow-origin"] == "https://other.example"
        assert (
            "access-control-allow-origin"
            not in http.get(BASE, headers={"origin": "https://evil.example"}).headers
        )


def test_requests_at_once_never_share_anything(http):
    """Each of many concurrent callers finds its own question, caller and id in its answer."""
    wrong = []

    def ask(number):
        for _ in range(20):
            seen = http.get(
                f"{BASE}/things?limit={number}&id=n{number}", headers={"x-request-id": f"r{number}"}
            ).json()["seen"]
            if (seen["limit"], seen["id_"], seen["id"]) != (number, f"n{number}", f"r{number}"):
                wrong.append(seen)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert wrong == []


def test_a_site_that_is_full_says_when_to_come_back():
    from serving.workers import Workers

    workers = Workers(threads=1, waiting=1)
    held = threading.Event()

    async def fill():
        first = asyncio.ensure_future(workers.run(held.wait))
        second = asyncio.ensure_future(workers.run(lambda: "second"))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await workers.run(lambda: "third")
        held.set()
        assert await second == "second"
        await first
        assert await workers.run(lambda: "fourth") == "fourth"

    asyncio.run(fill())
    workers.close()

"""Servers on real sockets, of one process and of several: ports, ends, and what hostile bytes do."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from processes.errors import CannotStart
from serving.front import compose
from serving.limits import Limits
from serving.listening import listen, url_of
from serving.protocol import Protocol
from serving.testing import served
from tests.serving.small_interface import BASE, small_app

HERE = Path(__file__).parent
SCRIPT = """
import sys
from processes.errors import CannotStart
from serving.running import run
from serving.settings import ServingSettings
try:
    run(sys.argv[1], ServingSettings(port=0, processes=int(sys.argv[2]), drain_seconds=5),
        arguments={"greeting": "hello"}, on_ready=lambda url: print(url, flush=True))
except CannotStart as error:
    print(error.public, flush=True)
    sys.exit(4)
print("stopped", flush=True)
"""


@contextmanager
def server(factory, processes):
    running = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, f"tests.serving.served_site:{factory}", str(processes)],
        env={**os.environ, "PYTHONPATH": str(HERE.parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield running, running.stdout.readline().strip()
    finally:
        running.kill()
        running.communicate()


def process_of(url):
    """The process that answers on a new connection."""
    return httpx.get(f"{url}{BASE}").json()["seen"][0]


def processes_of(url, count):
    """The processes that answer, once there are as many as expected."""
    found = {process_of(url)}
    while len(found) < count:
        found.add(process_of(url))
        time.sleep(0.02)
    return found


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z" if Path("/proc").is_dir() else True


def gone(pid, seconds=60.0):
    until = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    return not alive(pid)


@pytest.mark.parametrize(("processes", "number"), [(1, signal.SIGINT), (2, signal.SIGTERM)])
def test_a_server_that_is_told_to_stop_lets_requests_end_and_ends_well(processes, number):
    with server("create", processes) as (running, url), socket.create_server(("127.0.0.1", 0)) as bell:
        bell.settimeout(60)
        answers = []
        path = f"{url}{BASE}/things/slow-{bell.getsockname()[1]}"
        asking = threading.Thread(target=lambda: answers.append(httpx.get(path, timeout=60)))
        asking.start()
        bell.accept()[0].close()  # it is being worked on
        running.send_signal(number)
        asking.join()
        rest, errors = running.communicate(timeout=60)
    assert [each.json()["seen"][:4] for each in answers] == ["slow"]
    assert (running.returncode, rest.strip()) == (0, "stopped")
    assert "Traceback" not in errors


def test_a_process_that_dies_is_replaced():
    with server("create", 2) as (_, url):
        first = processes_of(url, 2)
        os.kill(min(first), signal.SIGKILL)
        assert gone(min(first))
        assert processes_of(url, 2) - first


def test_the_processes_of_a_server_that_is_killed_end_too():
    with server("create", 2) as (running, url):
        children = processes_of(url, 2)
        running.kill()
        assert all(gone(each) for each in children)
        with pytest.raises(httpx.ConnectError):
            process_of(url)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_server_that_cannot_start_says_why_in_one_line(processes):
    with server("create_in_vain", processes) as (running, said):
        assert said == "there is no key for hello"
        assert running.wait(timeout=60) == 4


def test_a_mistake_in_a_child_is_told_without_its_text():
    with server("create_by_mistake", 2) as (running, said):
        assert said == "the app could not start (KeyError); the log says why"
        assert running.wait(timeout=60) == 4


def test_a_port_that_is_taken_is_named_with_what_to_do():
    with listen("127.0.0.1", 0) as bound:
        port = bound.getsockname()[1]
        assert url_of(bound) == f"http://127.0.0.1:{port}"
        with pytest.raises(CannotStart, match=f"Port {port} .* taken .* --port"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.7", "a" * 300, "ä" * 70])
def test_a_host_that_is_not_ours_is_named_with_what_to_do(host):
    with pytest.raises(CannotStart, match="--host") as error:
        listen(host, 0)
    assert "\n" not in error.value.public


def test_a_server_on_every_address_is_shown_by_one_that_can_be_asked():
    with listen("0.0.0.0", 0) as bound:  # noqa: S104
        assert url_of(bound).startswith("http://127.0.0.1:")


@pytest.fixture(scope="module")
def url():
    with served(compose({BASE: small_app(limits=Limits(body=4096))})) as url:
        yield url


def talk(url, *parts, patience=60.0):
    """What the server says to these bytes, until it closes or says nothing more."""
    host, port = url.removeprefix("http://").split(":")
    said = b""
    with socket.create_connection((host, int(port)), timeout=patience) as connection:
        try:
            for part in parts:
                connection.sendall(part)
            while more := connection.recv(65536):
                said += more
                connection.settimeout(1)
        except (TimeoutError, ConnectionError):
            pass
    return said


def test_small_answers_are_not_held_back(url, monkeypatch):
    """Nagle's algorithm would cost 40 ms each: the socket of a connection that was taken says it is off."""
    taken = []
    made = Protocol.connection_made

    def connection_made(protocol, transport):
        made(protocol, transport)
        held = transport.get_extra_info("socket")
        taken.append(held.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(Protocol, "connection_made", connection_made)
    assert httpx.get(f"{url}{BASE}").status_code == 200
    assert len(taken) == 1
    assert taken[0] != 0


def test_a_client_that_sends_all_of_a_huge_body_before_it_reads_gets_its_413(url):
    for options in ({"content": b"x" * 30_000_000}, {"content": (b"x" * 100_000 for _ in range(300))}):
        answer = httpx.post(f"{url}{BASE}/things", **options)
        assert answer.status_code == 413
        assert answer.json()["beaconError"]["code"] == 413


def test_a_declared_length_over_the_limit_is_refused_before_a_byte_is_sent(url):
    said = talk(
        url,
        f"POST {BASE}/things HTTP/1.1\r\nhost: x\r\ncontent-length: 100000000\r\n"
        "expect: 100-continue\r\n\r\n".encode(),
    )
    assert said.startswith(b"HTTP/1.1 413 ")


def test_a_head_without_end_is_cut_off(url):
    said = talk(
        url, f"GET {BASE} HTTP/1.1\r\nhost: x\r\n".encode(), *[b"x-more: " + b"y" * 60_000 + b"\r\n"] * 40
    )
    assert said.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: x\r\n"])
def test_a_connection_that_never_finishes_its_question_is_closed(begun, url, monkeypatch):
    monkeypatch.setattr(Protocol, "head_seconds", 0.3)
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        said = b""
        with suppress(ConnectionError):  # it may be closed before we have said it
            connection.sendall(begun)
            said = connection.recv(100)
        assert said == b""
    monkeypatch.undo()
    assert httpx.get(f"{url}/healthz").status_code == 200


def test_a_body_that_trickles_is_not_waited_for():
    limits = Limits(body_seconds=0.3)
    with served(compose({BASE: small_app(limits=limits)})) as url:
        said = talk(url, f"POST {BASE}/things HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{{".encode())
        assert said.startswith(b"HTTP/1.1 408 ")


def test_a_long_question_is_refused_in_the_standards_shape(url):
    answer = httpx.get(f"{url}{BASE}/things?id={'HP:0000001,' * 5_000}")
    assert (answer.status_code, answer.json()["beaconError"]["code"]) == (413, 413)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\r\n" * 100,
        b"GET /\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nbad header: 1\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nhost: x\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        b"GET " + BASE.encode() + b"/things?id=\xff HTTP/1.1\r\nhost: x\r\n\r\n",
    ],
)
def test_bytes_that_are_no_request_of_ours_never_break_the_server(url, raw, caplog):
    said = talk(url, raw, patience=1.0)
    assert not said or b" 4" in said.splitlines()[0], said
    assert "Traceback" not in caplog.text
    assert httpx.get(f"{url}{BASE}").status_code == 200

"""What other servers may do to us: drip, swell, send elsewhere, hold on, and remember us by cookies."""

import json
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from governance.keys.errors import Unfetched
from governance.keys.fetching import BODY_LONGEST, Http
from governance.keys.urls import problem_with
from tests.issuer import Issuer


@pytest.fixture
def http() -> Any:
    made = Http(seconds=1.0, size=10_000, at_once=2, rest=0.0)
    yield made
    made.close()


def drip(handler: Any) -> None:
    """A header that never ends, a byte at a time."""
    with suppress(OSError):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nx: ")
        while True:
            handler.wfile.write(b"a")
            handler.wfile.flush()
            threading.Event().wait(0.02)


def drip_body(handler: Any) -> None:
    """A body without length that never ends."""
    with suppress(OSError):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            handler.wfile.write(b"a")
            handler.wfile.flush()
            threading.Event().wait(0.02)


def encoded(handler: Any) -> None:
    handler.send_response(200)
    handler.send_header("content-encoding", "gzip")
    handler.send_header("content-length", "2")
    handler.end_headers()
    handler.wfile.write(b"{}")


def silent(handler: Any) -> None:
    handler.close_connection = True


@pytest.mark.parametrize(("answer", "why", "down"), [
    (drip, "too long", True),
    (drip_body, "too long", True),
    (lambda _: threading.Event().wait(1.5), "too long|reached", True),
    (silent, "reached", True),
    (encoded, "encoding", False),
    (lambda handler: handler.says(b"x" * 10_001), "more than 10000", False),
    (lambda handler: handler.says({}, 201), "201", False),
    (lambda handler: handler.says({}, 404), "404", False),
    (lambda handler: handler.says({}, 500), "500", True),
    (lambda handler: handler.says({}, 429), "429", True),
], ids=str)  # fmt: skip
def test_a_server_that_misbehaves_is_left(
    http: Http, visas: Issuer, answer: Any, why: str, down: bool
) -> None:
    visas.answers["/jwks"] = answer
    with pytest.raises(Unfetched, match=why) as failed:
        http.get(visas.jku)
    assert failed.value.down is down
    del visas.answers["/jwks"]
    assert http.get(visas.jku).media_type == "application/json"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_is_followed(http: Http, visas: Issuer, attacker: Issuer, status: int) -> None:
    def elsewhere(handler: Any) -> None:
        handler.send_response(status)
        handler.send_header("location", attacker.jku)
        handler.send_header("content-length", "0")
        handler.end_headers()

    visas.answers["/jwks"] = elsewhere
    with pytest.raises(Unfetched, match="elsewhere"):
        http.get(visas.jku)
    assert attacker.total == 0


def test_no_cookie_is_sent_back(http: Http, visas: Issuer) -> None:
    got = []

    def cookies(handler: Any) -> None:
        got.append(handler.headers.get("cookie"))
        handler.send_response(200)
        handler.send_header("set-cookie", "session=of-another-user; Path=/")
        handler.send_header("content-length", "2")
        handler.end_headers()
        handler.wfile.write(b"{}")

    visas.answers["/userinfo"] = cookies
    for _ in range(2):
        http.get(f"{visas.url}/userinfo")
    assert got == [None, None]


def test_a_server_that_holds_on_does_not_hold_everybody(visas: Issuer, broker: Issuer) -> None:
    http = Http(seconds=4.0, at_once=2)
    let_go, held = threading.Event(), threading.Semaphore(0)

    def hold(handler: Any) -> None:
        held.release()
        let_go.wait(4)
        handler.says({})

    visas.answers["/userinfo"] = hold
    with ThreadPoolExecutor(2) as pool:
        slow = [pool.submit(http.get, f"{visas.url}/userinfo") for _ in range(2)]
        assert all(held.acquire(timeout=4) for _ in range(2))
        with pytest.raises(Unfetched, match="at a time"):
            http.get(visas.jku)
        assert http.get(broker.jku).content
        let_go.set()
        assert all(each.result().content for each in slow)
    assert http.get(visas.jku).content
    http.close()


def test_this_machine_is_not_asked_through_a_proxy(
    visas: Issuer, attacker: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, attacker.url)
    http = Http()
    assert http.get(visas.jku).content
    assert attacker.total == 0
    http.close()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for localhost, signed by itself, with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    form = serialization.PrivateFormat.PKCS8
    path = tmp_path / "server.pem"
    path.write_bytes(made.public_bytes(pem) + key.private_bytes(pem, form, serialization.NoEncryption()))
    return path


def test_over_tls_certificates_are_checked_and_time_is_kept(
    visas: Issuer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    visas.over_tls(context)
    url = visas.jku.replace("http://127.0.0.1", "https://localhost")
    strange = Http(seconds=2.0)
    with pytest.raises(Unfetched, match="reached"):
        strange.get(url)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    trusting = Http(seconds=2.0, rest=0.0)
    assert json.loads(trusting.get(url).content) == visas.jwks()
    with pytest.raises(Unfetched, match="reached"):
        trusting.get(url.replace("localhost", "127.0.0.1"))
    for answer in (drip, drip_body):
        visas.answers["/jwks"] = answer
        with pytest.raises(Unfetched, match="too long"):
            trusting.get(url)
    strange.close()
    trusting.close()


def test_a_server_that_is_not_there_is_down(http: Http) -> None:
    with Issuer() as gone:
        url = gone.jku
    with pytest.raises(Unfetched, match="reached") as failed:
        http.get(url)
    assert failed.value.down


@pytest.mark.parametrize("url", [
    "https://keys.example/jwks", "https://keys.example:8443/a?b=c", "http://127.0.0.1:80/", "http://[::1]/x",
    "http://localhost:9/x", "http://127.9.9.9/x", "https://xn--bcher-kva.example/", "https://Keys_1.example./x",
])  # fmt: skip
def test_addresses_that_may_be_called(url: str) -> None:
    assert problem_with(url) is None


@pytest.mark.parametrize("url", [
    "", "keys.example", "//keys.example/", "http://keys.example/", "http://10.0.0.1/", "ftp://keys.example/",
    "file:///etc/passwd", "https://user@keys.example/", "https://u:p@keys.example/", "https://keys.example/#a",
    "https:///jwks", "https://keys.example:port/", "https://keys.example:99999/", "https://[::1/",
    "http://127.0.0.1.evil.example/", "http://localhost.evil.example/", "http://2130706433/",
    "https://keys.example/\r\nHost: x", "https://kéys.example/", "https://keys.example/a b",
    "https://keys.example/" + "x" * 2000, "https://visas..example/jwks", "https://xn--a.example/",
    "https://" + "a" * 64 + ".example/", "https://-keys.example/", "https://keys.example../",
])  # fmt: skip
def test_addresses_that_may_not_be_called(url: str) -> None:
    assert problem_with(url)
    with pytest.raises(Unfetched):
        Http().get(url)


@pytest.mark.parametrize("wrong", [UnicodeError("label too long"), httpx.InvalidURL("x"), OSError("x")])
def test_whatever_goes_wrong_on_the_way_is_a_server_that_is_down(
    http: Http, visas: Issuer, monkeypatch: pytest.MonkeyPatch, wrong: Exception
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise wrong

    monkeypatch.setattr(httpx.Client, "stream", fail)
    with pytest.raises(Unfetched, match="reached") as failed:
        http.get(visas.jku)
    assert failed.value.down


def test_the_time_of_a_call_includes_the_look_up_of_names(
    visas: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    http, let_go = Http(seconds=0.3, at_once=2, rest=0.1), threading.Event()
    real = socket.getaddrinfo

    def lost(*given: Any, **more: Any) -> Any:
        let_go.wait(5)
        return real(*given, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lost)
    began = time.monotonic()
    with pytest.raises(Unfetched, match="too long"):
        http.get(visas.jku)
    with pytest.raises(Unfetched, match="left alone"):
        http.get(visas.jku)
    assert time.monotonic() - began < 2
    let_go.set()
    monkeypatch.setattr(socket, "getaddrinfo", real)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with suppress(Unfetched):
            assert http.get(visas.jku).content
            break
        time.sleep(0.05)
    else:
        pytest.fail("the server is never called again")
    http.close()


def test_one_call_goes_to_see_whether_a_slow_server_is_well(visas: Issuer) -> None:
    http = Http(seconds=0.3, at_once=4, rest=0.2)
    let_go = threading.Event()
    visas.answers["/jwks"] = lambda handler: (let_go.wait(5), handler.says({}))
    with pytest.raises(Unfetched, match="too long"):
        http.get(visas.jku)
    time.sleep(0.3)
    before = visas.asked["/jwks"]
    with ThreadPoolExecutor(8) as pool:
        failed = [each.exception() for each in [pool.submit(http.get, visas.jku) for _ in range(8)]]
    assert sum("left alone" in str(each) for each in failed) == 7
    assert visas.asked["/jwks"] == before + 1
    let_go.set()
    http.close()


def test_what_an_error_says_of_itself_is_read_to_a_bound(http: Http, visas: Issuer) -> None:
    visas.answers["/jwks"] = lambda handler: handler.says({"error": "x" * 100_000}, 400)
    with pytest.raises(Unfetched) as failed:
        http.get(visas.jku)
    assert failed.value.status == 400
    assert failed.value.body.startswith(b'{"error": "xxx')
    assert len(failed.value.body) == BODY_LONGEST

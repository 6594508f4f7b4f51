"""Brokers that mean no good, and those that are out of order: nothing of a login comes out, all ends."""

import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from insitu.exits import Exit, Stop
from insitu.login import device
from insitu.login.beginning import Wanted
from insitu.login.calling import Calls, Unreached
from insitu.login.keeping import Keeping
from insitu.login.metadata import discovered
from insitu.login.person import person
from insitu.login.session import Session
from insitu.login.tokens import Client, TokenRefused
from tests.governance.passport.test_fetching import certificate  # noqa: F401 - a fixture
from tests.issuer import Issuer

CONFIGURATION = "/.well-known/openid-configuration"
CLI = Client("insitu-cli")
ELSEWHERE = "https://elsewhere.example"
HIDDEN = "hidden-refresh-token"


@pytest.fixture
def broker() -> Iterator[Issuer]:
    with Issuer("RS256") as made:
        made.configuration = {
            "device_authorization_endpoint": f"{made.url}/device",
            "revocation_endpoint": f"{made.url}/revoke",
        }
        made.answers["/device"] = lambda handler: handler.says(code(made))
        made.answers["/token"] = lambda handler: handler.says(tokens(made))
        made.answers["/revoke"] = lambda handler: handler.says({})
        yield made


@pytest.fixture
def session(state: Path) -> Session:
    return Session(Keeping(state), Calls(5.0), sleep=lambda _: None)


def code(broker: Issuer, **changed: Any) -> dict[str, Any]:
    usual = {
        "device_code": "d", "user_code": "BCDF-GHJK", "verification_uri": f"{broker.url}/page",
        "expires_in": 600, "interval": 5,
    }  # fmt: skip
    return {name: value for name, value in (usual | changed).items() if value is not ...}


def tokens(broker: Issuer, identity: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {"iss": broker.url, "sub": "alice", "aud": "insitu-cli", "iat": now, "exp": now + 300}
    usual = {
        "access_token": "an-access-token", "token_type": "Bearer", "expires_in": 900, "refresh_token": HIDDEN,
        "id_token": broker.signed({"typ": "JWT"}, claims | (identity or {})),
    }  # fmt: skip
    return {name: value for name, value in (usual | changed).items() if value is not ...}


def log_in(session: Session, broker: Issuer, told: list[device.Code] | None = None) -> Any:
    wanted = Wanted(CLI, ("openid", "offline_access"), (broker.url,))
    tell = (told if told is not None else []).append
    return session.log_in(discovered(broker.url, session.calls), wanted, tell)


def says(body: Any, status: int = 400) -> Callable[[Any], None]:
    return lambda handler: handler.says(body, status)


def sends_to(target: str) -> Callable[[Any], None]:
    def answer(handler: Any) -> None:
        handler.send_response(307)
        handler.send_header("location", target)
        handler.send_header("content-length", "0")
        handler.end_headers()

    return answer


def test_a_broker_that_is_none_of_ours_works_all_the_same(session: Session, broker: Issuer) -> None:
    told: list[device.Code] = []
    login = log_in(session, broker, told)
    assert (login.subject, login.ends, told[0].user) == ("alice", None, "BCDF-GHJK")
    assert broker.asked["/passport" + CONFIGURATION] == broker.asked[CONFIGURATION] == 1
    assert session.log_out(broker.url)
    assert broker.asked["/revoke"] == 1


@pytest.mark.parametrize("named", ["https://else.example", None, 7, "{url}/", "{url}/passport"])
def test_the_metadata_of_another_issuer(session: Session, broker: Issuer, named: Any) -> None:
    broker.configuration["issuer"] = named.format(url=broker.url) if isinstance(named, str) else named
    with pytest.raises(Stop, match="is of another issuer"):
        log_in(session, broker)
    assert broker.asked["/device"] == 0


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("token_endpoint", f"{ELSEWHERE}/token"),
        ("device_authorization_endpoint", "http://else.example/device"),
        ("userinfo_endpoint", "http://127.0.0.1:1/userinfo"),
        ("revocation_endpoint", "file:///etc/passwd"),
        ("token_endpoint", "https://user:password@127.0.0.1/token"),
        ("device_authorization_endpoint", None),
        ("token_endpoint", ["https://a.example"]),
    ],
)
def test_endpoints_elsewhere_get_nothing(session: Session, broker: Issuer, name: str, url: Any) -> None:
    broker.configuration[name] = url
    with pytest.raises(Stop) as found:
        log_in(session, broker)
    assert found.value.code == Exit.REFUSED
    assert broker.asked["/device"] == broker.asked["/token"] == 0


@pytest.mark.parametrize("path", [CONFIGURATION, "/device", "/token", "/userinfo"])
def test_redirects_are_not_followed(session: Session, broker: Issuer, path: str) -> None:
    with Issuer("RS256") as other:
        broker.answers[path] = sends_to(f"{other.url}{path}")
        with pytest.raises(Stop, match="elsewhere"):
            person(session, log_in(session, broker))
        assert other.total == 0


def test_a_login_ends_here_although_its_broker_does_not_end_it(session: Session, broker: Issuer) -> None:
    with Issuer("RS256") as other:
        for answer in (sends_to(other.url), says({"error": "invalid_client"}), says({}, 500)):
            broker.answers["/revoke"] = answer
            log_in(session, broker)
            log_in(session, broker)  # in the place of the one before, which the broker is told to end
            assert not session.log_out(broker.url)
            assert session.keeping.issuers() == []
        assert (other.total, broker.asked["/revoke"]) == (0, 6)


@pytest.mark.parametrize("url", ["http://else.example", "http://10.0.0.1/passport", "ftp://x.example", ""])
def test_an_address_that_is_not_safe_is_not_asked(session: Session, url: str) -> None:
    with pytest.raises(Stop) as found:
        discovered(url, session.calls)
    assert found.value.code == Exit.USAGE


def test_a_storm_of_slow_down_slows_down(session: Session, broker: Issuer) -> None:
    broker.answers["/token"] = says({"error": "slow_down"}, 429)
    slept = waited(session, broker)
    assert slept == list(range(5, 75, 5))
    assert broker.asked["/token"] == len(slept)


def test_whoever_waits_for_ever_is_not_waited_for(session: Session, broker: Issuer) -> None:
    broker.answers["/token"] = says({"error": "authorization_pending"})
    assert waited(session, broker, expires_in=60) == [5] * 11
    assert waited(session, broker, expires_in=36_000, interval=600) == [600] * 5
    assert waited(session, broker, interval=3000) == []


def test_a_broker_that_is_out_of_order_is_asked_half_as_often(session: Session, broker: Issuer) -> None:
    broker.answers["/token"] = says({}, 503)
    assert waited(session, broker) == [5, 10, 20, 40, 80, 160]


def waited(session: Session, broker: Issuer, **changed: Any) -> list[float]:
    """For how long it was slept between questions, until it was given up."""
    broker.answers["/device"] = says(code(broker, **changed), 200)
    metadata, now, slept = discovered(broker.url, session.calls), [0.0], []

    def sleep(seconds: float) -> None:
        now[0] += seconds
        slept.append(seconds)

    begun = device.begin(session.calls, metadata, CLI, ("openid",), ())
    with pytest.raises(TokenRefused, match="not typed in"):
        device.wait(session.calls, metadata, CLI, begun, sleep=sleep, clock=lambda: now[0])
    return slept


@pytest.mark.parametrize(
    "changed",
    [
        {"device_code": ...}, {"device_code": "d\r\nx: y"}, {"device_code": 1}, {"user_code": ...},
        {"user_code": ""}, {"user_code": {}}, {"expires_in": ...}, {"expires_in": "600"},
        {"expires_in": True}, {"expires_in": -1}, {"expires_in": 1e308}, {"interval": "5"},
        {"interval": -5}, {"interval": float("nan")}, {"verification_uri": ...},
        {"verification_uri": "javascript:alert(1)"}, {"verification_uri": "http://else.example/"},
    ],
)  # fmt: skip
def test_codes_that_are_none(session: Session, broker: Issuer, changed: dict[str, Any]) -> None:
    broker.answers["/device"] = says(code(broker, **changed), 200)
    with pytest.raises(Stop, match="cannot be understood"):
        log_in(session, broker)
    assert broker.asked["/token"] == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"access_token": ...}, {"access_token": ""}, {"access_token": "a\nb"}, {"access_token": ["a"]},
        {"token_type": ...}, {"token_type": "mac"}, {"id_token": ...}, {"id_token": "a.b.c"},
        {"identity": {"iss": ELSEWHERE}}, {"identity": {"aud": "another"}}, {"identity": {"aud": ["x", 1]}},
        {"identity": {"exp": 1}}, {"identity": {"sub": 7}},
    ],
)  # fmt: skip
def test_tokens_that_are_none(session: Session, broker: Issuer, changed: dict[str, Any]) -> None:
    broker.answers["/token"] = says(tokens(broker, **changed), 200)
    with pytest.raises(Stop) as found:
        log_in(session, broker)
    assert found.value.code == Exit.REFUSED
    assert HIDDEN not in str(found.value)
    assert session.keeping.issuers() == []


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b"[" * 100_000, b'{"error": {"a": 1}}', b"\xff"])
@pytest.mark.parametrize("status", [200, 400])
def test_answers_that_are_no_json(session: Session, broker: Issuer, body: bytes, status: int) -> None:
    broker.answers["/token"] = says(body, status)
    with pytest.raises(Stop):
        log_in(session, broker)


@pytest.mark.parametrize("path", [CONFIGURATION, "/device", "/token"])
def test_giant_answers_are_not_read_to_their_end(session: Session, broker: Issuer, path: str) -> None:
    sent = []

    def flood(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        with suppress(OSError):
            for _ in range(500):
                handler.wfile.write(b" " * 1_000_000)
                sent.append(1)
        handler.close_connection = True

    broker.answers[path] = flood
    if path == "/token":
        assert waited(session, broker) == [5, 10, 20, 40, 80, 160]  # as one that is out of order
    else:
        with pytest.raises(Unreached, match="more than 1,048,576 bytes"):
            log_in(session, broker)
    assert len(sent) < 100 * 7


def test_a_broker_that_drips_is_left(broker: Issuer, state: Path) -> None:
    def drip(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        with suppress(OSError):
            for _ in range(300):
                handler.wfile.write(b" ")
                time.sleep(0.1)

    broker.answers[CONFIGURATION] = drip
    with pytest.raises(Unreached, match="took too long"):
        log_in(Session(Keeping(state), Calls(0.5)), broker)


def test_what_a_broker_says_cannot_take_the_terminal_over(session: Session, broker: Issuer) -> None:
    told: list[device.Code] = []
    broker.answers["/device"] = says(code(broker, user_code="AB\x1b]0;x\x07\x9b31m" + "C" * 99), 200)
    log_in(session, broker, told)
    assert told[0].user.isprintable()
    assert len(told[0].user) < 70


def test_no_token_comes_back_out_in_an_error(session: Session, broker: Issuer) -> None:
    login = log_in(session, broker)
    echo = {"error": f"x {HIDDEN}", "error_description": HIDDEN}
    broker.answers["/token"] = says(echo)
    with pytest.raises(TokenRefused) as found:
        session.token(login, fresh=True)
    assert HIDDEN not in str(found.value) + repr(found.value) + repr(login)
    assert session.keeping.of(broker.url) is not None


def test_a_refresh_that_brings_no_new_refresh_token_keeps_the_old(session: Session, broker: Issuer) -> None:
    login = log_in(session, broker)
    broker.answers["/token"] = says(tokens(broker, refresh_token=..., access_token="another"), 200)
    assert session.token(login, fresh=True) == "another"
    assert session.keeping.of(broker.url).refresh == HIDDEN  # type: ignore[union-attr]


def test_userinfo_about_somebody_else_is_nobody_s(session: Session, broker: Issuer) -> None:
    login = log_in(session, broker)
    broker.answers["/userinfo"] = says({"sub": "mallory", "name": "Alice"}, 200)
    with pytest.raises(Stop, match="somebody else"):
        person(session, login)
    broker.answers["/userinfo"] = says(
        {"sub": "alice", "name": "\x1b[2J", "ga4gh_passport_v1": ["x", 1, None, broker.visa("alice")]}, 200
    )
    who = person(session, login)
    assert (who.name.isprintable(), len(who.visas)) == (True, 1)


def test_a_kept_login_whose_endpoints_were_changed_sends_nothing(session: Session, broker: Issuer) -> None:
    login = log_in(session, broker)
    moved = replace(login, metadata=replace(login.metadata, token=f"{ELSEWHERE}/token"))
    session.keeping.keep(moved)
    with pytest.raises(Stop, match="another server"):
        session.token(login, fresh=True)


def test_certificates_are_checked(
    session: Session,
    broker: Issuer,
    certificate: Path,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    broker.over_tls(context)
    url = broker.url.replace("http://127.0.0.1", "https://localhost")
    with pytest.raises(Unreached, match="certificate does not hold: self-signed"):
        discovered(url, session.calls)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(Stop, match="is of another issuer"):  # it was reached: its name is another
        discovered(url, session.calls)
    with pytest.raises(Unreached, match="certificate does not hold"):
        discovered(url.replace("localhost", "127.0.0.1"), session.calls)


def test_ctrl_c_does_not_lose_the_next_refresh_token(session: Session, broker: Issuer, state: Path) -> None:
    login = log_in(session, broker)
    session.keeping.keep(replace(login, access={}))
    started, program = threading.Event(), []

    def interrupted(handler: Any) -> None:
        started.wait(60)
        program[0].send_signal(signal.SIGINT)
        time.sleep(0.3)
        handler.says(tokens(broker, refresh_token="the-next"))

    broker.answers["/token"] = interrupted
    made = subprocess.Popen(
        [sys.executable, "-m", "insitu", "token"], cwd=Path(__file__).parents[3],
        env=os.environ | {"XDG_STATE_HOME": str(state.parents[1])},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    program.append(made)
    started.set()
    program[0].communicate(timeout=60)
    assert program[0].returncode == Exit.INTERRUPTED
    assert session.keeping.of(broker.url).refresh == "the-next"  # type: ignore[union-attr]

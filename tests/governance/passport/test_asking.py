"""How often brokers are asked about tokens (AAI 1.2.1, Access Token Polling), and what their errors mean."""

import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from governance.passport.refusal import TokenRefused
from serving.reasons import Unavailable
from tests.governance.passport.conftest import Clock
from tests.governance.passport.sites import Site
from tests.issuer import CLIENT, SECRET, Issuer, trust_text


@pytest.fixture
def exchanging(tmp_path: Path, broker: Issuer, visas: Issuer, clock: Clock) -> Iterator[Site]:
    """A site that is a client of its broker."""
    folder = tmp_path / "exchanging"
    (folder / "governance").mkdir(parents=True)
    secret = folder / "governance" / "broker.secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    lines = f'client_id = "{CLIENT}"\nclient_secret_file = "broker.secret"'
    text = trust_text([broker], [visas], broker_lines=lines, issuer_lines=f'subjects_of = "{broker.url}"')
    with Site(folder, text, clock) as site:
        yield site


def answering(status: int, **said: str) -> Callable[[Any], None]:
    return lambda handler: handler.says(said, status)


@pytest.mark.parametrize("said", [
    {"error": "invalid_grant"},
    {"error": "invalid_token"},
    {"error": "invalid_request"},
    {"error": "invalid_request", "error_description": "The subject token has been revoked"},
], ids=str)  # fmt: skip
def test_a_token_that_is_turned_down_is_never_asked_of_again(
    exchanging: Site, broker: Issuer, clock: Clock, said: dict[str, str]
) -> None:
    broker.answers["/token"] = answering(400, **said)
    end = int(clock()) + 86_400
    token = broker.access_token("alice", exp=end)
    for _ in range(40):
        with pytest.raises(TokenRefused) as refused:
            exchanging.identify(token)
        assert refused.value.rule == "revoked"
        clock.now += 2000
    assert broker.asked["/token"] == 1


@pytest.mark.parametrize(("status", "said"), [
    (400, {"error": "invalid_client"}),
    (401, {"error": "invalid_client"}),
    (400, {"error": "unauthorized_client"}),
    (400, {"error": "unsupported_grant_type"}),
    (400, {"error": "invalid_scope"}),
    (400, {"error": "invalid_request", "error_description": "unknown requested_token_type"}),
    (400, {"error": "invalid_request", "error_description": "parameter missing"}),
    (403, {}),
    (403, {"message": "blocked"}),
    (400, {}),
], ids=str)  # fmt: skip
def test_a_broken_registration_is_no_revocation(
    exchanging: Site, broker: Issuer, caplog: pytest.LogCaptureFixture, status: int, said: dict[str, str]
) -> None:
    broker.answers["/token"] = answering(status, **said)
    token = broker.access_token("alice")
    with pytest.raises(Unavailable):
        exchanging.identify(token)
    [told] = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert broker.url in told.message
    assert said.get("error", str(status)) in told.message


@pytest.mark.parametrize("body", [b"", b"[]", b'{"error": 7}', b"\xff", b'{"error": "invalid_grant\\u001b"}'])
def test_an_error_of_no_sense_is_no_revocation(exchanging: Site, broker: Issuer, body: bytes) -> None:
    broker.answers["/token"] = lambda handler: handler.says(body, 400)
    with pytest.raises(Unavailable):
        exchanging.identify(broker.access_token("alice"))


def test_userinfo_that_is_forbidden_is_no_revocation(site: Site, broker: Issuer) -> None:
    broker.answers["/userinfo"] = answering(403)
    with pytest.raises(Unavailable):
        site.identify(broker.access_token("alice"))
    broker.answers["/userinfo"] = answering(403, error="invalid_token")
    with pytest.raises(TokenRefused, match="revoked"):
        site.identify(broker.access_token("alice", jti="2"))


def asked_at(site: Site, broker: Issuer, clock: Clock, token: str, seconds: int) -> list[int]:
    """The seconds in which the broker was asked, by somebody who asks every second."""
    found = []
    for second in range(seconds):
        before = broker.asked["/userinfo"]
        with pytest.raises((Unavailable, TokenRefused)):
            site.identify(token)
        if broker.asked["/userinfo"] > before:
            found.append(second)
        clock.now += 1
    return found


@pytest.mark.parametrize(("status", "first"), [(503, 5), (429, 5), (404, 60), (403, 60)])
def test_a_broker_that_fails_is_asked_ever_more_seldom(
    site: Site, broker: Issuer, clock: Clock, status: int, first: int
) -> None:
    broker.answers["/userinfo"] = answering(status)
    token = broker.access_token("alice", exp=int(clock()) + 86_400)
    times = asked_at(site, broker, clock, token, 3000)
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert len(pauses) >= 4
    for number, pause in enumerate(pauses):
        assert 0.8 * first * 2**number <= pause <= first * 2**number + 1


def test_it_is_asked_again_when_it_answers_with_other_than_what_it_should(
    site: Site, broker: Issuer, clock: Clock
) -> None:
    broker.answers["/userinfo"] = lambda handler: handler.says({"sub": "another"})
    token = broker.access_token("alice", exp=int(clock()) + 86_400)
    assert len(asked_at(site, broker, clock, token, 600)) <= 4


def test_a_key_that_is_not_there_yet_is_no_final_refusal(
    exchanging: Site, broker: Issuer, clock: Clock
) -> None:
    """The passport that came of an exchange is signed with a key that the broker publishes a moment later."""
    token = broker.access_token("alice")
    broker.rotate("key-2", 2, keep=True)
    late = broker.passport("alice", [])
    broker.published = {"key-1"}
    broker.exchange_changes = {"access_token": late}
    with pytest.raises(TokenRefused, match="unknown-key"):
        exchanging.identify(token)
    broker.published = {"key-1", "key-2"}
    clock.now += 31
    assert exchanging.identify(token).identity


def test_a_key_that_may_be_there_is_unavailable_and_not_refused(
    site: Site, broker: Issuer, clock: Clock
) -> None:
    assert site.identify(broker.access_token("alice")).identity
    broker.rotate("key-2", 2)
    token = broker.access_token("alice")
    broker.answers["/jwks"] = answering(503)
    clock.now += 31
    for _ in range(3):
        with pytest.raises(Unavailable):  # and so while the floor holds
            site.identify(token)
    del broker.answers["/jwks"]
    clock.now += 31
    assert site.identify(token).identity


def test_ten_whose_visas_are_of_an_issuer_that_hangs_hold_no_thread_for_long(
    tmp_path: Path, broker: Issuer, visas: Issuer, clock: Clock
) -> None:
    let_go = threading.Event()
    visas.answers["/jwks"] = lambda handler: (let_go.wait(20), handler.says({}))
    broker.gives("alice", [visas.visa("alice")])
    text = trust_text([broker], [visas], issuer_lines=f'subjects_of = "{broker.url}"')
    with Site(tmp_path / "hanging", text, clock, seconds=5.0) as site, ThreadPoolExecutor(10) as pool:
        numbers = itertools.count()

        def ask(_: int) -> float:
            token = broker.access_token("alice", jti=f"token {next(numbers)}")
            began = time.monotonic()
            assert [each.rule for each in site.identify(token).turned] == ["no-keys"]
            return time.monotonic() - began

        assert max(pool.map(ask, range(10))) < 4  # two seconds, and what a busy machine adds
        assert max(pool.map(ask, range(10))) < 1
        time.sleep(4)  # the call has had its five seconds
        for _ in range(3):
            clock.now += 31
            assert max(pool.map(ask, range(10))) < 1.5
        let_go.set()


def counting(site: Site, broker: Issuer, number: int) -> bool:
    """Whether the visas of somebody with a new token count, and the same token's a moment later."""
    return bool(site.identify(broker.access_token("alice", jti=str(number))).visas)


def test_a_key_that_its_issuer_withdraws_is_gone_after_four_hours(
    site: Site, broker: Issuer, visas: Issuer, clock: Clock
) -> None:
    began = clock()
    broker.gives("alice", [visas.visa("alice", exp=int(began) + 10 * 86_400)])
    old = broker.access_token("alice", jti="old", exp=int(began) + 86_400)
    assert site.identify(old).visas
    visas.rotate("key-2", 2)
    last = 0.0
    for number in range(60):
        if site.identify(old).visas or counting(site, broker, number):
            last = clock() - began
        clock.now += 300
        time.sleep(0.002)
    assert 3600 < last <= 4 * 3600


@pytest.mark.parametrize("days", [0.96, 3])
def test_a_key_that_was_withdrawn_while_nobody_came_is_gone(
    site: Site, broker: Issuer, visas: Issuer, clock: Clock, days: float
) -> None:
    broker.gives("alice", [visas.visa("alice", exp=int(clock()) + 10 * 86_400)])
    assert counting(site, broker, 1)
    visas.rotate("key-2", 2)
    clock.now += days * 86_400
    assert not counting(site, broker, 2)


def test_a_comment_in_the_trust_file_changes_nothing(
    site: Site, broker: Issuer, visas: Issuer, clock: Clock
) -> None:
    broker.gives("alice", [visas.visa("alice")])
    token = broker.access_token("alice")
    first = site.identify(token)
    site.path.write_text("# a comment\n" + site.path.read_text())
    clock.now += 1
    assert site.identify(token) is first
    assert broker.asked == {"/.well-known/openid-configuration": 1, "/jwks": 1, "/userinfo": 1}


def test_a_change_of_trust_forgets_keys_but_asks_brokers_no_sooner(
    site: Site, broker: Issuer, visas: Issuer, clock: Clock
) -> None:
    broker.gives("alice", [visas.visa("alice")])
    token, gone = broker.access_token("alice"), broker.access_token("alice", jti="gone")
    assert site.identify(token).visas
    broker.revoked.add(gone)
    with pytest.raises(TokenRefused, match="revoked"):
        site.identify(gone)
    visas.rotate("key-2", 2)  # and withdraws the one that signed
    text = site.path.read_text()
    site.path.write_text("skew = 29\n" + text)
    clock.now += 1
    found = site.identify(token)
    assert (found.visas, [each.rule for each in found.turned]) == ((), ["unknown-key"])
    with pytest.raises(TokenRefused, match="revoked"):
        site.identify(gone)
    assert broker.asked == {"/.well-known/openid-configuration": 2, "/jwks": 2, "/userinfo": 2}
    assert visas.asked["/jwks"] == 2
    lines = f'userinfo = "{broker.url}/userinfo"'  # something else is said of the broker
    issuer = f'subjects_of = "{broker.url}"'
    site.path.write_text(trust_text([broker], [visas], broker_lines=lines, issuer_lines=issuer))
    clock.now += 1
    site.identify(token)
    assert broker.asked["/userinfo"] == 3


def test_endpoints_are_forgotten_with_the_trust_they_were_found_under(
    site: Site, broker: Issuer, visas: Issuer, clock: Clock
) -> None:
    assert site.identify(broker.access_token("alice")).identity
    site.path.write_text(trust_text([], [visas]))
    clock.now += 1
    with pytest.raises(TokenRefused, match="no-broker"):
        site.identify(broker.access_token("alice"))
    broker.rotate("key-2", 2)
    old = broker.access_token("alice", header={"kid": "key-1"}, key=broker.keys["key-1"], jti="old")
    site.path.write_text(trust_text([broker], [visas]))
    clock.now += 1
    with pytest.raises(TokenRefused, match="unknown-key"):
        site.identify(old)
    assert broker.asked["/.well-known/openid-configuration"] == 2


def test_a_shorter_lifetime_holds_for_what_was_asked_before(
    site: Site, broker: Issuer, clock: Clock
) -> None:
    token = broker.access_token("alice")
    site.identify(token)
    site.path.write_text("lifetime = 60\n" + site.path.read_text())
    clock.now += 61
    site.identify(token)
    assert broker.asked["/userinfo"] == 2


def test_what_does_not_count_is_told_once(
    site: Site, broker: Issuer, visas: Issuer, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "insitu.passport")
    visas.answers["/jwks"] = answering(500)
    broker.gives("alice", [visas.visa("alice"), visas.visa("bob", said={"by": "pope"})])
    token = broker.access_token("alice")
    found = site.identify(token)
    for _ in range(5):
        clock.now += 31
        site.identify(token)
    [told] = [each.message for each in caplog.records if "do not count" in each.message]
    for each in found.turned:
        assert f"{each.digest[:12]} ({each.rule})" in told
    del visas.answers["/jwks"]
    clock.now += 800
    site.identify(token)
    assert len([each for each in caplog.records if "do not count" in each.message]) == 2

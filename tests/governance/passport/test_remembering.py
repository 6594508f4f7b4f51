"""What is remembered: bounded in number and bytes, swept when it has ended, and holding on to no request."""

import gc
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from governance.passport import answers
from governance.passport.answers import Answer, Answers, Obtained
from governance.passport.refusal import TokenRefused
from governance.passport.remembering import SWEPT_EVERY, Flights, Late, Remembered
from governance.passport.trust import Broker
from serving.reasons import Reason, Unavailable
from tests.governance.passport.conftest import Clock
from tests.governance.passport.sites import Site
from tests.issuer import Issuer


def test_bytes_are_counted(clock: Clock) -> None:
    kept: Remembered[int, str] = Remembered(100, clock, 1000, len)
    for number in range(20):
        kept.put(number, "x" * 100, clock() + 60)
    assert len(kept) == 10
    kept.put(3, "x" * 900, clock() + 60)
    assert (len(kept), kept.get(19), kept.get(3)) == (2, "x" * 100, "x" * 900)
    kept.put(3, "x", clock() + 60)
    for number in range(20, 29):
        kept.put(number, "x" * 100, clock() + 60)
    assert kept.get(3) == "x"
    kept.put(4, "x" * 1001, clock() + 60)  # larger than all of it
    assert len(kept) == 0


def test_what_has_ended_goes_though_nobody_asks_for_it(clock: Clock) -> None:
    kept: Remembered[int, str] = Remembered(1000, clock)
    for number in range(500):
        kept.put(number, "x", clock() + 30)
    clock.now += SWEPT_EVERY
    kept.put(1000, "x", clock() + 30)
    assert len(kept) == 1


def refusing(site: Site, broker: Issuer, visas: Issuer) -> list[Callable[[], Any]]:
    """Calls that a known user can repeat: turned down by the broker, broker down, passport that fails."""
    broker.answers["/userinfo"] = lambda handler: handler.says({"sub": "another"})
    about_another = broker.access_token("alice", jti="1")
    with pytest.raises(TokenRefused):
        site.identify(about_another)
    broker.answers["/userinfo"] = lambda handler: handler.says({}, 503)
    down = broker.access_token("alice", jti="2")
    bad = [broker.passport("alice", []), visas.visa("alice")]
    return [lambda: site.identify(about_another), lambda: site.identify(down),
            lambda: site.house.identify(None, bad)]  # fmt: skip


class Request:
    """What a frame of a request holds."""


def test_a_refusal_holds_on_to_no_request(site: Site, broker: Issuer, visas: Issuer) -> None:
    for call in refusing(site, broker, visas):
        depths, held, seen = [], [], set()
        for _ in range(20):
            request = Request()
            held.append(weakref.ref(request))
            with pytest.raises(Reason) as failed:
                call()
            depths.append(len(failed.traceback))
            seen.add(id(failed.value))
            kept = failed.value
            assert (kept.__cause__, kept.__context__) == (None, None)
            del failed, request, kept
        gc.collect()
        assert len(set(depths[1:])) == 1  # and not longer each time
        assert not any(each() for each in held)


def test_each_of_many_who_are_refused_at_once_gets_an_exception_of_their_own(
    site: Site, broker: Issuer
) -> None:
    broker.answers["/userinfo"] = lambda handler: (time.sleep(0.2), handler.says({}, 401))
    token, together = broker.access_token("alice"), threading.Barrier(8)

    def ask(_: int) -> BaseException:
        together.wait()
        with pytest.raises(TokenRefused) as failed:
            site.identify(token)
        return failed.value

    with ThreadPoolExecutor(8) as pool:
        raised = list(pool.map(ask, range(8)))
    assert len({id(each) for each in raised}) == 8
    assert broker.asked["/userinfo"] == 1


def test_nobody_waits_long_for_another_with_the_same_token() -> None:
    flights: Flights[str, int] = Flights(0.2)
    let_go, flying = threading.Event(), threading.Event()

    def work() -> int:
        flying.set()
        let_go.wait(5)
        return 7

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(flights.run, "a", work)
        assert flying.wait(5)
        began = time.monotonic()
        with pytest.raises(Late):
            flights.run("a", work)
        assert time.monotonic() - began < 1
        let_go.set()
        assert first.result() == 7
    assert flights.run("a", lambda: 8) == 8


def test_who_waited_for_work_that_failed_is_told_so() -> None:
    flights: Flights[str, int] = Flights(5)
    flying, let_go = threading.Event(), threading.Event()

    def fail() -> int:
        flying.set()
        let_go.wait(5)
        raise ValueError

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(flights.run, "a", fail)
        assert flying.wait(5)
        second = pool.submit(flights.run, "a", fail)
        time.sleep(0.05)
        let_go.set()
        assert isinstance(first.exception(), ValueError)
        assert isinstance(second.exception(), Late)


def test_a_request_waits_for_another_s_answer_for_a_while_only(
    site: Site, broker: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.house._flights, "_patience", 0.1)
    let_go = threading.Event()
    broker.answers["/userinfo"] = lambda handler: (let_go.wait(4), handler.says({"sub": "alice"}))
    token = broker.access_token("alice")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(site.identify, token)
        while not broker.asked["/userinfo"]:
            time.sleep(0.01)
        with pytest.raises(Unavailable, match="another request"):
            site.identify(token)
        let_go.set()
        assert first.result().identity


def test_one_account_keeps_its_last_tokens_only(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    from governance.caller import Identity

    monkeypatch.setattr(answers, "BYTES_MOST", 1_000_000)
    kept, broker = Answers(clock), Broker(issuer="https://b.example")
    alice, bob = Identity("https://b.example", "alice"), Identity("https://b.example", "bob")

    def answer(size: int) -> Answer:
        given = Obtained(("x" * size,), frozenset({alice}), int(clock()) + 1000)
        return Answer(broker, given, clock(), clock() + 1000)

    kept.keep("of bob", bob, answer(1000), clock() + 1000)
    for number in range(50):
        kept.keep(str(number), alice, answer(10_000), clock() + 1000)
    assert kept.of("49", alice, broker)
    assert kept.of("45", alice, broker)
    assert kept.of("43", alice, broker) is None  # of a sixteenth of the bytes
    for number in range(50, 100):
        kept.keep(str(number), alice, answer(10), clock() + 1000)
    assert kept.of("68", alice, broker)
    assert kept.of("67", alice, broker) is None  # of 32 tokens
    kept.keep("large", alice, answer(900_000), clock() + 1000)
    assert kept.of("large", alice, broker)
    assert kept.of("of bob", bob, broker)
    assert kept.of("of bob", alice, broker) is None
    assert kept.of("large", alice, Broker(issuer="https://b.example", visas="none")) is None

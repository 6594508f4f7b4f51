"""Keys of others: which are taken, how rotation and outages go, and what a flood of unknown names costs."""

import itertools
import json
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from governance.keys.errors import Unfetched
from governance.keys.fetching import Http
from governance.keys.jwk import KeysInvalid, read_key, read_keys
from governance.keys.sets import KeySets, KeyUnknown
from governance.keys.times import Times
from tests.governance.passport.conftest import Clock
from tests.governance.passport.sites import shared_http
from tests.issuer import Issuer, key_pair

TIMES = Times(refresh=3600, stale=86_400, floor=30, retired=3600)


@pytest.fixture
def keys(clock: Clock) -> KeySets:
    return KeySets(shared_http(), clock, TIMES)


def has(keys: KeySets, issuer: Issuer, kid: str) -> bool:
    try:
        return keys.key(issuer.jku, kid, issuer.algorithm).kid == kid
    except KeyUnknown:
        return False


def settle(keys: KeySets, issuer: Issuer) -> None:
    """Waits for a fetch that is under way behind our backs."""
    kept = keys._set(issuer.jku).kept
    deadline = time.monotonic() + 10
    while kept._flight is not None:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_keys_are_fetched_once(keys: KeySets, visas: Issuer) -> None:
    assert all(has(keys, visas, "key-1") for _ in range(10))
    assert visas.asked == {"/jwks": 1}


def test_a_new_key_is_found_and_the_old_one_honoured_for_a_while(
    keys: KeySets, visas: Issuer, clock: Clock
) -> None:
    assert has(keys, visas, "key-1")
    visas.rotate("key-2", 2)
    clock.now += 30
    assert has(keys, visas, "key-2")
    assert has(keys, visas, "key-1")
    clock.now += 3599
    assert has(keys, visas, "key-1")
    clock.now += 1
    assert not has(keys, visas, "key-1")
    assert has(keys, visas, "key-2")


def test_a_withdrawn_key_ends_in_time_though_nothing_is_fetched(visas: Issuer, clock: Clock) -> None:
    keys = KeySets(shared_http(), clock, Times(retired=600, floor=1000))
    assert has(keys, visas, "key-1")
    visas.rotate("key-2", 2)
    clock.now += 1000
    assert has(keys, visas, "key-2")
    clock.now += 599
    assert has(keys, visas, "key-1")
    clock.now += 1
    assert not has(keys, visas, "key-1")
    assert visas.asked["/jwks"] == 2


@pytest.mark.parametrize("idle", [3 * 86_400, 82_800, 7200])
def test_a_key_that_was_withdrawn_while_nobody_asked_is_not_honoured(
    keys: KeySets, visas: Issuer, clock: Clock, idle: int
) -> None:
    """The standing question is when it was last seen published, not when somebody noticed."""
    assert has(keys, visas, "key-1")
    visas.rotate("key-2", 2)
    clock.now += idle
    assert not has(keys, visas, "key-1")
    assert has(keys, visas, "key-2")


def test_a_withdrawn_key_counts_for_two_hours_at_the_most(
    keys: KeySets, visas: Issuer, clock: Clock
) -> None:
    assert has(keys, visas, "key-1")
    visas.rotate("key-2", 2)
    for _ in range(71):  # whoever asks, and however often
        clock.now += 100
        assert has(keys, visas, "key-1")
        settle(keys, visas)
    clock.now += 100
    assert not has(keys, visas, "key-1")


def test_a_key_that_stays_published_is_honoured_for_ever(keys: KeySets, visas: Issuer, clock: Clock) -> None:
    visas.rotate("key-2", 2, keep=True)
    for _ in range(50):
        assert has(keys, visas, "key-1")
        settle(keys, visas)
        clock.now += 3600
    assert visas.asked["/jwks"] == 50  # once an hour, behind the one who notices


def test_a_flood_of_unknown_names_causes_one_fetch(keys: KeySets, visas: Issuer, clock: Clock) -> None:
    assert has(keys, visas, "key-1")
    clock.now += 30
    assert not any(has(keys, visas, f"made-up-{number}") for number in range(500))
    assert visas.asked["/jwks"] == 2
    clock.now += 29
    assert not has(keys, visas, "made-up")
    assert visas.asked["/jwks"] == 2
    clock.now += 1
    visas.rotate("key-2", 2)
    assert has(keys, visas, "key-2")
    assert visas.asked["/jwks"] == 3


@pytest.mark.parametrize("kid", ["key-1", "made-up"])
def test_fifty_at_once_cause_one_fetch(keys: KeySets, visas: Issuer, kid: str) -> None:
    together = threading.Barrier(50)
    visas.answers["/jwks"] = lambda handler: (threading.Event().wait(0.2), handler.says(visas.jwks()))

    def ask(_: int) -> bool:
        together.wait()
        return has(keys, visas, kid)

    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(ask, range(50))) == {kid == "key-1"}
    assert visas.asked["/jwks"] == 1


def test_old_keys_are_renewed_while_everybody_goes_on(keys: KeySets, visas: Issuer, clock: Clock) -> None:
    assert has(keys, visas, "key-1")
    clock.now += 3600
    asked, go_on = threading.Event(), threading.Event()

    def slowly(handler: Any) -> None:
        asked.set()
        go_on.wait(3)
        handler.says(visas.jwks())

    visas.answers["/jwks"] = slowly
    began = time.monotonic()
    assert has(keys, visas, "key-1")
    assert time.monotonic() - began < 0.5
    assert asked.wait(3)
    assert has(keys, visas, "key-1")  # with the server still thinking
    go_on.set()
    settle(keys, visas)
    assert visas.asked["/jwks"] == 2


def test_keys_hold_while_their_issuer_is_down_but_not_for_ever(
    keys: KeySets, visas: Issuer, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "insitu.keys")
    assert has(keys, visas, "key-1")
    visas.answers["/jwks"] = lambda handler: handler.says({}, 503)
    for _ in range(23):
        clock.now += 3600
        assert has(keys, visas, "key-1")
        settle(keys, visas)
    before = visas.asked["/jwks"]
    assert has(keys, visas, "key-1")
    with pytest.raises(Unfetched, match="503") as failed:  # it may be there: nobody can say
        has(keys, visas, "key-2")
    assert failed.value.down
    assert visas.asked["/jwks"] == before  # it gets its rest
    clock.now += 3600
    with pytest.raises(Unfetched):
        has(keys, visas, "key-1")
    del visas.answers["/jwks"]
    clock.now += 750
    assert has(keys, visas, "key-1")
    assert [each.levelname for each in caplog.records] == ["WARNING", "INFO"]  # the first and the last
    assert visas.jku in caplog.text


def test_a_failing_server_is_asked_ever_more_seldom(keys: KeySets, visas: Issuer, clock: Clock) -> None:
    visas.answers["/jwks"] = lambda handler: handler.says({}, 503)
    asked_at = []
    for second in range(0, 3600, 5):
        before = visas.asked["/jwks"]
        with pytest.raises(Unfetched):
            has(keys, visas, "key-1")
        if visas.asked["/jwks"] > before:
            asked_at.append(second)
        clock.now += 5
    pauses = [later - earlier for earlier, later in itertools.pairwise(asked_at)]
    assert pauses[0] == 30
    assert all(0.75 * wanted <= pause <= 1.25 * wanted + 5
               for pause, wanted in zip(pauses, [30, 60, 120, 240, 480, 600, 600], strict=False))  # fmt: skip
    assert len(pauses) >= 6


def test_a_key_that_never_comes_is_asked_for_ever_more_seldom(
    keys: KeySets, visas: Issuer, clock: Clock
) -> None:
    assert has(keys, visas, "key-1")
    clock.now += 30
    for _ in range(24 * 60):
        assert not has(keys, visas, "vanished")
        settle(keys, visas)
        clock.now += 30
    assert visas.asked["/jwks"] < 25  # in twelve hours, of which twelve are the hourly look
    before = visas.asked["/jwks"]
    visas.rotate("key-2", 2)
    assert has(keys, visas, "key-2")  # nobody has asked for this one
    assert visas.asked["/jwks"] == before + 1


def test_ten_who_need_keys_that_hang_wait_once_and_shortly(visas: Issuer, clock: Clock) -> None:
    http = Http(seconds=3.0, rest=0.0)
    keys = KeySets(http, clock, Times(patience=0.4, hurry=0.05))
    let_go = threading.Event()
    visas.answers["/jwks"] = lambda handler: (let_go.wait(6), handler.says(visas.jwks()))

    def ask(_: int) -> tuple[float, bool]:
        began = time.monotonic()
        with pytest.raises(Unfetched) as failed:
            has(keys, visas, "key-1")
        return time.monotonic() - began, failed.value.down

    with ThreadPoolExecutor(10) as pool:
        first = list(pool.map(ask, range(10)))
        after = list(pool.map(ask, range(10)))
        settle(keys, visas)
        clock.now += 30
        visas.answers["/jwks"] = lambda handler: handler.says({}, 503)
        ask(0)
        settle(keys, visas)
        visas.answers["/jwks"] = lambda handler: (let_go.wait(6), handler.says(visas.jwks()))
        clock.now += 100
        again = list(pool.map(ask, range(10)))
    assert all(down for _, down in (*first, *after, *again))
    assert max(took for took, _ in first) < 1.0
    assert max(took for took, _ in after) < 0.1  # it is under way, and has had its time
    assert max(took for took, _ in again) < 0.3
    let_go.set()
    http.close()


def test_an_issuer_that_was_never_up_is_left_alone_between_tries(
    keys: KeySets, visas: Issuer, clock: Clock
) -> None:
    visas.answers["/jwks"] = lambda handler: handler.says(b"<html>")
    for _ in range(20):
        with pytest.raises(Unfetched, match="no JSON"):
            has(keys, visas, "key-1")
    assert visas.asked["/jwks"] == 1
    clock.now += 30
    with pytest.raises(Unfetched):
        has(keys, visas, "key-1")
    assert visas.asked["/jwks"] == 2


def test_a_clock_that_is_set_back_stops_nothing(keys: KeySets, visas: Issuer, clock: Clock) -> None:
    assert has(keys, visas, "key-1")
    clock.now -= 1_000_000
    assert has(keys, visas, "key-1")


def test_a_name_is_one_key_s_for_each_algorithm(keys: KeySets, visas: Issuer) -> None:
    with pytest.raises(KeyUnknown):
        keys.key(visas.jku, "key-1", "RS256")
    assert keys.key(visas.jku, "key-1", "ES256").algorithm == "ES256"


def public(key: Any, **changes: Any) -> dict[str, Any]:
    return {"kid": "k", **key.as_dict(private=False)} | changes


def good(**changes: Any) -> dict[str, Any]:
    return public(key_pair("ES256"), **changes)


def rsa(**changes: Any) -> dict[str, Any]:
    return public(key_pair("RS256"), **changes)


SMALL_RSA = {"kty": "RSA", "kid": "k", "e": "AQAB", "n": "u" * 171}
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "symmetric": (lambda: {**OctKey.generate_key().as_dict(), "kid": "k"}, "secret"),
    "private RSA": (lambda: {**key_pair("RS256").as_dict(private=True), "kid": "k"}, "secret"),
    "private EC": (lambda: {**key_pair("ES256").as_dict(private=True), "kid": "k"}, "secret"),
    "one private number": (lambda: rsa(dq="AQAB"), "secret"),
    "Ed25519": (lambda: public(OKPKey.generate_key("Ed25519")), "neither"),
    "P-384": (lambda: public(ECKey.generate_key("P-384")), "P-256"),
    "RSA of 1024 bits": (lambda: SMALL_RSA, "bits"),
    "RSA of a million bits": (lambda: rsa(n="u" * 170_000), "large"),
    "exponent 3": (lambda: rsa(e="Aw"), "exponent"),
    "even exponent": (lambda: rsa(e="AQAC"), "exponent|numbers"),
    "exponent of a novel": (lambda: rsa(e="_" * 1000), "large"),
    "for encryption": (lambda: good(use="enc"), "signatures"),
    "for signing only": (lambda: good(key_ops=["sign"]), "signatures"),
    "alg of another": (lambda: rsa(alg="PS256"), "neither"),
    "alg none": (lambda: good(alg="none"), "neither"),
    "no kid": (lambda: good(kid=None), "kid"),
    "kid with a colour for terminals": (lambda: good(kid="k\x1b[31m"), "printable"),
    "endless kid": (lambda: good(kid="k" * 257), "kid"),
    "a point off the curve": (lambda: good(x="A" * 43), "numbers"),
    "coordinates of one byte": (lambda: good(x="AQ"), "32 bytes"),
    "no modulus": (lambda: {"kty": "RSA", "kid": "k", "e": "AQAB"}, "numbers"),
    "modulus a number": (lambda: rsa(n=7), "numbers"),
    "no object": (lambda: "key", "object"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_key_that_does_not_fit_is_not_taken(name: str) -> None:
    make, why = REFUSED[name]
    with pytest.raises(KeysInvalid, match=why):
        read_key(make())
    document = read_keys(json.dumps({"keys": [make(), good(kid="other")]}).encode())
    assert list(document.keys) == [("other", "ES256")]
    assert len(document.refused) == 1


@pytest.mark.parametrize("size", [2048, 3072])
def test_keys_of_good_size_are_taken(size: int) -> None:
    assert read_key(public(RSAKey.generate_key(size), use="sig", key_ops=["verify"], alg="RS256", x5t="x"))


def test_two_keys_of_one_name_are_none() -> None:
    document = read_keys(json.dumps({"keys": [good(), public(key_pair("ES256", 5))]}).encode())
    assert (document.keys, len(document.refused)) == ({}, 1)


@pytest.mark.parametrize("content", [
    b"", b"null", b"[]", b'{"keys": {}}', b"[" * 100_000, b"\xff", json.dumps({"keys": [1] * 101}).encode(),
])  # fmt: skip
def test_what_is_no_jwks_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(KeysInvalid):
        read_keys(content)


def test_plain_http_elsewhere_is_not_asked(clock: Clock) -> None:
    with pytest.raises(Unfetched, match="https"):
        KeySets(Http(), clock).key("http://keys.example/jwks", "k", "ES256")

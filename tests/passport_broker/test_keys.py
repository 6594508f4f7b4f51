"""The broker's keys: made once, rotated without a gap, and nobody else's to read."""

import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from passport_broker.provider.web import CACHED_SECONDS
from passport_broker.signing.folder import KeyFolder
from passport_broker.signing.keys import LONGEST, SETTLED, NotOurs, Signing
from tests.issuer import key_pair, sign, unsigned

ISSUER = "http://127.0.0.1:8080/passport"


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def signing(tmp_path: Path, clock: Clock) -> Signing:
    return Signing(KeyFolder(tmp_path, clock), ISSUER, clock)


def kid(token: str) -> Any:
    from joserfc.jws import extract_compact

    return extract_compact(token.encode()).headers()["kid"]


def published(signing: Signing) -> set[str]:
    return {each["kid"] for each in signing.jwks()["keys"]}


def made(signing: Signing, **header: Any) -> str:
    return signing.sign({"iss": ISSUER, "sub": "ada"}, "at+jwt", **header)


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_what_is_signed_verifies_with_what_is_published(signing: Signing, algorithm: str) -> None:
    token = made(signing, alg=algorithm)
    keys = KeySet.import_key_set(signing.jwks())  # type: ignore[arg-type]
    assert jwt.decode(token, keys, algorithms=[algorithm]).claims["sub"] == "ada"
    assert signing.verify(token, "at+jwt")["sub"] == "ada"
    secret = {"d", "p", "q", "dp", "dq", "qi"}
    assert [each for each in signing.jwks()["keys"] if secret & each.keys()] == []


def test_only_the_owner_can_read_the_keys(signing: Signing, tmp_path: Path) -> None:
    assert signing.jwks()["keys"]
    folder = tmp_path / "keys" / "passport"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}
    assert not any("PRIVATE" in each for each in map(str, [signing, signing.states()]))


def test_of_processes_that_start_together_one_makes_the_keys(tmp_path: Path) -> None:
    threads = [threading.Thread(target=lambda: Signing(KeyFolder(tmp_path), ISSUER)) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(list((tmp_path / "keys" / "passport").glob("*.pem"))) == 2


def test_a_new_key_is_published_before_it_signs_and_an_old_one_after(signing: Signing, clock: Clock) -> None:
    old = kid(made(signing))
    clock.now += 100 * 86_400
    signing.rotate()
    assert kid(made(signing)) == old
    assert len(published(signing)) == 4
    clock.now += SETTLED
    signing._looked = 0.0  # a second later, for those who do not want to wait
    new = kid(made(signing))
    assert new != old
    assert {old, new} <= published(signing)
    clock.now += LONGEST - 1
    assert old in published(signing)
    clock.now += 2
    assert old not in published(signing)
    signing.rotate()
    assert [each.key.kid for each in signing.states() if each.key.kid == old] == []


def test_a_machine_whose_clock_is_behind_makes_a_key_that_signs(signing: Signing, clock: Clock) -> None:
    old = kid(made(signing))
    clock.now -= 3600
    signing.rotate()
    clock.now += 3600 + SETTLED + 1
    signing._looked = 0.0
    assert kid(made(signing)) != old
    assert SETTLED >= 3 * CACHED_SECONDS


def test_another_process_follows_a_rotation(tmp_path: Path, signing: Signing, clock: Clock) -> None:
    other = Signing(KeyFolder(tmp_path, clock), ISSUER, clock)
    signing.rotate()
    clock.now += SETTLED
    signing._looked = other._looked = 0.0
    assert published(signing) == published(other)
    assert other.verify(made(signing), "at+jwt")
    assert kid(made(signing)) == kid(made(other))


def test_a_key_that_others_may_have_is_gone_at_once(signing: Signing) -> None:
    token = made(signing)
    signing.rotate(now=True)
    assert kid(token) not in published(signing)
    with pytest.raises(NotOurs):
        signing.verify(token, "at+jwt")
    assert signing.verify(made(signing), "at+jwt")


def test_no_token_that_we_did_not_sign_is_ours(signing: Signing) -> None:
    ours, claims = kid(made(signing)), {"iss": ISSUER, "sub": "ada"}
    public = next(each for each in signing.jwks()["keys"] if each["kid"] == ours)
    head = {"kid": ours, "typ": "at+jwt"}
    forged = {
        "unsigned": unsigned(head | {"alg": "none"}, claims),
        "unsigned, in capitals": unsigned(head | {"alg": "NONE"}, claims),
        "by another key of that name": sign(head | {"alg": "ES256"}, claims, key_pair("ES256", 666)),
        "by a key of its own": sign(
            head | {"alg": "ES256", "jwk": key_pair("ES256", 666).as_dict(private=False)}, claims,
            key_pair("ES256", 666),
        ),
        "of an unknown key": sign(
            {"kid": "x", "typ": "at+jwt", "alg": "ES256"}, claims, key_pair("ES256", 666)
        ),
        "with another algorithm": sign(head | {"alg": "RS256"}, claims, key_pair("RS256", 666)),
        "of another kind": signing.sign(claims, "JWT"),
        "of another issuer": signing.sign(claims | {"iss": "https://else.example"}, "at+jwt"),
        "altered": made(signing)[:-6] + "AAAAAA",
        "nothing": "",
        "two dots": "..",
        "too long": "e" * 20_000,
    }  # fmt: skip
    from joserfc.jwk import OctKey

    secret = OctKey.import_key(public["x"])  # a public key taken for a shared secret
    forged["by our public key"] = sign(head | {"alg": "HS256"}, claims, secret)
    for name, token in forged.items():
        with pytest.raises(NotOurs):
            pytest.fail(f"{name}: {signing.verify(token, 'at+jwt')}")

"""What the broker signs with: the newest keys sign, older ones stay published while anything holds of them.

    signing = Signing(KeyFolder(data_folder), issuer)
    signing.sign({"sub": ...}, "vnd.ga4gh.visa+jwt", jku=signing.jku)

A new key is published for five minutes before it signs, so that whoever keeps our JWKS has it by then. One
that was replaced stays published for a day, which is longer than anything holds that this broker signs.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from passport_broker.signing.folder import ALGORITHMS, Key, KeyFolder

LONGEST = 86_400
"""Seconds that anything signed here may hold, and so that a replaced key stays published."""

SETTLED = 300
"""Seconds for which a new key is published before it signs: several times what our JWKS may be kept for."""

_LOOKED_AT_EVERY = 1.0
_TOKEN_LONGEST = 16_384


class NotOurs(Exception):  # noqa: N818 - named for what it says
    """A token is not one that this broker signed, or of another kind."""


@dataclass(frozen=True, slots=True)
class State:
    """A key and what it does now: `signs`, `waits` to sign, is `published` still, or `ended`."""

    key: Key
    state: str
    until: int | None = None


class Signing:
    """Signs, and verifies what it signed. Safe between threads; follows the folder as keys are rotated."""

    def __init__(self, folder: KeyFolder, issuer: str, clock: Callable[[], float] = time.time) -> None:
        """Makes the first keys where there are none.

        Raises:
            CannotStart: the folder of the keys cannot be used.
        """
        folder.fill()
        self._folder = folder
        self._clock = clock
        self._looked = 0.0
        self._signing: dict[str, Key] = {}
        self.issuer = issuer
        self.jku = f"{issuer}/jwks"

    def sign(self, claims: dict[str, Any], typ: str, *, alg: str = "ES256", **header: Any) -> str:
        """A JWS (RFC 7515, compact) of the claims."""
        key = self._current()[alg]
        head = {"alg": alg, "kid": key.kid, "typ": typ, **header}
        payload = json.dumps(claims, separators=(",", ":")).encode()
        return jws.serialize_compact(head, payload, key.pair, [alg])

    def jwks(self) -> dict[str, Any]:
        """The public keys (RFC 7517), as they are on disk this moment."""
        return {
            "keys": [
                dict(each.key.pair.as_dict(private=False))
                | {"kid": each.key.kid, "alg": each.key.algorithm, "use": "sig"}
                for each in self.states()
                if each.state != "ended"
            ]
        }

    def verify(self, token: str, typ: str, *, longest: int = _TOKEN_LONGEST) -> dict[str, Any]:
        """The claims of a token that we signed, of that kind; whether it still holds is not looked at.

        Raises:
            NotOurs: it is none, or has more than `longest` characters.
        """
        if len(token) > longest:
            raise NotOurs("is too long")
        try:
            registry = jws.JWSRegistry(algorithms=list(ALGORITHMS))
            registry.max_payload_length = longest  # the library's own limit is no business of ours
            head = jws.extract_compact(token.encode("ascii"), registry=registry).headers()
            key = self._named(head.get("kid"))
            if head.get("typ") != typ or head.get("alg") != key.algorithm or "crit" in head:
                raise NotOurs(f"is not of the kind {typ}")
            claims = json.loads(jws.deserialize_compact(token, key.pair, registry=registry).payload)
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise NotOurs("is no token that we signed") from error
        if not isinstance(claims, dict) or claims.get("iss") != self.issuer:
            raise NotOurs("is no token of this issuer")
        return claims

    def states(self) -> list[State]:
        """Every key on disk and what it does now, oldest first."""
        keys = self._folder.look()
        found: list[State] = []
        for algorithm in ALGORITHMS:
            found += _states([each for each in keys if each.algorithm == algorithm], self._clock())
        return sorted(found, key=lambda each: (each.key.made, each.key.algorithm))

    def rotate(self, *, now: bool = False) -> None:
        """Makes new keys and removes those of which nothing holds any more.

        `now` is for a key that others may have: all older ones are removed, and what they signed holds no
        longer.

        Raises:
            CannotStart: the folder of the keys cannot be used.
        """
        before = self.states()
        self._folder.add()
        self._folder.remove([each.key for each in before if now or each.state == "ended"])
        self._looked = 0.0

    def _current(self) -> dict[str, Key]:
        if not 0 <= time.monotonic() - self._looked < _LOOKED_AT_EVERY or not self._signing:
            self._signing = {each.key.algorithm: each.key for each in self.states() if each.state == "signs"}
            self._looked = time.monotonic()
        return self._signing

    def _named(self, kid: object) -> Key:
        for each in self.states():
            if each.key.kid == kid and each.state != "ended":
                return each.key
        raise NotOurs("is signed with a key that is not ours, or not any more")


def _states(keys: list[Key], now: float) -> list[State]:
    """Of the keys of one algorithm, oldest first: the newest that is settled signs, or else the oldest."""
    settled = [each for each in keys if now - each.made >= SETTLED]
    signs = settled[-1] if settled else keys[0] if keys else None
    found: list[State] = []
    for at, each in enumerate(keys):
        if each is signs:
            found.append(State(each, "signs"))
        elif signs is not None and at > keys.index(signs):
            found.append(State(each, "waits", each.made + SETTLED))
        else:
            until = keys[at + 1].made + SETTLED + LONGEST
            found.append(State(each, "published" if now < until else "ended", until))
    return found

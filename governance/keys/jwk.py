"""The public keys of a JWKS document (RFC 7517) that GA4GH AAI lets sign: RS256 and ES256."""

import json
from dataclasses import dataclass
from typing import Any, TypeAlias

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

ALGORITHMS = ("RS256", "ES256")
KEYS_MOST = 100
RSA_BITS = (2048, 8192)
EXPONENTS = (65537, 2**32)  # small exponents were the way into too many implementations
KID_LONGEST = 256  # characters

_SECRET = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

Name: TypeAlias = tuple[str, str]
"""What a key is found by: its `kid` and the algorithm it signs with."""


class KeysInvalid(ValueError):  # noqa: N818 - named for what it says
    """The document is no JWKS; says why."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key of somebody else's, fit to verify what they signed with `algorithm`."""

    kid: str
    algorithm: str
    key: RSAKey | ECKey


@dataclass(frozen=True, slots=True)
class KeyDocument:
    """The keys of one JWKS, and why others in it were not taken."""

    keys: dict[Name, PublicKey]
    refused: tuple[str, ...] = ()


def read_keys(content: bytes) -> KeyDocument:
    """The keys of a JWKS document; a key that does not fit is left out, with the reason.

    Raises:
        KeysInvalid: it is no JWKS, or one of more than 100 keys.
    """
    listed = _listed(content)
    keys: dict[Name, PublicKey] = {}
    refused, twice = [], set()
    for number, each in enumerate(listed, 1):
        try:
            found = read_key(each)
        except KeysInvalid as error:
            refused.append(f"key {number} {error}")
            continue
        name = found.kid, found.algorithm
        twice |= {name} & keys.keys()
        keys[name] = found
    refused += [f"two keys have the kid {kid!r}" for kid, _ in sorted(twice)]
    return KeyDocument({name: key for name, key in keys.items() if name not in twice}, tuple(refused))


def read_key(jwk: Any) -> PublicKey:
    """The public key of a JWK.

    Raises:
        KeysInvalid: it is secret, symmetric, of another algorithm, too small or too large; says which.
    """
    if not isinstance(jwk, dict):
        raise KeysInvalid("is no JSON object")
    if jwk.get("kty") == "oct" or _SECRET & jwk.keys():
        raise KeysInvalid("is a secret key: a JWKS holds public ones only")
    kid = jwk.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= KID_LONGEST or not kid.isprintable():
        raise KeysInvalid(f"has no `kid` of 1 to {KID_LONGEST} printable characters")
    algorithm = {"RSA": "RS256", "EC": "ES256"}.get(str(jwk.get("kty")))
    if algorithm is None or jwk.get("alg", algorithm) != algorithm:
        raise KeysInvalid("is for neither RS256 nor ES256")
    operations = jwk.get("key_ops", ["verify"])
    if jwk.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        raise KeysInvalid("is not for signatures")
    try:
        return PublicKey(kid, algorithm, _rsa(jwk) if algorithm == "RS256" else _ec(jwk))
    except (JoseError, KeyError, TypeError, ValueError, OverflowError) as error:
        if isinstance(error, KeysInvalid):
            raise
        raise KeysInvalid("has numbers that are no key's") from error


def _listed(content: bytes) -> list[Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise KeysInvalid("is no JSON") from error
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise KeysInvalid("has no list `keys`")
    if len(listed) > KEYS_MOST:
        raise KeysInvalid(f"has more than {KEYS_MOST} keys")
    return listed


def _rsa(jwk: dict[str, Any]) -> RSAKey:
    if len(jwk["n"]) > RSA_BITS[1] // 4 or len(jwk["e"]) > 16:
        raise KeysInvalid("is too large")
    # Nothing but the numbers: what else the other side wrote may mean something to the library.
    key = RSAKey.import_key({"kty": "RSA", "n": _padded(jwk["n"]), "e": jwk["e"]})
    numbers = key.public_key.public_numbers()
    bits = numbers.n.bit_length()
    if not RSA_BITS[0] <= bits <= RSA_BITS[1]:
        raise KeysInvalid(f"has {bits} bits: {RSA_BITS[0]} to {RSA_BITS[1]} are taken")
    if not EXPONENTS[0] <= numbers.e < EXPONENTS[1] or not numbers.e % 2 or not numbers.n % 2:
        raise KeysInvalid("has an exponent or modulus that is not safe")
    return key


def _padded(number: str) -> str:
    """The modulus, refused before the library would warn of a small one."""
    if len(number) * 6 < RSA_BITS[0]:
        raise KeysInvalid(f"has at most {len(number) * 6} bits: {RSA_BITS[0]} to {RSA_BITS[1]} are taken")
    return number


def _ec(jwk: dict[str, Any]) -> ECKey:
    if jwk["crv"] != "P-256":
        raise KeysInvalid("is on another curve than P-256")
    if len(jwk["x"]) != 43 or len(jwk["y"]) != 43:  # 32 bytes each, in base64url without padding
        raise KeysInvalid("has coordinates of another length than 32 bytes")
    return ECKey.import_key({"kty": "EC", "crv": "P-256", "x": jwk["x"], "y": jwk["y"]})

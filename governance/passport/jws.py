"""Signed tokens (RFC 7515, compact form): read strictly first, verified with a key then."""

import binascii
import hashlib
import json
from base64 import b64decode
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry, deserialize_compact

from governance.keys.jwk import ALGORITHMS, KID_LONGEST, PublicKey
from governance.passport.refusal import Refusal, Rule

_PARTS = 3


class _Registry(JWSRegistry):
    """The library's limits, at ours: passports hold many visas, and 8192 bits sign longer than it thinks."""

    max_header_length = 8_192
    max_payload_length = 2_000_000
    max_signature_length = 2_048


_REGISTRY = _Registry(algorithms=list(ALGORITHMS), strict_check_header=False)


@dataclass(frozen=True, slots=True)
class Signed:
    """What a token says of itself; nothing of it is true before `verify`."""

    text: str
    header: dict[str, Any]
    claims: dict[str, Any]

    @property
    def kid(self) -> str:
        """The name of the key, as `read` has looked at it."""
        return str(self.header["kid"])

    @property
    def algorithm(self) -> str:
        """RS256 or ES256."""
        return str(self.header["alg"])

    @property
    def typ(self) -> str | None:
        """The media type in lower case, without the `application/` that RFC 7515 lets be left out."""
        typ = self.header.get("typ")
        return None if typ is None else str(typ).lower().removeprefix("application/")


def read(text: object, longest: int, *, named: bool = True) -> Signed:
    """The token, not yet verified; it names its key (`kid`) as GA4GH AAI wants, unless `named` is false.

    Raises:
        Refusal: it is no compact JWS of at most `longest` characters that is signed as GA4GH AAI wants.
    """
    if not isinstance(text, str):
        raise Refusal(Rule.NO_STRING, "it must be a signed token as a string, not an object")
    if len(text) > longest:
        raise Refusal(Rule.TOO_LARGE, f"it is longer than {longest} characters")
    parts = text.split(".")
    if len(parts) != _PARTS or not all(parts):
        raise Refusal(Rule.MALFORMED, "it is not three parts in base64url with dots between them")
    signed = Signed(text, _json(parts[0], "header"), _json(parts[1], "payload"))
    _check_header(signed.header, named=named)
    return signed


def verify(signed: Signed, key: PublicKey) -> None:
    """Returns where the key's owner signed the token.

    Raises:
        Refusal: they did not.
    """
    try:
        deserialize_compact(signed.text, key.key, [key.algorithm], registry=_REGISTRY)
    except (JoseError, ValueError, TypeError) as error:
        raise Refusal(Rule.SIGNATURE, "its signature is not that of the key it names") from error


def digest(text: str) -> str:
    """The name of a token in caches, records and explanations: its SHA-256 in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _check_header(header: dict[str, Any], *, named: bool) -> None:
    if header.get("alg") not in ALGORITHMS:
        raise Refusal(Rule.ALG, "it must be signed with RS256 or ES256")
    if "crit" in header or "b64" in header:
        raise Refusal(Rule.CRIT, "its header demands an extension that this site does not have")
    kid = header.get("kid")
    if kid is None and not named:
        kid = "-"
    if not isinstance(kid, str) or not 0 < len(kid) <= KID_LONGEST or not kid.isprintable():
        raise Refusal(Rule.KID, "its header must name its key (`kid`)")
    if not isinstance(header.get("typ", ""), str):
        raise Refusal(Rule.TYP, "its `typ` must be a string")


def _json(part: str, what: str) -> dict[str, Any]:
    """The JSON object in a part: base64url without padding or other characters, no member twice, no NaN."""
    try:
        if "=" in part or "+" in part or "/" in part:
            raise ValueError  # noqa: TRY301 - all that is wrong with a part is one thing to the caller
        raw = b64decode(part + "=" * (-len(part) % 4), b"-_", validate=True)
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError, binascii.Error) as error:
        raise Refusal(Rule.MALFORMED, f"its {what} is no JSON in base64url, or has a member twice") from error
    if not isinstance(value, dict):
        raise Refusal(Rule.MALFORMED, f"its {what} must be a JSON object")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _no_number(_: str) -> None:
    raise ValueError

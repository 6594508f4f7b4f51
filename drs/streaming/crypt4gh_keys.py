"""The site's Crypt4GH key pair, to which people encrypt what they give it, and the public keys of others.

The key in use lies in `<data folder>/keys/crypt4gh.sec` (mode 0600), in the form of the crypt4gh tools and
without a passphrase. Keys that were in use before lie beside it as `crypt4gh-<anything>.sec` and still open
what was encrypted to them.
"""

import base64
import binascii
import struct
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from drs.streaming.crypt4gh import BadKey
from governance.keys.site import secret_bytes
from processes.errors import CannotStart, explain

_NAME = "crypt4gh.sec"
_OLDER = "crypt4gh-*.sec"
_BEGIN, _END = "-----BEGIN CRYPT4GH {} KEY-----", "-----END CRYPT4GH {} KEY-----"
_MAGIC = b"c4gh-v1"
_NONE = struct.pack(">H4s", 4, b"none")
_SIZE = 32


class Crypt4ghKeys:
    """The site's key pairs, the one in use first."""

    def __init__(self, private: Sequence[X25519PrivateKey]) -> None:
        self.private = tuple(private)
        self.public = self.private[0].public_key().public_bytes_raw()

    def public_text(self) -> str:
        """The public key as the crypt4gh tools take it, to be given to whoever encrypts for this site."""
        return _armoured("PUBLIC", self.public)


def site_keys(folder: Path) -> Crypt4ghKeys:
    """The keys in the data folder, made where there are none.

    Raises:
        CannotStart: they cannot be made or read, or one is no key without a passphrase.
    """
    current = _private(folder / "keys" / _NAME, secret_bytes(folder, _NAME, _fresh))
    try:
        older = [_private(each, each.read_bytes()) for each in sorted((folder / "keys").glob(_OLDER))]
    except OSError as error:
        raise explain(error, str(folder / "keys")) from error
    return Crypt4ghKeys([current, *older])


def public_key(text: str) -> str:
    """Somebody's public key as links have it, base64, from that or from a file of the crypt4gh tools.

    Raises:
        BadKey: it is none.
    """
    begin, end = (each.format("PUBLIC") for each in (_BEGIN, _END))
    inner = text.strip().removeprefix(begin).removesuffix(end).strip()
    return base64.b64encode(decoded(inner)).decode()


def decoded(text: str) -> bytes:
    """The 32 bytes of a public key in base64.

    Raises:
        BadKey: it is none.
    """
    try:
        raw = base64.b64decode(text, validate=True)
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(raw))
    except (binascii.Error, ValueError):
        raise BadKey from None
    return raw


def _fresh() -> bytes:
    raw = X25519PrivateKey.generate().private_bytes_raw()
    return _armoured("PRIVATE", _MAGIC + _NONE + _NONE + struct.pack(">H", _SIZE) + raw).encode()


def _armoured(kind: str, content: bytes) -> str:
    return f"{_BEGIN.format(kind)}\n{base64.b64encode(content).decode()}\n{_END.format(kind)}\n"


def _private(path: Path, content: bytes) -> X25519PrivateKey:
    """The key of a file of the crypt4gh tools.

    Raises:
        CannotStart: it is none, or has a passphrase, which nobody is there to type when a site starts.
    """
    lines = content.decode("ascii", "replace").split("\n")
    start = _MAGIC + _NONE + _NONE + struct.pack(">H", _SIZE)
    try:
        raw = base64.b64decode("".join(lines[1:-1] if lines[-1] else lines[1:-2]), validate=True)
    except binascii.Error:
        raw = b""
    if lines[0] != _BEGIN.format("PRIVATE") or not raw.startswith(start) or len(raw) < len(start) + _SIZE:
        raise CannotStart(f"{path} is no Crypt4GH private key without a passphrase; put the site's key there")
    return X25519PrivateKey.from_private_bytes(raw[len(start) :][:_SIZE])

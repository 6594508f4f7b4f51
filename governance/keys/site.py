"""The site's own signing key (ES256), and other secrets of the data folder that are made at first need.

The key signs the checkpoints of the audit trail. It lies in `<data folder>/keys/site.pem` (mode 0600). `kid`
is its JWK thumbprint (RFC 7638). Several machines of one site share the folder `keys`.
"""

import base64
import hashlib
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from processes.accounts import Account
from processes.errors import CannotStart, explain
from processes.folders import private_folder
from processes.locks import give_to_folder_owner

_SIZE = 32  # bytes of a coordinate and of half a signature
_ES256 = ec.ECDSA(hashes.SHA256())

PublicKeys = Mapping[str, ec.EllipticCurvePublicKey]
"""Keys to verify with, by `kid`."""


class BadSignature(Exception):  # noqa: N818  (names what was found)
    """A token is not what one of the keys signed; the text says why."""


class SiteKey:
    """A P-256 key pair and its name."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        self.public = private.public_key()
        self.kid = thumbprint(self.public)

    def sign(self, kind: str, claims: Mapping[str, Any]) -> str:
        """A JWS (RFC 7515, compact) of the claims; `kind` is its `typ`."""
        head = orjson.dumps({"alg": "ES256", "kid": self.kid, "typ": kind})
        signed = f"{_text(head)}.{_text(orjson.dumps(claims, option=orjson.OPT_SORT_KEYS))}"
        r, s = decode_dss_signature(self._private.sign(signed.encode(), _ES256))
        return f"{signed}.{_text(r.to_bytes(_SIZE) + s.to_bytes(_SIZE))}"


def site_key(folder: Path) -> SiteKey:
    """The key in `folder/keys/site.pem`, made where there is none.

    Raises:
        CannotStart: it cannot be made or read, or is no key of ours.
    """
    path = folder / "keys" / "site.pem"
    found = secret_bytes(folder, path.name, _fresh)
    try:
        private = serialization.load_pem_private_key(found, password=None)
    except ValueError:
        private = None
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name != "secp256r1":
        raise CannotStart(f"{path} is not a P-256 key in PEM; put the site's key back from a backup")
    return SiteKey(private)


def _fresh() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def secret_bytes(
    folder: Path, name: str, make: Callable[[], bytes] = lambda: secrets.token_bytes(32)
) -> bytes:
    """What the file `folder/keys/<name>` holds, made where there is none; processes agree on the first.

    Raises:
        CannotStart: the file or its folder cannot be made or read.
    """
    path = own_folder(folder, "keys") / name
    try:
        if not path.exists():
            _write_first(path, make())
        return path.read_bytes()
    except OSError as error:
        raise explain(error, str(path)) from error


def _write_first(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all; one that has come into being meanwhile stays."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            give_to_folder_owner(file.fileno(), path.parent)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            return
        sync_folder(path.parent)
    finally:
        fresh.unlink()


def own_folder(folder: Path, name: str) -> Path:
    """The private folder of that name in the data folder, of whose it is: root hands over what it makes.

    Raises:
        CannotStart: it cannot be made, or is somebody else's.
    """
    owner = folder.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        return private_folder(folder / name)
    return private_folder(folder / name, Account("the data folder's owner", owner.st_uid, owner.st_gid))


def sync_folder(folder: Path) -> None:
    """Returns when names that were made in the folder would outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def verified(token: str, kind: str, keys: PublicKeys) -> dict[str, Any]:
    """The claims of a token that one of the keys signed.

    Raises:
        BadSignature: it is no such token, of another kind, by a key that is not among them, or altered.
    """
    try:
        head, claims, signature = token.split(".")
        header, made = orjson.loads(_bytes(head)), orjson.loads(_bytes(claims))
        raw = _bytes(signature)
    except (ValueError, TypeError):
        raise BadSignature("is not a signed token") from None
    if not isinstance(header, dict) or not isinstance(made, dict) or len(raw) != 2 * _SIZE:
        raise BadSignature("is not a signed token")
    if header.get("alg") != "ES256" or header.get("typ") != kind:
        raise BadSignature(f"is not a token of the kind {kind}")
    key = keys.get(str(header.get("kid")))
    if key is None:
        raise BadSignature(f"is signed by the key {str(header.get('kid'))[:64]!r}, which is not the site's")
    der = encode_dss_signature(int.from_bytes(raw[:_SIZE]), int.from_bytes(raw[_SIZE:]))
    try:
        key.verify(der, f"{head}.{claims}".encode(), _ES256)
    except InvalidSignature:
        raise BadSignature("has a signature that does not fit") from None
    return made


def public_jwk(public: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """The public key as a JWK (RFC 7517)."""
    return {**_members(public), "kid": thumbprint(public), "alg": "ES256", "use": "sig"}


def thumbprint(public: ec.EllipticCurvePublicKey) -> str:
    """The key's thumbprint (RFC 7638): what everybody would call this key."""
    return _text(hashlib.sha256(orjson.dumps(_members(public), option=orjson.OPT_SORT_KEYS)).digest())


def read_public(content: bytes) -> ec.EllipticCurvePublicKey:
    """The P-256 public key in a PEM or JWK, also of a private PEM: a site's key that was put aside.

    Raises:
        ValueError: it is neither.
    """
    try:
        return _public(content)
    except (KeyError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(f"not a P-256 key: {error}") from error


def _public(content: bytes) -> ec.EllipticCurvePublicKey:
    if content.lstrip().startswith(b"{"):
        jwk = orjson.loads(content)
        if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
            raise ValueError("not a P-256 key")
        x, y = (int.from_bytes(_bytes(str(jwk[each]))) for each in ("x", "y"))
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    key: object
    if b"PRIVATE KEY" in content:
        private = serialization.load_pem_private_key(content, password=None)
        key = private.public_key()
    else:
        key = serialization.load_pem_public_key(content)
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise ValueError("not a P-256 key")
    return key


def _members(public: ec.EllipticCurvePublicKey) -> dict[str, str]:
    numbers = public.public_numbers()
    x, y = (_text(each.to_bytes(_SIZE)) for each in (numbers.x, numbers.y))
    return {"crv": "P-256", "kty": "EC", "x": x, "y": y}


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)

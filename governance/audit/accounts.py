"""The account behind a pseudonym, encrypted under a key that goes when the account is forgotten.

To read it takes the account's own key, from the database, and the site's secret, from the data folder.
"""

import hashlib
import hmac
import secrets

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from governance.caller import Identity

_NONCE = 12


def hidden(secret: bytes, key: bytes, identity: Identity) -> bytes:
    """The account, encrypted."""
    nonce = secrets.token_bytes(_NONCE)
    said = orjson.dumps([identity.issuer, identity.subject])
    return nonce + _cipher(secret, key).encrypt(nonce, said, None)


def revealed(secret: bytes, key: bytes, content: bytes) -> Identity | None:
    """The account that was encrypted; None where this was not done with that key and secret."""
    try:
        said = _cipher(secret, key).decrypt(content[:_NONCE], content[_NONCE:], None)
    except (InvalidTag, ValueError):
        return None
    issuer, subject = orjson.loads(said)
    return Identity(issuer, subject)


def _cipher(secret: bytes, key: bytes) -> AESGCM:
    return AESGCM(hmac.digest(secret, b"account\n" + key, hashlib.sha256))

"""Secrets that this broker hands out, and what it keeps of them: never the secret itself."""

import hashlib
import hmac
import secrets


def new() -> str:
    """A secret of 256 bits, as text."""
    return secrets.token_urlsafe(32)


def kept(secret: str) -> bytes:
    """What is kept of a secret of ours: its digest, which is no help in guessing 256 bits."""
    return hashlib.sha256(secret.encode()).digest()


def kept_with(key: bytes, use: str, word: str) -> bytes:
    """What is kept of a word that could be guessed: a digest that is of no use without the site's key."""
    return hmac.digest(key, f"{use}\n{word}".encode(), hashlib.sha256)


def same(one: bytes, other: bytes) -> bool:
    """Whether both are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(one, other)

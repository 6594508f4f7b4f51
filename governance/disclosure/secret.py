"""The site's secret, under which people and accounts are written, so that the tables name nobody.

It is a file of the data folder: `governance.keys.site.secret_bytes(folder, FILE)`.
"""

import hmac
from functools import lru_cache

FILE = "disclosure.secret"
BYTES = 32
_KEY = 16
_PEOPLE = 1 << 18  # whose keys a process keeps


class Secret:
    """Keys of people and accounts: the same for the same name, and nothing to whoever lacks the secret."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != BYTES:
            raise ValueError(f"a secret has {BYTES} bytes")
        self.raw = secret
        self.person = lru_cache(_PEOPLE)(lambda name: self.key("person", name))

    def key(self, kind: str, *parts: str) -> bytes:
        """The key of something that is named by `parts`; 16 bytes."""
        named = b"".join(len(part).to_bytes(4, "big") + part for part in map(str.encode, (kind, *parts)))
        return hmac.digest(self.raw, named, "sha256")[:_KEY]

    @property
    def fingerprint(self) -> bytes:
        """What tells whether tables were written under this secret."""
        return self.key("fingerprint")

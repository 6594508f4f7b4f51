"""The trail's secrets in the folder `keys`, held against what the database says it was written under.

A secret that was lost and made anew would give everybody another name, or let what was sealed look forged.
"""

import hashlib
import logging
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text

from database.engine import Database
from governance.audit.errors import KeyLost
from governance.keys.site import SiteKey, read_public, secret_bytes, site_key, thumbprint

log = logging.getLogger("insitu.trail")

NAMES, SEALS, SITE = "pseudonyms", "trail", "site.pem"
FORMER = "former"
"""The folder, in `keys`, of public keys that the site signed with before."""

_KEYS = {".pem", ".jwk", ".json"}
_BYTES = 32
_FIND = "SELECT fingerprint FROM governance.audit_secret WHERE name = :name"
_FIRST = (
    "INSERT INTO governance.audit_secret (name, fingerprint) VALUES (:name, :it) "
    "ON CONFLICT (name) DO NOTHING"
)

_KEPT = {"site": SITE, "names": NAMES, "seals": SEALS}


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a folder has: the name of its signing key, and two secrets."""

    kid: str
    names: bytes = field(repr=False)
    seals: bytes = field(repr=False)

    def fingerprints(self) -> dict[str, bytes]:
        """As the database keeps them."""
        found = {NAMES: _fingerprint(NAMES, self.names), SEALS: _fingerprint(SEALS, self.seals)}
        return {SITE: self.kid.encode(), **found}


def _fingerprint(name: str, content: bytes) -> bytes:
    return hashlib.sha256(f"insitu-{name}\n".encode() + content).digest()


class Keyring:
    """The secrets, each made at first need and never again."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        self._said: set[Path] = set()

    @cached_property
    def site(self) -> SiteKey:
        """The key that signs.

        Raises:
            KeyLost, CannotStart: it is gone, is another, or cannot be read.
        """
        self._there(SITE)
        key = site_key(self._folder)
        self._same(SITE, key.kid.encode())
        return key

    @cached_property
    def names(self) -> bytes:
        """The secret that accounts are looked up by.

        Raises:
            KeyLost, CannotStart: as `site`.
        """
        return self._secret(NAMES)

    @cached_property
    def seals(self) -> bytes:
        """The secret that rows are sealed under.

        Raises:
            KeyLost, CannotStart: as `site`.
        """
        return self._secret(SEALS)

    def public(self) -> dict[str, ec.EllipticCurvePublicKey]:
        """The site's public key and its former ones, by `kid`; makes none.

        Raises:
            KeyLost, CannotStart: as `site`.
        """
        found = {}
        if self.has(SITE):
            key = self.site.public
            found[thumbprint(key)] = key
        else:
            self._there(SITE)
        for path in self._former():
            try:
                key = read_public(path.read_bytes())
            except (ValueError, OSError) as error:
                self._say(path, error)
                continue
            found[thumbprint(key)] = key
        return found

    def unreadable(self) -> list[str]:
        """What is wrong with former keys: `public` goes on without them."""
        faults = []
        for path in self._former():
            try:
                read_public(path.read_bytes())
            except (ValueError, OSError) as error:
                faults.append(f"keys/{FORMER}/{path.name}, a former key of the site, cannot be read: {error}")
        return faults

    def _former(self) -> list[Path]:
        folder = self._folder / "keys" / FORMER
        return [each for each in sorted(folder.glob("*")) if each.suffix in _KEYS]

    def _say(self, path: Path, error: Exception) -> None:
        """Once: keys are asked for at each look."""
        if path not in self._said:
            self._said.add(path)
            log.warning("%s cannot be read and is left out: %s", path, error)

    def sealing(self) -> bytes | None:
        """The secret of the seals where there is one; makes none.

        Raises:
            KeyLost, CannotStart: as `site`.
        """
        if self.has(SEALS):
            return self._secret(SEALS)  # as it is now: who resumed the trail may have accepted another
        self._there(SEALS)
        return None

    def check(self, name: str) -> None:
        """Returns where that secret is there as it was, or never was; makes none.

        Raises:
            KeyLost, CannotStart: as `site`.
        """
        if self.has(name):
            self._secret(name)
        else:
            self._there(name)

    def begun(self) -> bool:
        """True where rows are sealed, or were."""
        return self.has(SEALS) or self._found(SEALS) is not None

    def has(self, name: str) -> bool:
        """True where the file is there."""
        return (self._folder / "keys" / name).exists()

    def there(self) -> "Secrets":
        """The secrets that the folder has now, whatever the trail was written with; makes those that are not.

        Raises:
            KeyLost, CannotStart: one of them cannot be read.
        """
        return Secrets(site_key(self._folder).kid, self._content(NAMES), self._content(SEALS))

    def accept(self, cursor: Any, secrets: "Secrets") -> None:
        """Takes these for the right ones, once the cursor's transaction is committed; `renew` then."""
        cursor.execute("DELETE FROM governance.audit_secret")
        for name, fingerprint in secrets.fingerprints().items():
            cursor.execute(
                "INSERT INTO governance.audit_secret (name, fingerprint) VALUES (%s, %s)", (name, fingerprint)
            )

    def renew(self) -> bool:
        """Lets go of secrets in memory that are not the trail's any more; True where there were any."""
        gone = [each for each, name in _KEPT.items() if not self._current(each, name)]
        for each in gone:
            self.__dict__.pop(each, None)
        return bool(gone)

    def _current(self, kept: str, name: str) -> bool:
        value = self.__dict__.get(kept)
        if value is None:
            return True
        its = value.kid.encode() if isinstance(value, SiteKey) else _fingerprint(name, value)
        return self._found(name) in (None, its)

    def _secret(self, name: str) -> bytes:
        self._there(name)
        content = self._content(name)
        self._same(name, _fingerprint(name, content))
        return content

    def _content(self, name: str) -> bytes:
        content = secret_bytes(self._folder, name)
        if len(content) != _BYTES:
            raise KeyLost(f"keys/{name} has not the {_BYTES} bytes of a secret: put it back from a backup")
        return content

    def _there(self, name: str) -> None:
        written = self._found(name) is not None  # first, for another process may make both just now
        if written and not self.has(name):
            raise KeyLost(f"keys/{name} is gone, and the trail was written with it: put it back")

    def _same(self, name: str, fingerprint: bytes) -> None:
        found = self._found(name)
        if found is None:
            with self._database.unit_of_work() as work:
                work.connection.execute(text(_FIRST), {"name": name, "it": fingerprint})
                work.commit()
            found = self._found(name)
        if found != fingerprint:
            raise KeyLost(f"keys/{name} is not the one that the trail was written with: put that one back")

    def _found(self, name: str) -> bytes | None:
        with self._database.unit_of_work() as work:
            found = work.connection.execute(text(_FIND), {"name": name}).scalar_one_or_none()
        return None if found is None else bytes(found)

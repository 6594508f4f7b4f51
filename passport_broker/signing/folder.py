"""The broker's private keys on disk: `<data folder>/keys/passport/`, one PEM (0600) for each key.

A file is called `<made>-<algorithm>-<part of its kid>.pem`, so that a listing shows which is the newest.
Several machines of one site share the folder.
"""

import os
import re
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc.jwk import ECKey, RSAKey

from governance.keys.site import own_folder, sync_folder
from processes.errors import CannotStart, explain
from processes.locks import exclusive, give_to_folder_owner

ALGORITHMS = ("ES256", "RS256")
_NAME = re.compile(r"(\d{8}T\d{6}Z)-(ES256|RS256)-[\w-]{12}\.pem")
_STAMP = "%Y%m%dT%H%M%SZ"
_PATIENCE = 60.0  # seconds for another process that makes keys
_RSA_BITS = 3072


@dataclass(frozen=True, slots=True)
class Key:
    """A key pair of ours; `made` in seconds since 1970."""

    kid: str
    algorithm: str
    made: int
    pair: RSAKey | ECKey
    path: Path


class KeyFolder:
    """The keys in the folder. Safe between threads and processes."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._data = folder
        self._clock = clock
        self.path = folder / "keys" / "passport"
        self._known: dict[str, Key] = {}

    def look(self) -> list[Key]:
        """The keys that are there now, oldest first; only files that are new are read.

        Raises:
            CannotStart: a key cannot be read.
        """
        try:
            names = sorted(each for each in os.listdir(self.path) if _NAME.fullmatch(each))  # noqa: PTH208
        except FileNotFoundError:
            return []
        known = self._known
        self._known = {name: known.get(name) or self._read(name) for name in names}
        return list(self._known.values())

    def fill(self) -> None:
        """Makes a key for each algorithm that has none yet; of processes that start together one does.

        Raises:
            CannotStart: the folder cannot be used.
        """
        with self._alone():
            found = {each.algorithm for each in self.look()}
            for algorithm in ALGORITHMS:
                if algorithm not in found:
                    self._make(algorithm)

    def add(self) -> None:
        """Makes a new key for each algorithm.

        Raises:
            CannotStart: the folder cannot be used.
        """
        with self._alone():
            for algorithm in ALGORITHMS:
                self._make(algorithm)

    def remove(self, keys: list[Key]) -> None:
        """Takes keys away for good.

        Raises:
            CannotStart: one cannot be removed.
        """
        with self._alone():
            try:
                for each in keys:
                    each.path.unlink(missing_ok=True)
                sync_folder(self.path)
            except OSError as error:
                raise explain(error, str(self.path)) from error

    def _alone(self) -> AbstractContextManager[None]:
        own_folder(self._data, "keys")
        own_folder(self.path.parent, self.path.name)
        return exclusive(self.path / "lock", _PATIENCE)

    def _make(self, algorithm: str) -> None:
        private = (
            ec.generate_private_key(ec.SECP256R1())
            if algorithm == "ES256"
            else rsa.generate_private_key(65537, _RSA_BITS)
        )
        pem = private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        newest = max((each.made for each in self.look() if each.algorithm == algorithm), default=-1)
        # After the newest, also where this machine's clock is behind: else it would never sign.
        stamp = datetime.fromtimestamp(max(int(self._clock()), newest + 1), UTC).strftime(_STAMP)
        name = f"{stamp}-{algorithm}-{_pair(algorithm, pem).thumbprint()[:12]}.pem"
        try:
            _write(self.path / name, pem)
        except OSError as error:
            raise explain(error, str(self.path)) from error

    def _read(self, name: str) -> Key:
        path = self.path / name
        stamp, algorithm = name.split("-")[:2]
        try:
            pair = _pair(algorithm, path.read_bytes())
        except OSError as error:
            raise explain(error, str(path)) from error
        except ValueError as error:
            raise CannotStart(f"{path} is no {algorithm} key in PEM; put it back from a backup") from error
        made = int(datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC).timestamp())
        return Key(pair.thumbprint(), algorithm, made, pair, path)


def _pair(algorithm: str, pem: bytes) -> RSAKey | ECKey:
    return (ECKey if algorithm == "ES256" else RSAKey).import_key(pem)


def _write(path: Path, content: bytes) -> None:
    """Writes the file whole or not at all."""
    fresh = path.with_name(f".{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        give_to_folder_owner(file.fileno(), path.parent)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)

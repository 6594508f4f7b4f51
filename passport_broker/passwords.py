"""Passwords of local accounts: argon2id, two at a time."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_AT_ONCE = 2  # each takes 32 MB


class Passwords:
    """Hashes and verifies passwords. Safe between threads; who guesses many at once waits."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=3, memory_cost=32_768, parallelism=1)
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self._nobody = ""

    def hashed(self, password: str) -> str:
        """What is kept of a password."""
        with self._places:
            return self._hasher.hash(password)

    def fits(self, kept: str | None, password: str) -> bool:
        """Whether it is the password; takes as long where there is none to compare it with."""
        if kept is None:
            self._nobody = self._nobody or self.hashed("nobody's password")
        with self._places:
            try:
                return self._hasher.verify(kept or self._nobody, password) and kept is not None
            except (VerificationError, InvalidHashError):
                return False

    def aged(self, kept: str) -> bool:
        """Whether it was hashed with less effort than passwords are now."""
        return self._hasher.check_needs_rehash(kept)

"""The broker of this very site, which its clearinghouse looks into directly instead of asking over HTTP.

Visas that somebody was given hold until they end, wherever they are; here they hold until they are revoked.
"""

from collections.abc import Sequence
from typing import Protocol

from governance.caller import Visa


class OwnBroker(Protocol):
    """What the room of the broker answers. Safe between threads."""

    @property
    def issuer(self) -> str:
        """The issuer of its tokens and visas."""

    @property
    def anew(self) -> float:
        """Seconds after which the visas of a token are asked for again."""

    @property
    def taken_back(self) -> int:
        """Another number whenever a token of it may have been taken back, or an account closed."""

    def visas(self, token: str, subject: str) -> Sequence[str] | None:
        """The signed visas of the holder of a verified, passport-scoped token; None where it is revoked."""

    def revoked(self, visa: Visa) -> bool:
        """Whether a verified visa is one of this broker's that it has revoked."""

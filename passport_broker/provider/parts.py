"""What the provider is made of."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from database.engine import Database
from passport_broker.limiting import Rates
from passport_broker.recording import Record
from passport_broker.settings import PassportSettings
from passport_broker.signing.keys import Signing
from passport_broker.visa_source import VisaSource


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What it takes to look at tokens. Safe between threads.

    `site` is what this site is called in `aud`: its tokens are for it unless a client says otherwise.
    """

    site: str
    database: Database
    signing: Signing
    visas: VisaSource
    clock: Callable[[], float] = time.time

    @property
    def issuer(self) -> str:
        """The `iss` of all that it signs, and the address under which it answers."""
        return self.signing.issuer

    def now(self) -> int:
        """Seconds since 1970."""
        return int(self.clock())


@dataclass(frozen=True, kw_only=True)
class Parts(Ground):
    """What grants, endpoints and pages share. Safe between threads.

    `secret` keys the digests of what could be guessed. `loopback` where only this machine can reach us.
    """

    settings: PassportSettings
    record: Record
    secret: bytes = field(repr=False)
    rates: Rates
    loopback: bool = False

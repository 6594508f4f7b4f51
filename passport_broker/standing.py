"""This broker as the clearinghouse of its own site sees it: when its tokens have to be looked at again."""

import threading
import time
from collections.abc import Callable

from database.engine import Database
from passport_broker.store import families
from passport_broker.visas.lifetimes import Lifetimes
from passport_broker.visas.looking import LOOKED_AT_EVERY, Revocations
from passport_broker.visas.own import OwnSite
from passport_broker.visas.service import Visas


class Standing(OwnSite):
    """As `OwnSite`; what was taken back is seen within a second. Safe between threads."""

    def __init__(
        self,
        database: Database,
        visas: Visas,
        revocations: Revocations,
        honoured: Callable[[str], bool],
        lifetimes: Lifetimes | None = None,
        *,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(visas, revocations, honoured, lifetimes)
        self._database = database
        self._ticks = ticks
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self._version = -1

    @property
    def taken_back(self) -> int:
        """Moves whenever a token, a family, an account or a client is taken back."""
        if self._ticks() - self._looked >= LOOKED_AT_EVERY:
            with self._lock:
                if self._ticks() - self._looked >= LOOKED_AT_EVERY:
                    now = self._ticks()  # before looking, as what is revoked meanwhile is seen next time
                    self._version, self._looked = families.taken_back(self._database), now
        return self._version

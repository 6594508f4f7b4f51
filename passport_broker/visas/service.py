"""The visas of an account, signed when they are asked for."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from database.engine import Database
from governance.passport.tokens import PASSPORT_LONGEST, VISAS_MOST
from passport_broker.store import visas as store
from passport_broker.visas.lifetimes import Lifetimes
from passport_broker.visas.signing import Signed, Signer, Signing

log = logging.getLogger("insitu.broker")

_LONGEST = PASSPORT_LONGEST * 7 // 10  # characters of all visas: a passport encodes them once more


class Visas:
    """Signed visas and passports. Safe between threads and processes.

    What holds is read from the database each time: an assertion that was revoked in any process is not given
    out by a call that begins after that.
    """

    def __init__(
        self,
        database: Database,
        signing: Signing,
        issuer: str,
        lifetimes: Lifetimes | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._clock = clock
        self._signer = Signer(signing, issuer, lifetimes or Lifetimes(), clock)

    def of(self, account_subject: str, until: int = 0) -> list[str]:
        """The visas of that account that hold now, the oldest assertion first; none for an unknown one.

        As far as visas hold so long, none ends before `until`.
        """
        return [each.text for each in self._signed(account_subject, until)]

    def passport(self, account_subject: str, audience: str | list[str] | None = None) -> str:
        """A passport of them, for that audience where one is named."""
        return self._signer.passport(account_subject, self._signed(account_subject), audience)

    def _signed(self, subject: str, until: int = 0) -> list[Signed]:
        with self._database.reading() as connection:
            found = store.standing(connection, subject, int(self._clock()), VISAS_MOST + 1)
        signed = list(_fitting(self._signer.visa(each, until) for each in found))
        if len(signed) < len(found):  # more than a clearinghouse takes would be none at all
            log.warning(
                "an account has more visas than a passport carries: it has the oldest %d", len(signed)
            )
        return signed


def _fitting(visas: Iterable[Signed]) -> Iterator[Signed]:
    """As many of the visas as clearinghouses take in one passport, in number and in length."""
    length = 0
    for each in islice(visas, VISAS_MOST):
        length += len(each.text)
        if length > _LONGEST:
            return
        yield each

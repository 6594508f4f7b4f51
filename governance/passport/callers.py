"""Callers, made of what was obtained for somebody: their visas judged, and until when that holds."""

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from governance.caller import Caller, Identity, Turned, Visa
from governance.passport.answers import Obtained
from governance.passport.judging import judge
from governance.passport.registered import registered
from governance.passport.tokens import VISAS_MOST
from governance.passport.trust import Trust
from governance.passport.visas import Visas

log = logging.getLogger("insitu.passport")

ANEW_AFTER = 30  # seconds after which a visa is looked at again that may hold by then
TOLD_MOST = 20  # visas that do not count, in one line of the log


class Callers:
    """Makes callers under one trust. Safe between threads."""

    def __init__(
        self, trust: Trust, visas: Visas, clock: Callable[[], float], own: str | None = None
    ) -> None:
        """`own` is the issuer of this site, where it has one."""
        self._own = own
        self._trust = trust
        self._visas = visas
        self._clock = clock

    def made(
        self,
        obtained: Obtained,
        identity: Identity,
        client: str | None,
        until: float,
        most: int = VISAS_MOST,
        *,
        scopes: frozenset[str] = frozenset(),
    ) -> Caller:
        """The caller as of now, who holds until the first of the token, the visas and `until` ends."""
        judged = judge(obtained.visas, obtained.accounts, self._visas.check, most)
        visas = tuple(each.visa for each in judged.visas)
        exps = [obtained.ends, *(each.expires for each in visas)]
        ends = [until, min(exps) + self._trust.skew]
        if judged.passing:
            ends.append(self._clock() + ANEW_AFTER)
        return Caller(
            identity=identity,
            person=min(judged.accounts),
            visas=visas,
            turned=judged.turned,
            registered=registered(visas),
            client=client,
            expires=math.ceil(min(ends)),
            accounts=judged.accounts,
            scopes=scopes,
            ends=math.ceil(self._end(obtained, visas)),
        )

    def again(self, caller: Caller) -> Caller | None:
        """Somebody who was identified a while ago, as of now; None where they would not be any more.

        Visas of this site hold until they are revoked, those of others until they end; both only while their
        issuer is believed.
        """
        now = self._clock()
        if caller.identity is None:
            return caller
        if (
            caller.ends is None
            or caller.ends <= now
            or self._trust.find_broker(caller.identity.issuer) is None
        ):
            return None
        until = math.ceil(min(caller.ends, now + ANEW_AFTER))
        standing = [each for each in caller.visas if self._stands(each, now)]
        visas = tuple(
            replace(each, expires=max(each.expires, until)) if self._is_own(each) else each
            for each in standing
        )
        return replace(caller, visas=visas, registered=registered(visas), expires=until)

    def _end(self, obtained: Obtained, visas: Sequence[Visa]) -> float:
        """When the token ends, or a visa that others signed."""
        foreign = [each.expires for each in visas if not self._is_own(each)]
        return min([obtained.ends, *foreign]) + self._trust.skew

    def _stands(self, visa: Visa, now: float) -> bool:
        if self._trust.find_issuer(visa.holder.issuer) is None or self._visas.revoked(visa):
            return False
        return self._is_own(visa) or visa.expires > now

    def _is_own(self, visa: Visa) -> bool:
        return visa.holder.issuer == self._own


def tell(turned: Sequence[Turned]) -> None:
    """The log names what does not count once for each judgement, for `trust explain` to be asked about."""
    if turned:
        named = ", ".join(f"{each.digest[:12]} ({each.rule})" for each in turned[:TOLD_MOST])
        log.info("%d visas of a caller do not count: %s", len(turned), named)


def weight_of(caller: Caller) -> int:
    """About the bytes that it takes."""
    return (
        2_000
        + sum(800 + len(each.value) for each in caller.visas)
        + sum(400 + len(each.reason) for each in caller.turned)
        + 200 * len(caller.accounts)
    )

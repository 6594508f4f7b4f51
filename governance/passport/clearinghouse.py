"""The clearinghouse (GA4GH AAI and Passport 1.2.1): of a token or passports, the caller.

    house = Clearinghouse(TrustFile(path).current, http)
    caller = house.identify(authorization)      # in worker threads: it may wait for a broker

What was found out of a token is kept for at most an hour, and its visas are not asked for again before
then (AAI, Access Token Polling). In the steady state nothing goes over the network.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Sequence

from governance.caller import ANONYMOUS, Caller, Identity
from governance.keys.fetching import Http
from governance.passport.answers import Answers
from governance.passport.explaining import Explained, kind_of, lines_of
from governance.passport.jws import digest
from governance.passport.own import OwnBroker
from governance.passport.refusal import Refusal, Rule, Said, TokenRefused
from governance.passport.remembering import Flights, Late
from governance.passport.standing import Standing
from governance.passport.tokens import ACCESS_LONGEST
from governance.passport.trust import Trust
from serving.reasons import Unavailable

log = logging.getLogger("insitu.passport")

PATIENCE = 3.0  # seconds for which a request waits for another one with the same token

_NO_BROKER = "this site trusts no broker, and answers anonymous questions only"
_LATE = Said(None, "The token is being verified for another request: try again in a moment.")


class Clearinghouse:
    """Says who is asking. Safe between threads; `trust` gives the trust in force, `clock` Unix time.

    `broker` is the one of this very site, where it has one.
    """

    def __init__(
        self,
        trust: Callable[[], Trust],
        http: Http,
        clock: Callable[[], float] = time.time,
        *,
        broker: OwnBroker | None = None,
    ) -> None:
        self._broker = broker
        self._trust = trust
        self._http = http
        self._clock = clock
        self._lock = threading.Lock()
        self._answers = Answers(clock)
        self._flights: Flights[tuple[Standing, str], Caller | Said] = Flights(PATIENCE)
        self._standing = self._stand(trust())

    def identify(self, authorization: str | None, passports: Sequence[object] = ()) -> Caller:
        """The caller of a request with this `Authorization` header, and with these passports in its body.

        ANONYMOUS where there is neither. Without the header the first passport says who is asking; the visas
        of all count together. What fails refuses the whole request (Passport 1.2.1).

        Raises:
            TokenRefused: the token or a passport does not hold (401); says by which rule.
            Unavailable: whether it holds cannot be known just now (503).
        """
        sent = authorization is not None and bool(authorization.strip())
        if not sent and not passports:
            return ANONYMOUS
        standing = self._current()
        try:
            token = _bearer(authorization or "") if sent else None
        except Refusal as refusal:
            raise _told(standing, Said(refusal.rule, refusal.reason)) from refusal
        if token is not None and not passports:
            found = self._of_token(standing, token)
        else:
            found = self._of_passports(standing, token, passports)
        if isinstance(found, Said):
            raise _told(standing, found)
        return found

    def holder(self, identity: Identity, accounts: frozenset[Identity], visas: Sequence[str]) -> Caller:
        """The caller who holds these visas and accounts, where the site knows them without a token.

        For its own broker, whose pages people log in to: the visas are judged as any others.
        """
        return self._current().holder(identity, accounts, visas)

    def again(self, caller: Caller) -> Caller | None:
        """Somebody who was identified a while ago, as of now, without their token; None where no more.

        For what they were handed then, such as an address that names them: what was revoked since by this
        site, and what has ended of others, does not count.
        """
        return self._current().again(caller)

    def explain(self, text: str) -> Explained:
        """What an access token, a passport or a visa comes to, visa by visa.

        Raises:
            TokenRefused, Unavailable: as `identify`; a visa alone is explained, never refused.
        """
        kind, standing, note = kind_of(text), self._current(), ""
        if kind == "visa":
            visa, turned = standing.visa(text)
            return Explained(kind, None, lines_of([text], [visa] if visa else [], [turned] if turned else []))
        if kind == "passport":
            caller = self.identify(None, [text])
            sent = standing.sent_in(text)
        else:
            caller = self.identify(f"Bearer {text}")
            sent, note = standing.sent(text)
        return Explained(kind, caller, lines_of(sent, caller.visas, caller.turned), note)

    def _of_token(self, standing: Standing, token: str) -> Caller | Said:
        name = digest(token)
        known = standing.known(name)
        if known is not None:
            return known
        return self._once(standing, name, lambda: standing.caller(token, name))

    def _of_passports(
        self, standing: Standing, token: str | None, passports: Sequence[object]
    ) -> Caller | Said:
        name = _name(token, passports)
        known = standing.joined(name)
        if known is not None:
            return known
        return self._once(standing, name, lambda: standing.join(name, token, passports))

    def _once(self, standing: Standing, name: str, work: Callable[[], Caller | Said]) -> Caller | Said:
        try:
            return self._flights.run((standing, name), work)
        except Late:
            return _LATE

    def _current(self) -> Standing:
        """What is known under the trust in force; nothing, where that has just changed."""
        standing = self._standing
        if self._trust().version == standing.trust.version:
            return standing
        with self._lock:
            trust = self._trust()  # again, for it may have changed back
            if trust.version != self._standing.trust.version:
                self._standing = self._stand(trust)
            return self._standing

    def _stand(self, trust: Trust) -> Standing:
        return Standing(trust, self._http, self._answers, self._clock, broker=self._broker)


def _told(standing: Standing, said: Said) -> TokenRefused | Unavailable:
    """What the caller is told of it, made anew for each."""
    what = said.what
    if not standing.trust.broker:
        return TokenRefused(what, Rule.NO_BROKER, _NO_BROKER)
    if said.rule is None:
        return Unavailable(said.reason)
    log.info("a request's %s is refused: %s", what, said.rule)
    if said.rule is Rule.NO_KEYS:
        log.warning("%s", said.reason)
        return Unavailable(f"The {what} cannot be verified just now: {said.reason}. Try again soon.")
    return TokenRefused(what, said.rule, said.reason)


def _name(token: str | None, passports: Sequence[object]) -> str:
    """What equal requests have in common, and others have not; what is no string is refused anyhow."""
    return digest(json.dumps([token, [each if isinstance(each, str) else None for each in passports]]))


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer":
        raise Refusal(Rule.SCHEME, "this site takes `Authorization: Bearer` with an access token only")
    if len(token) > ACCESS_LONGEST:
        raise Refusal(Rule.TOO_LARGE, f"it is longer than {ACCESS_LONGEST} characters")
    return token.strip()

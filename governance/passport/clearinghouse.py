"""The clearinghouse (GA4GH AAI and Passport 1.2.1): of a token or passports, the caller.

    house = Clearinghouse(TrustFile(path).current, KeySets(http), http)
    caller = house.identify(authorization)      # in worker threads: it may wait for a broker

What was found out of a token is kept for at most an hour, and its visas are not asked for again before
then (AAI, Access Token Polling). In the steady state nothing goes over the network.
"""

import logging
import time
from collections.abc import Callable, Sequence

from governance.caller import ANONYMOUS, Caller
from governance.keys.fetching import Http
from governance.keys.sets import KeySets
from governance.passport.discovery import Discovery
from governance.passport.explaining import Explained, kind_of, lines_of
from governance.passport.jws import digest
from governance.passport.refusal import Refusal, Rule, TokenRefused
from governance.passport.remembering import Flights
from governance.passport.standing import Standing
from governance.passport.tokens import ACCESS_LONGEST
from governance.passport.trust import Trust
from serving.reasons import Unavailable

log = logging.getLogger("insitu.passport")

_NO_BROKER = Refusal(Rule.NO_BROKER, "this site trusts no broker, and answers anonymous questions only")


class Clearinghouse:
    """Says who is asking. Safe between threads; `trust` gives the trust in force, `clock` Unix time."""

    def __init__(
        self,
        trust: Callable[[], Trust],
        keys: KeySets,
        http: Http,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._trust = trust
        self._keys = keys
        self._http = http
        self._clock = clock
        self._discovery = Discovery(http, clock)
        self._flights: Flights[tuple[str, str], Caller] = Flights()
        self._standing = self._stand(trust())

    def identify(self, authorization: str | None) -> Caller:
        """The caller of a request with this `Authorization` header; ANONYMOUS where there is none.

        Raises:
            TokenRefused: the token does not hold (401); says by which rule.
            Unavailable: whether it holds cannot be known just now (503).
        """
        if authorization is None or not authorization.strip():
            return ANONYMOUS
        standing = self._current()
        try:
            token = _bearer(authorization)
            name = digest(token)
            known = standing.known(name)
            if known is not None:
                return known
            return self._flights.run((standing.trust.version, name), lambda: standing.caller(token, name))
        except Refusal as refusal:
            raise self._answered("access token", refusal) from refusal

    def from_passports(self, passports: Sequence[object]) -> Caller:
        """The caller of a request that holds passports (bodies of DRS); ANONYMOUS where it holds none.

        The first passport says who is asking. One that fails refuses the whole request (Passport 1.2.1).

        Raises:
            TokenRefused, Unavailable: as `identify`.
        """
        if not passports:
            return ANONYMOUS
        try:
            return self._current().bearer_of(passports)
        except Refusal as refusal:
            raise self._answered("passport", refusal) from refusal

    def explain(self, text: str) -> Explained:
        """What an access token, a passport or a visa comes to, visa by visa.

        Raises:
            TokenRefused, Unavailable: as `identify`; a visa alone is explained, never refused.
        """
        kind, standing = kind_of(text), self._current()
        if kind == "visa":
            visa, turned = standing.visa(text)
            return Explained(kind, None, lines_of([text], [visa] if visa else [], [turned] if turned else []))
        if kind == "passport":
            caller = self.from_passports([text])
            sent = standing.sent_in(text)
        else:
            caller = self.identify(f"Bearer {text}")
            sent = standing.sent(text)
        return Explained(kind, caller, lines_of(sent, caller.visas, caller.turned))

    def _answered(self, what: str, refusal: Refusal) -> TokenRefused | Unavailable:
        """What the caller is told of it."""
        if not self._standing.trust.broker:
            return TokenRefused(what, _NO_BROKER)
        log.info("a request's %s is refused: %s", what, refusal.rule)
        if refusal.rule is Rule.NO_KEYS:
            log.warning("%s", refusal.reason)
            return Unavailable(f"The {what} cannot be verified just now: {refusal.reason}. Try again soon.")
        return TokenRefused(what, refusal)

    def _current(self) -> Standing:
        """What is known under the trust in force; nothing, where that has just changed."""
        trust, standing = self._trust(), self._standing
        if trust.version != standing.trust.version:
            standing = self._standing = self._stand(trust)
        return standing

    def _stand(self, trust: Trust) -> Standing:
        return Standing(trust, self._keys, self._discovery, self._http, self._clock)


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer":
        raise Refusal(Rule.SCHEME, "this site takes `Authorization: Bearer` with an access token only")
    if len(token) > ACCESS_LONGEST:
        raise Refusal(Rule.TOO_LARGE, f"it is longer than {ACCESS_LONGEST} characters")
    return token.strip()

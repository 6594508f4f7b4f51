"""What is known of tokens under one state of the trust file."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from governance.caller import Caller, Identity, Turned, Visa
from governance.keys.fetching import Http
from governance.keys.sets import KeySets
from governance.passport.discovery import Discovery
from governance.passport.judging import judge
from governance.passport.jws import digest
from governance.passport.obtaining import Obtained, Obtaining
from governance.passport.refusal import Refusal, Rule
from governance.passport.registered import registered
from governance.passport.remembering import Remembered
from governance.passport.tokens import Tokens
from governance.passport.trust import Trust
from governance.passport.visas import Visas
from serving.reasons import Unavailable

CALLERS_MOST = 4096
PASSPORTS_MOST = 20
REFUSED_FOR = 60.0  # seconds for which a broker that turned a token down is not asked of it again
DOWN_FOR = 5.0  # seconds for which a broker that could not be asked of a token is left alone with it
ANEW_AFTER = 30  # seconds after which a visa is looked at again that may hold by then


@dataclass(frozen=True, slots=True)
class _Known:
    """What a token's broker gave, and the caller that came of it until the first visa ended."""

    obtained: Obtained
    identity: Identity
    client: str | None
    until: float
    caller: Caller


class Standing:
    """Tokens under one trust: who they are of, and what is remembered of that. Safe between threads."""

    def __init__(
        self, trust: Trust, keys: KeySets, discovery: Discovery, http: Http, clock: Callable[[], float]
    ) -> None:
        self.trust = trust
        self._clock = clock
        self._tokens = Tokens(trust, keys, discovery, clock)
        self._visas = Visas(trust, keys, clock)
        self._obtaining = Obtaining(http, discovery, self._tokens)
        self._known: Remembered[str, _Known] = Remembered(CALLERS_MOST, clock)
        self._refused: Remembered[str, Refusal | Unavailable] = Remembered(CALLERS_MOST, clock)

    def known(self, name: str) -> Caller | None:
        """The caller of the token of that digest, where it is known and still holds."""
        known = self._known.get(name)
        return known.caller if known is not None and _holds(known.caller, self._clock()) else None

    def caller(self, token: str, name: str) -> Caller:
        """The caller of a token; its broker is asked where it was not within the hour.

        Raises:
            Refusal, Unavailable: as `Clearinghouse.identify`.
        """
        known = self._known.get(name)
        if known is None:
            return self._asked(token, name)
        if _holds(known.caller, self._clock()):  # somebody else was quicker
            return known.caller
        again = self._judged(known.obtained, known.identity, known.client, known.until)
        self._known.put(name, _with(known, again), known.until)
        return again

    def sent(self, token: str) -> tuple[object, ...]:
        """The visas of a token as its broker sent them, where its caller is known."""
        known = self._known.get(digest(token))
        return known.obtained.visas if known is not None else ()

    def sent_in(self, passport: str) -> tuple[object, ...]:
        """The visas of a passport as they are in it.

        Raises:
            Refusal: it does not hold.
        """
        return self._tokens.passport(passport).visas

    def visa(self, text: str) -> tuple[Visa | None, Turned | None]:
        """A visa by itself, or why it does not hold; whose it is and its conditions are not looked at."""
        try:
            return self._visas.check(text).visa, None
        except Refusal as refusal:
            return None, Turned(digest(text), refusal.rule, refusal.reason)

    def bearer_of(self, passports: Sequence[object]) -> Caller:
        """The caller whom verified passports are of.

        Raises:
            Refusal: a passport does not hold.
        """
        if len(passports) > PASSPORTS_MOST:
            raise Refusal(Rule.TOO_MANY, f"a request may hold at most {PASSPORTS_MOST} passports")
        found = [self._tokens.passport(each) for each in passports]
        identity = found[0].identity
        visas = tuple(visa for each in found for visa in each.visas)
        obtained = Obtained(visas, frozenset({identity}), min(each.span.ends for each in found))
        return self._judged(obtained, identity, None, self._clock() + self.trust.lifetime)

    def _asked(self, token: str, name: str) -> Caller:
        refused = self._refused.get(name)
        if refused is not None:
            raise refused
        access = self._tokens.access(token)
        try:
            obtained = self._obtaining.visas(token, access)
        except (Refusal, Unavailable) as refusal:
            final = isinstance(refusal, Refusal) and refusal.rule is not Rule.NO_KEYS
            self._refused.put(name, refusal, self._clock() + (REFUSED_FOR if final else DOWN_FOR))
            raise
        until = min(self._clock() + self.trust.lifetime, obtained.ends + self.trust.skew)
        caller = self._judged(obtained, access.identity, access.client, until)
        self._known.put(name, _Known(obtained, access.identity, access.client, until, caller), until)
        return caller

    def _judged(self, obtained: Obtained, identity: Identity, client: str | None, until: float) -> Caller:
        """The caller as of now, who holds until the first of the token, the visas and `until` ends."""
        judged = judge(obtained.visas, obtained.accounts, self._visas.check)
        visas = tuple(each.visa for each in judged.visas)
        exps = [obtained.ends, *(each.expires for each in visas)]
        ends = [until, min(exps) + self.trust.skew]
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
        )


def _holds(caller: Caller, now: float) -> bool:
    return caller.expires is None or now < caller.expires


def _with(known: _Known, caller: Caller) -> _Known:
    return _Known(known.obtained, known.identity, known.client, known.until, caller)

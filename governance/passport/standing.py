"""What is known of tokens under one state of the trust file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from governance.caller import Caller, Identity, Turned, Visa
from governance.keys.fetching import Http
from governance.keys.sets import KeySets
from governance.passport.answers import Answers, Obtained
from governance.passport.asking import Asking
from governance.passport.callers import Callers, tell, weight_of
from governance.passport.discovery import Discovery
from governance.passport.jws import digest
from governance.passport.obtaining import Obtaining
from governance.passport.own import OwnBroker
from governance.passport.refusal import Refusal, Rule, Said
from governance.passport.remembering import Remembered
from governance.passport.tokens import VISAS_MOST, Access, Passport, Tokens
from governance.passport.trust import Trust
from governance.passport.visas import Visas

CALLERS_MOST = 4096
CALLERS_BYTES = 67_108_864
PASSPORTS_MOST = 20


@dataclass(frozen=True, slots=True)
class _Known:
    """A verified token, if any, and the caller that came of it, and of passports, until the first visa ended.

    `seen` is as in `Answer`.
    """

    access: Access | None
    caller: Caller
    until: float
    seen: int | None = None


class Standing:
    """Tokens under one trust: who they are of, and what is remembered of that. Safe between threads.

    Its keys and endpoints are its own: what was fetched under another trust does not count.
    """

    def __init__(
        self,
        trust: Trust,
        http: Http,
        answers: Answers,
        clock: Callable[[], float],
        *,
        broker: OwnBroker | None = None,
    ) -> None:
        self.trust = trust
        self._broker = broker
        self._clock = clock
        keys, discovery = KeySets(http, clock), Discovery(http, clock)
        self._tokens = Tokens(trust, keys, discovery, clock)
        self._visas = Visas(trust, keys, clock, broker)
        own = broker.issuer if broker is not None else None
        self._callers = Callers(trust, self._visas, clock, own)
        obtaining = Obtaining(http, discovery, self._tokens, broker)
        self._asking = Asking(trust, obtaining, answers, clock, broker=broker)
        self._known: Remembered[str, _Known] = Remembered(CALLERS_MOST, clock, CALLERS_BYTES, _weight)
        self._joined: Remembered[str, _Known] = Remembered(CALLERS_MOST, clock, CALLERS_BYTES, _weight)

    def known(self, name: str) -> Caller | None:
        """The caller of the token of that digest, where it is known and still holds."""
        known = self._known.get(name)
        return known.caller if known is not None and self._holds(known) else None

    def caller(self, token: str, name: str) -> Caller | Said:
        """The caller of a token of that digest; its broker is asked where it was not within the hour."""
        known = self._known.get(name)
        if known is not None and self._holds(known):  # somebody else was quicker
            return known.caller
        opened = self._opened(token, name)
        if isinstance(opened, Said):
            return opened
        access, obtained, until, seen = opened
        who = (access.identity, access.client)
        caller = self._callers.made(obtained, *who, until, scopes=access.scopes)
        if known is None or known.caller.turned != caller.turned:
            tell(caller.turned)
        self._known.put(name, _Known(access, caller, until, seen), until)
        return caller

    def joined(self, name: str) -> Caller | None:
        """The caller of the token and passports of that digest, where they are known and still hold."""
        known = self._joined.get(name)
        return known.caller if known is not None and self._holds(known) else None

    def join(self, name: str, token: str | None, passports: Sequence[object]) -> Caller | Said:
        """The caller of a token and passports, remembered under that digest."""
        found = self._together(token, passports)
        if isinstance(found, Said):
            return found
        if found.caller.expires is not None:
            self._joined.put(name, found, found.caller.expires)
        return found.caller

    def _together(self, token: str | None, passports: Sequence[object]) -> _Known | Said:
        """The caller whom a token and passports are of, by one judgement over the visas of all of them.

        The token says who is asking, or else the first passport. One that fails refuses the whole request.
        """
        opened = self._opened(token, digest(token)) if token is not None else None
        if isinstance(opened, Said):
            return opened
        given = self._passports(passports)
        if isinstance(given, Said):
            return given
        parts = [Obtained(each.visas, frozenset({each.identity}), each.span.ends) for each in given]
        identity, client, until = given[0].identity, None, self._clock() + self.trust.lifetime
        scopes: frozenset[str] = frozenset()
        access, seen = None, None
        if opened is not None:
            access, obtained, until, seen = opened
            identity, client, scopes = access.identity, access.client, access.scopes
            parts.insert(0, obtained)
        visas = tuple(visa for each in parts for visa in each.visas)
        whole = Obtained(visas, parts[0].accounts, min(each.ends for each in parts))
        caller = self._callers.made(
            whole, identity, client, until, VISAS_MOST * len(parts), scopes=scopes
        )
        tell(caller.turned)
        return _Known(access, caller, until, seen)

    def holder(self, identity: Identity, accounts: frozenset[Identity], visas: Sequence[str]) -> Caller:
        """The caller of these accounts, as of now, with the visas that count for them."""
        until = self._clock() + self.trust.lifetime
        obtained = Obtained(tuple(visas), accounts | {identity}, int(until))
        caller = self._callers.made(obtained, identity, None, until, VISAS_MOST * len(obtained.accounts))
        tell(caller.turned)
        return caller

    def sent(self, token: str) -> tuple[tuple[object, ...], str]:
        """The visas of a token as its broker sent them; and why it was not asked, where it was not."""
        opened = self._opened(token, digest(token))
        if isinstance(opened, Said):
            return (), ""
        unasked = opened[0].broker.way == "none"
        note = 'its broker is asked for no visas: the trust file says visas = "none"' if unasked else ""
        return opened[1].visas, note

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

    def _opened(self, token: str, name: str) -> tuple[Access, Obtained, float, int | None] | Said:
        """A verified token, what its broker gave for it, until when that holds, and as of what."""
        known = self._known.get(name)
        try:
            access = (known and known.access) or self._tokens.access(token)
        except Refusal as refusal:
            return Said(refusal.rule, refusal.reason)
        answer = self._asking.answer(token, name, access)
        given = answer.given
        if isinstance(given, Said):
            return given
        lifetime = self._asking.lifetime(access.broker)
        return access, given, min(answer.asked + lifetime, given.ends + self.trust.skew), answer.seen

    def again(self, caller: Caller) -> Caller | None:
        """As `Callers.again`."""
        return self._callers.again(caller)

    def _holds(self, known: _Known) -> bool:
        caller, access = known.caller, known.access
        if caller.expires is not None and self._clock() >= caller.expires:
            return False
        if access is not None and known.seen != self._asking.seen(access.broker):
            return False
        return self._broker is None or not any(map(self._broker.revoked, caller.visas))

    def _passports(self, texts: Sequence[object]) -> list[Passport] | Said:
        """All of them, or which one does not hold."""
        if len(texts) > PASSPORTS_MOST:
            most = f"a request may hold at most {PASSPORTS_MOST} passports"
            return Said(Rule.TOO_MANY, most, "passport")
        found = []
        for number, each in enumerate(texts, 1):
            try:
                found.append(self._tokens.passport(each))
            except Refusal as refusal:
                which = f"passport {number} of {len(texts)}" if len(texts) > 1 else "passport"
                return Said(refusal.rule, refusal.reason, which)
        return found


def _weight(known: _Known) -> int:
    return weight_of(known.caller)

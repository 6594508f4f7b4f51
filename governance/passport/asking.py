"""Asking brokers about tokens: as seldom as GA4GH AAI 1.2.1 wants it, and ever more seldom where it fails."""

from collections.abc import Callable

from governance.passport.answers import Answer, Answers, Obtained, pause_after
from governance.passport.obtaining import Obtaining, Unanswered
from governance.passport.own import OwnBroker
from governance.passport.refusal import PASSING, Refusal, Rule, Said
from governance.passport.tokens import Access
from governance.passport.trust import Broker, Trust

SOON = 5.0  # seconds after which a server that was down is asked again, at first
LATER = 60.0  # seconds after which one is asked again that answered as it should not, at first

_DOWN = Said(None, "The broker of this access token cannot be asked for visas just now: try again soon.")


class Asking:
    """What the brokers say of tokens under one trust. Safe between threads.

    One that gave visas is asked again after `lifetime`, an hour at the most. One that turned a token down is
    never asked of it again.
    """

    def __init__(
        self,
        trust: Trust,
        obtaining: Obtaining,
        answers: Answers,
        clock: Callable[[], float],
        *,
        broker: OwnBroker | None = None,
    ) -> None:
        self._broker = broker
        self._trust = trust
        self._obtaining = obtaining
        self._answers = answers
        self._clock = clock

    def answer(self, token: str, name: str, access: Access) -> Answer:
        """What its broker says of a verified token, or said when it was last asked."""
        last = self._answers.of(name, access.identity, access.broker)
        if last is not None and self._holds(last):
            return last
        seen = self.seen(access.broker)  # before asking: what is taken back meanwhile is seen next time
        given, first = self._tried(token, access)
        now, ends = self._clock(), float(access.span.ends + self._trust.skew)
        if isinstance(given, Obtained):
            ends = min(now + self.lifetime(access.broker), given.ends + self._trust.skew)
            answer = Answer(access.broker, given, now, ends, seen=seen)
        else:
            failures = 1 + (last.failures if last is not None else 0)
            until = ends if first is None else now + pause_after(failures, first)
            answer = Answer(access.broker, given, now, until, failures)
        self._answers.keep(name, access.identity, answer, ends)
        return answer

    def lifetime(self, broker: Broker) -> float:
        """For how long what a broker gave for a token is kept; this site's own is looked into directly."""
        if self._broker is None or broker.issuer != self._broker.issuer:
            return self._trust.lifetime
        return min(self._broker.anew, self._trust.lifetime)

    def seen(self, broker: Broker) -> int | None:
        """What this site's own broker has taken back so far; None for any other."""
        if self._broker is None or broker.issuer != self._broker.issuer:
            return None
        return self._broker.taken_back

    def _holds(self, answer: Answer) -> bool:
        now = self._clock()
        if isinstance(answer.given, Obtained) and now - answer.asked >= self.lifetime(answer.broker):
            return False  # the trust file has a shorter one by now
        if isinstance(answer.given, Obtained) and answer.seen != self.seen(answer.broker):
            return False  # it may have been taken back
        return now < answer.until

    def _tried(self, token: str, access: Access) -> tuple[Obtained | Said, float | None]:
        """What it says, and the first pause of those that double; None where it need not be asked again."""
        try:
            return self._obtaining.visas(token, access), None
        except Unanswered as failed:
            return _DOWN, SOON if failed.down else LATER
        except Refusal as refusal:
            said = Said(refusal.rule, refusal.reason)
            if refusal.rule is Rule.REVOKED:
                return said, None
            return said, SOON if refusal.rule in PASSING else LATER

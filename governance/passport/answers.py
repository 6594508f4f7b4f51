"""What brokers said of tokens, and when each may be asked of one again (AAI 1.2.1, Access Token Polling)."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

from governance.caller import Identity
from governance.passport.refusal import Said
from governance.passport.remembering import Remembered
from governance.passport.trust import Broker

IDENTITIES_MOST = 4096
TOKENS_MOST = 32  # of one account
BYTES_MOST = 67_108_864
SHARE = 16  # the part of these that one account may take
PAUSE_MOST = 3600.0  # seconds
_ABOUT = 1000  # bytes that an answer takes beside its visas


@dataclass(frozen=True, slots=True)
class Obtained:
    """The visas as they were sent, the accounts that the broker says are the token's user, and an end."""

    visas: tuple[object, ...]
    accounts: frozenset[Identity]
    ends: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a broker, as the trust file had it then, gave for a token, and until when it is not asked again.

    `failures` are those in a row; `seen` is `taken_back` of this site's own broker from before it was asked.
    """

    broker: Broker
    given: Obtained | Said
    asked: float
    until: float
    failures: int = 0
    seen: int | None = None


class Answers:
    """The last answer of each token. Outlives the trust file's changes. Safe between threads.

    Of one account the last few tokens are kept, so that nobody can push all others out.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: Remembered[Identity, dict[str, tuple[Answer, float]]] = Remembered(
            IDENTITIES_MOST, clock, BYTES_MOST, _weight
        )

    def of(self, name: str, identity: Identity, broker: Broker) -> Answer | None:
        """The last answer for the token of that digest, where the file still says the same of the broker."""
        found = (self._kept.get(identity) or {}).get(name)
        if found is None or found[1] <= self._clock() or found[0].broker != broker:
            return None
        return found[0]

    def keep(self, name: str, identity: Identity, answer: Answer, ends: float) -> None:
        """Remembers the answer until the token ends."""
        now = self._clock()
        with self._lock:
            before = self._kept.get(identity) or {}
            after = {key: each for key, each in before.items() if key != name and each[1] > now}
            after[name] = answer, ends
            while len(after) > TOKENS_MOST or (len(after) > 1 and _weight(after) > BYTES_MOST // SHARE):
                del after[next(iter(after))]
            self._kept.put(identity, after, max(end for _, end in after.values()))


def pause_after(failures: int, first: float) -> float:
    """Seconds of rest after so many failures in a row: `first`, then twice as long each time, about."""
    return min(first * 2.0 ** min(failures - 1, 30), PAUSE_MOST) * random.uniform(0.8, 1.0)  # noqa: S311


def _weight(answers: dict[str, tuple[Answer, float]]) -> int:
    given = [answer.given for answer, _ in answers.values()]
    texts = [text for each in given if isinstance(each, Obtained) for text in each.visas]
    return _ABOUT * len(given) + sum(len(each) + 100 for each in texts if isinstance(each, str))

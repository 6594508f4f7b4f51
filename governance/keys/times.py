"""How long documents of other servers hold, and how often these are asked."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Times:
    """All in seconds.

    A kept document is asked for again after `refresh`, behind the back of whoever notices. Where the server
    does not answer, it holds until it is `stale`. Between two calls lie at least `floor` seconds, whatever
    anybody asks for, and more with each call in a row that failed, up to about `rest`. A key that is gone
    from its document is honoured for `retired` seconds. A question waits for a fetch for `patience` at most,
    and for `hurry` where one was slow since the last that gave something.
    """

    refresh: float = 3600.0
    stale: float = 86_400.0
    floor: float = 30.0
    rest: float = 600.0
    retired: float = 3600.0
    patience: float = 2.0
    hurry: float = 0.2

    def rest_after(self, failures: int) -> float:
        """The floor after the first failure, then twice as long each time, more or less."""
        if failures <= 1:
            return self.floor
        longer = self.floor * 2.0 ** min(failures - 1, 30)
        return min(longer, self.rest) * random.uniform(0.75, 1.25)  # noqa: S311 - no secret

    @property
    def longest_rest(self) -> float:
        """No rest is longer, unless a clock was set back."""
        return max(1.25 * self.rest, self.floor)

"""Numbers of people, rounded so that the same set of people always gives the same number.

A number between two multiples of the step goes up or down by chance, in proportion to how near it is, so
that sums stay true on average. The chance is drawn from a keyed digest of the set itself: asking again, by
another path or from another account, gives the same number, while a set that differs by one person has a
draw of its own. So the difference of two rounded numbers does not tell whether one person is in between.
"""

import hmac
from collections.abc import Iterable


def draw(secret: bytes, dataset: str, people: Iterable[bytes]) -> float:
    """The chance of a set of people (their keys, in any order): in [0, 1)."""
    made = hmac.new(secret, b"rounding\0" + dataset.encode() + b"\0", "sha256")
    for each in sorted(people):
        made.update(each)
    return int.from_bytes(made.digest()[:6], "big") / (1 << 48)


def rounded(number: int, step: int, chance: float) -> int:
    """`number` as a multiple of `step`, its neighbour below or above."""
    if step <= 1:
        return number
    below, beyond = divmod(number, step)
    return step * (below + (beyond > chance * step))

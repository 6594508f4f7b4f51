"""Numbers of people, rounded so that the same set of people always gives the same number.

A number between two multiples of the step goes up or down by chance, in proportion to how near it is, so
that sums stay true on average. The chance is drawn from a keyed digest of the set itself: asking again, by
another path or from another account, gives the same number, while a set that differs by one person has a
draw of its own. So the difference of two rounded numbers does not tell whether one person is in between.
"""

import hmac
from collections.abc import Iterable


def draw(secret: bytes, people: Iterable[bytes]) -> float:
    """The chance of a set of people (their keys, in any order), in [0, 1): the same in every dataset."""
    made = hmac.digest(secret, b"rounding\0" + fold(people), "sha256")
    return int.from_bytes(made[:6], "big") / (1 << 48)


def fold(keys: Iterable[bytes]) -> bytes:
    """16 bytes that stand for a set of keys in any order.

    Their sum: whoever does not know the secret that made the keys cannot find two sets of the same sum.
    """
    whole = sum(int.from_bytes(each, "big") for each in keys)
    return (whole % (1 << 128)).to_bytes(16, "big")


def rounded(number: int, step: int, chance: float) -> int:
    """`number` as a multiple of `step`, its neighbour below or above."""
    if step <= 1:
        return number
    below, beyond = divmod(number, step)
    return step * (below + (beyond > chance * step))

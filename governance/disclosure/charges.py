"""What an answer betrays of one person, in nats (Raisaro et al. 2017, under the threshold in force).

An allele is told of when at least `threshold` people carry it. That it was told speaks for the presence of
each carrier as much as it would have been unlikely without them: -log P(told | this person absent). The
others are thought of as carrying the allele independently, as often as it is carried in the dataset itself,
in which the person is counted as half in and half out (`OWN`): with them the allele is a little more frequent
than where they all come from, without them a little less.
"""

import math
from functools import lru_cache

UNWRITTEN = 1e-4
"""Charges under this are deducted in advance instead of being written for each person."""
KEPT_BACK = 0.1
"""The part of a budget out of which unwritten charges are paid, half of it for alleles, half for counts."""

BY_LOT = 0.5
"""The part of alleles with the fewest tellable carriers that are told of: nobody knows which.

What lies on the line betrays most: whoever knows how rare an allele is elsewhere knows that all of its few
carriers must be here when they hear a yes. Half of these alleles are told of from one carrier more on.
"""
OWN = 0.5
"""How much of a carrier is taken away where the others' frequency is estimated.

`make attack` measures what these numbers give; docs/disclosure.md says how they were chosen.
"""


@lru_cache(maxsize=65536)
def of_telling(carriers: int, people: int, threshold: int) -> float:
    """What "yes" betrays of each of `carriers` people among `people`; infinite under the threshold."""
    if carriers < max(threshold, 1) or carriers > people or people < 2:
        return math.inf
    unlikely = _fewer(threshold, people - 1, min(1.0, (carriers - OWN) / (people - 1)))
    return math.inf if unlikely >= 1 else -math.log1p(-unlikely)


def prices_of_telling(most: int, people: int, threshold: int, budget: float, lot: float) -> list[float]:
    """What each of n contributing carriers pays, for n from 1 to `most`; infinite where nobody is told.

    `lot`, in [0, 1), is the allele's own: it decides where its line lies.
    """
    line = least_tellable(people, threshold, budget) + (lot >= BY_LOT)
    return [of_telling(each, people, threshold) if each >= line else math.inf for each in range(1, most + 1)]


@lru_cache(maxsize=4096)
def least_tellable(people: int, threshold: int, budget: float) -> int:
    """The fewest carriers of an allele that anybody with an untouched budget can be told of.

    One more than there are people where no allele can be.
    """
    for carriers in range(max(threshold, 1), people + 1):
        if of_telling(carriers, people, threshold) <= written_budget(budget):
            return carriers
    return people + 1


@lru_cache(maxsize=4096)
def least_unwritten(people: int, threshold: int, budget: float, alleles: int) -> int:
    """From how many carriers on an allele is told to everybody, and nothing is written.

    The charges of all of them together stay within what was kept back, even of a person who carries every
    one of the dataset's `alleles`. One more than there are people where there is no such number.
    """
    each = min(UNWRITTEN, KEPT_BACK / 2 * budget / max(alleles, 1))
    low, high = max(threshold, 1), people + 1
    while low < high:  # charges fall as carriers grow
        middle = (low + high) // 2
        if of_telling(middle, people, threshold) < each:
            high = middle
        else:
            low = middle + 1
    return low


def of_counting(counted: int, people: int, threshold: int) -> float:
    """What a number betrays of each person in it: the information that a count of so many carries, 1 / (2 v).

    v is the variance of the count over the draw of people: whoever knows the frequency elsewhere compares
    the two, and learns of each who was counted about that much on average.
    """
    inside = max(1, min(counted, people - threshold))
    return 1 / (2 * inside * max(1 - inside / max(people, 1), 1 / max(people, 1)))


def written_budget(budget: float) -> float:
    """What may be written for one person."""
    return budget * (1 - KEPT_BACK)


def _fewer(threshold: int, people: int, share: float) -> float:
    """P(fewer than `threshold` of `people` carry it), each with probability `share`."""
    if threshold <= 0:
        return 0.0
    if share >= 1:
        return 0.0 if people >= threshold else 1.0
    if people < threshold:
        return 1.0
    odds, none = math.log(share) - math.log1p(-share), people * math.log1p(-share)
    # From the most likely term down: terms of no weight are never met, whatever the number of people.
    terms = [none + carried * odds + _choose(people, carried) for carried in range(threshold - 1, -1, -1)]
    return min(1.0, math.fsum(map(math.exp, terms)))


def _choose(people: int, carried: int) -> float:
    """Log of how many ways there are to choose; exact in effect for a few of very many."""
    return math.fsum(math.log1p((people - carried) / each) for each in range(1, carried + 1))

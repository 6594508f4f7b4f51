"""What an answer betrays of one person, in nats, and who is told what: the mechanism in numbers.

A dataset has `people` people. Of an allele a yes is said where at least so many carry it as its line says. It
lies not at the preset's threshold, but where a yes is first cheap enough to be told to anybody. A yes speaks
for the presence of a carrier by the logarithm of how much likelier it is with them than with anybody else in
their place:

    log( P(1 + others >= line) / P(all >= line) )

where all people but one, or all, carry the allele independently. That is Raisaro's -log P(yes | absent), less
-log P(yes | present): who knows how frequent an allele is does not know that it is carried often enough here.
"""

import math
from functools import lru_cache

UNWRITTEN = 1e-4
"""Charges under this have a part of the budget of their own, or are deducted in advance."""
OWN = 1 / 3
"""How many carriers less are what is expected where so many are found.

An allele is told of because it is carried often. Where c - 1/3 are expected, at least c are as likely as not.
"""
REFUSED = 0.2
"""The part of a budget that a no costs the carriers of an allele that was nearly told of.

Whoever tries the alleles of one person one after another until one is told of has few tries. A researcher's
questions are about many people, and cost each of them next to nothing. `make attack` measures it.
"""
COMMON, SMALL, COUNTS = 0.0025, 0.0025, 0.025
"""The parts of a budget kept back: for common alleles, for small charges, for counts of very many people."""
ALLELES = 10**10
"""More alleles than all datasets hold, each as often as there are ways to ask how and by whom it is carried.

It does not depend on what is loaded: loading a dataset must not move the line of another.
"""


@lru_cache(maxsize=65536)
def of_telling(carriers: int, people: int, line: int) -> float:
    """What a yes betrays of each of `carriers` people among `people`; infinite below the line."""
    if carriers < max(line, 1) or carriers > people or people < 2:
        return math.inf
    share = (carriers - OWN) / people
    fewer, one_less = _others(line, people - 1, share)
    more = (1 - share) * one_less  # with them it is said, with somebody else in their place it is not
    return -math.log1p(-more / (1 - fewer)) if more < 1 - fewer else math.inf


@lru_cache(maxsize=4096)
def least_tellable(people: int, threshold: int, budget: float) -> int:
    """The line: the fewest carriers of an allele that anybody with an untouched budget can be told of.

    More than there are people where no allele can be.
    """
    for carriers in range(max(threshold, 1), people + 1):
        if of_telling(carriers, people, carriers) <= written_budget(budget):
            return carriers
    return max(people + 1, threshold)


def least_asked(people: int, threshold: int, budget: float) -> int:
    """From how many carriers on a no costs something: those who were nearly told of."""
    return max(threshold, 1, least_tellable(people, threshold, budget) - 1)


@lru_cache(maxsize=4096)
def least_unwritten(people: int, threshold: int, budget: float) -> int:
    """From how many carriers on an allele is told to everybody, and nothing is written.

    The charges of `ALLELES` such alleles together stay within what was kept back. More than there are people
    where there is no such number.
    """
    line = least_tellable(people, threshold, budget)
    each = min(UNWRITTEN, COMMON * budget / ALLELES)
    low, high = line, max(line, people + 1)
    while low < high:  # charges fall as carriers grow
        middle = (low + high) // 2
        if of_telling(middle, people, line) < each:
            high = middle
        else:
            low = middle + 1
    return low


def prices_of_telling(most: int, people: int, threshold: int, budget: float) -> list[float]:
    """What each of n contributing carriers pays, n from 1 to `most`: for a no, from the line on for a yes."""
    line, edge = least_tellable(people, threshold, budget), least_asked(people, threshold, budget)
    below = [REFUSED * budget if each >= edge else 0.0 for each in range(1, min(line, most + 1))]
    return below + [of_telling(each, people, line) for each in range(line, most + 1)]


def of_counting(counted: int, people: int, threshold: int) -> float:
    """What a number betrays of each person in it: the information that a count of so many carries, 1 / (2 v).

    v is the variance of the count over the draw of people: whoever knows the frequency elsewhere compares
    the two, and learns of each who was counted about that much on average.
    """
    inside = max(1, min(counted, people - threshold))
    return 1 / (2 * inside * max(1 - inside / max(people, 1), 1 / max(people, 1)))


def written_budget(budget: float, charge: float = math.inf) -> float:
    """What may be spent of one person by such charges: small ones have what is left when others have not."""
    return budget * (1 - COMMON - COUNTS - (0 if charge < UNWRITTEN else SMALL))


def _others(line: int, people: int, share: float) -> tuple[float, float]:
    """P(fewer than line - 1 of `people` carry it) and P(line - 1 do), each with `share`."""
    odds, term = share / (1 - share), people * math.log1p(-share)
    terms = []
    for carried in range(line):
        terms.append(math.exp(term) if term > -700 else 0.0)
        left = people - carried
        term = term + math.log(left / (carried + 1) * odds) if left > 0 else -math.inf
    return math.fsum(terms[:-1]), terms[-1]

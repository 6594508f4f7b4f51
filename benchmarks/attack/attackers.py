"""Attackers: what each asks of one person's alleles, and how it reads the answers.

Each score is a log-likelihood ratio of membership, added up question by question.
"""

import numpy as np
import numpy.typing as npt

from benchmarks.attack.people import MEMBERS, Mask, Pool

Scores = npt.NDArray[np.float64]
Order = npt.NDArray[np.int64]

_ERROR = 1e-6  # that a genotype is wrong


def at_random(pool: Pool, person: int, most: int) -> Order:
    """Some of the person's alleles (Shringarpure and Bustamante)."""
    mine = np.flatnonzero(pool.carries[:, person])
    return np.random.default_rng([1, person]).permutation(mine)[:most]


def rarest_first(pool: Pool, person: int, most: int) -> Order:
    """The person's rarest alleles (Raisaro's optimal order against a site without protection)."""
    return from_frequency(pool, person, most, 1)


def from_frequency(pool: Pool, person: int, most: int, least: int, *, distinct: bool = False) -> Order:
    """The rarest that at least so many of the pool carry; if `distinct`, those of other people each."""
    mine = np.flatnonzero(pool.carries[:, person])
    numbers = pool.carries[mine].sum(1)
    mine, numbers = mine[numbers >= least], numbers[numbers >= least]
    mine = mine[np.lexsort((np.random.default_rng([2, person]).random(len(mine)), numbers))]
    if not distinct:
        return mine[:most]
    seen: dict[bytes, int] = {}
    for each in mine:
        seen.setdefault(pool.carries[each].tobytes(), each)
        if len(seen) == most:
            break
    return np.array(list(seen.values()), np.int64)


def nearest(pool: Pool, person: int, most: int, carriers: int) -> Order:
    """Alleles of other people each, those first that so many of the members are likeliest to carry."""
    mine = np.flatnonzero(pool.carries[:, person])
    expected = pool.carries[mine].sum(1) * MEMBERS / pool.people
    mine = mine[np.argsort(np.abs(expected - carriers), kind="stable")][: 2 * most]
    return np.array(list({pool.carries[each].tobytes(): each for each in mine[::-1]}.values())[::-1][:most])


def read_naively(pool: Pool, asked: Order, answers: Mask) -> Scores:
    """As Shringarpure and Bustamante read `answers[question, split]`: the site answers truthfully."""
    share = pool.carries[asked].sum(1) / (2 * pool.people)
    absent, others = (1 - share) ** (2 * MEMBERS), (1 - share) ** (2 * MEMBERS - 2)
    yes, no = np.log((1 - _ERROR * others) / (1 - absent)), np.log(_ERROR * others / absent)
    return np.cumsum(np.where(answers, yes[:, None], no[:, None]), 0)


def read_knowingly(answers: Mask, rehearsed: Mask, member: Mask) -> Scores:
    """As somebody does who has rehearsed the same questions on sites of their own, made of the same pool.

    `rehearsed[question, site]` are the answers of those, whether the person was a `member[site]` or not: so
    it is known how likely yes and no are in either case, whatever the threshold and the budgets do.
    """
    inside, outside = member.sum(), (~member).sum()
    yes_in, yes_out = rehearsed[:, member].sum(1), rehearsed[:, ~member].sum(1)
    either = (yes_in + yes_out + 0.5) / (inside + outside + 1)
    p_in, p_out = (yes_in + either) / (inside + 1), (yes_out + either) / (outside + 1)
    yes, no = np.log(p_in / p_out), np.log((1 - p_in) / (1 - p_out))
    return np.cumsum(np.where(answers, yes[:, None], no[:, None]), 0)


def read_counts(counts: Scores, rehearsed: Scores, member: Mask) -> Scores:
    """The same for numbers: their mean among members and others, and how they scatter about it."""
    mean_in, mean_out = rehearsed[:, member].mean(1), rehearsed[:, ~member].mean(1)
    scatter = (rehearsed[:, member].var(1) + rehearsed[:, ~member].var(1)) / 2 + 0.25
    nearer = ((counts - mean_out[:, None]) ** 2 - (counts - mean_in[:, None]) ** 2) / (2 * scatter[:, None])
    return np.cumsum(np.clip(nearer, -5, 5), 0)


def power(scores: Scores, inside: Mask, errors: float = 0.05) -> float:
    """The part of members recognised where so many of the others are taken for members, over all splits.

    `scores[person, split]`; among equal scores it is decided by lot.
    """
    found = []
    for split in range(scores.shape[1]):
        others = np.sort(scores[~inside[split], split])[::-1]
        line = others[int(errors * len(others))]
        above, at = (others > line).mean(), (others == line).mean()
        mine = scores[inside[split], split]
        found.append((mine > line).mean() + (errors - above) / at * (mine == line).mean())
    return float(np.mean(found))

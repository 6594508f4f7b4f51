"""A Beacon's answers to one identity for many memberships at once, by the site's own charges."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from benchmarks.attack.people import MEMBERS, Mask, Numbers, Pool
from governance.datasets import Protection
from governance.disclosure import charges

Amounts = npt.NDArray[np.float64]


@dataclass
class Model:
    """A site as one identity sees it: `inside[split, person]` are its members."""

    pool: Pool
    inside: Mask
    protection: Protection
    _spent: Amounts = field(init=False)
    _told: dict[int, Mask] = field(init=False)

    def __post_init__(self) -> None:
        """Nobody has asked anything yet."""
        threshold, budget = max(1, self.protection.threshold), self.protection.budget
        self.threshold = self.common = self.least = self.edge = threshold
        if budget is not None:
            self.common = charges.least_unwritten(MEMBERS, threshold, budget)
            self.least = charges.least_tellable(MEMBERS, threshold, budget)
            self.edge = charges.least_asked(MEMBERS, threshold, budget)
            self._limits = np.array([charges.written_budget(budget), charges.written_budget(budget, 0.0)])
            prices = charges.prices_of_telling(MEMBERS, MEMBERS, threshold, budget)
            self._prices = np.array([0.0, *prices])
        self.forget()

    def forget(self) -> None:
        """Another identity asks from now on."""
        self._spent = np.zeros(self.inside.shape)
        self._told = {}

    def ask(self, allele: int) -> Mask:
        """What each membership's site says of an allele."""
        if allele not in self._told:
            self._told[allele] = self._answer(allele)
        return self._told[allele]

    def ask_some(self, allele: int, asked: Mask) -> Mask:
        """What those sites say that are asked for the first time; the others say no."""
        return self._answer(allele, asked) & asked

    def ask_any(self, alleles: Iterable[int]) -> Mask:
        """What a range that holds these alleles, in order of place, is answered: see `beacon.protected`."""
        asked = np.array(list(alleles))
        number = self.pool.carries[asked].astype(np.int32) @ self.inside.T.astype(np.int32)
        said: Mask = (number >= self.common).any(0)
        for place, allele in enumerate(asked):
            trying = ~said & (number[place] >= self.edge)
            if trying.any():
                said |= self._answer(int(allele), trying)
        return said

    def _answer(self, allele: int, asked: Mask | None = None) -> Mask:
        """Of the sites that are `asked` (all if None): whether they tell of it."""
        who = np.flatnonzero(self.pool.carries[allele])
        carries = self.inside[:, who]
        number = carries.sum(1)
        free: Mask = number >= self.common if self.protection.budget is not None else number >= self.threshold
        if self.protection.budget is None or free.all():
            return free
        trying = ~free & (number >= self.edge)
        if asked is not None:
            trying &= asked
        return free | self._pay(who, carries & trying[:, None])

    def _pay(self, who: Numbers, contributing: Mask) -> Mask:
        small = self._prices[contributing.sum(1)] < charges.UNWRITTEN
        limit = self._limits[small.astype(np.intp)]
        paid = pay(self._spent, who, contributing, lambda numbers: self._prices[numbers], limit)
        told: Mask = paid.sum(1) >= self.least
        return told

    def count(self, allele: int, price_of: Amounts) -> Numbers:
        """How many people each membership's site counts that tells of an allele, counted at a price."""
        who = np.flatnonzero(self.pool.carries[allele])
        told = self.inside[:, who] & self.ask(allele)[:, None]
        limit = np.full(len(told), self._limits[0])
        paid: Numbers = pay(self._spent, who, told, lambda numbers: price_of[numbers], limit).sum(1)
        return paid


def pay(
    whole: Amounts, who: Numbers, contributing: Mask, price_of: Callable[[Numbers], Amounts], limit: Amounts
) -> Mask:
    """Whoever cannot pay does not contribute, which changes the price for the others, and so on."""
    spent = whole[:, who]
    while True:
        price = np.where(contributing.any(1), price_of(contributing.sum(1)), 0)
        able: Mask = np.logical_and(contributing, spent + price[:, None] <= limit[:, None])
        if (able == contributing).all():
            break
        contributing = able
    whole[:, who] = spent + np.where(contributing, price[:, None], 0)
    return contributing

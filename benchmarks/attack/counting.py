"""The numbers of people that a site tells one identity, worked out for many memberships at once."""

import numpy as np
import numpy.typing as npt

from benchmarks.attack.people import MEMBERS, Mask, Pool
from governance.datasets import Protection
from governance.disclosure import charges, rounding

Amounts = npt.NDArray[np.float64]


class Counts:
    """`/individuals` with one allele, at count granularity; numbers withheld or none are 0."""

    def __init__(self, pool: Pool, inside: Mask, protection: Protection, alleles: int) -> None:
        self._pool, self._inside, self._protection = pool, inside, protection
        self._step = max(1, protection.threshold, protection.rounding)
        threshold, budget = max(1, protection.threshold), protection.budget
        numbers = range(MEMBERS + 1)
        self._count = np.array([charges.of_counting(max(each, 1), MEMBERS, threshold) for each in numbers])
        self._count[:threshold] = np.inf
        if budget is not None:
            free = charges.least_unwritten(MEMBERS, threshold, budget, 10 ** len(str(alleles)))
            telling = [np.inf, *charges.prices_of_telling(MEMBERS, MEMBERS, threshold, budget, 0.0)]
            self._tell = np.array([0.0 if each >= free else telling[each] for each in numbers])
            self._limit = charges.written_budget(budget)
        self.forget()

    def forget(self) -> None:
        """Another identity asks from now on."""
        self._spent = np.zeros(self._inside.shape)

    def ask(self, allele: int) -> Amounts:
        """The number that each membership's site tells."""
        who = np.flatnonzero(self._pool.carries[allele])
        carries = self._inside[:, who]
        if self._protection.budget is None:
            return carries.sum(1).astype(np.float64)
        told = self._pay(who, carries, self._tell).any(1)
        counted = self._pay(who, carries & told[:, None], self._count).sum(1)
        chances = np.random.default_rng([3, allele]).random(len(counted))
        told_of = zip(counted.tolist(), chances.tolist(), strict=True)
        return np.array([float(rounding.rounded(each[0], self._step, each[1])) for each in told_of])

    def _pay(self, who: npt.NDArray[np.int64], contributing: Mask, price_of: Amounts) -> Mask:
        spent = self._spent[:, who]
        while True:
            price = price_of[contributing.sum(1)]
            able = contributing & (spent + price[:, None] <= self._limit)
            if (able == contributing).all():
                break
            contributing = able
        self._spent[:, who] = spent + contributing * np.where(contributing.any(1), price, 0)[:, None]
        return contributing

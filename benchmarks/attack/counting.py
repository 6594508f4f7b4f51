"""The numbers of people that a site tells one identity, worked out for many memberships at once."""

import numpy as np
import numpy.typing as npt

from benchmarks.attack.model import Model
from benchmarks.attack.people import MEMBERS, Mask, Pool
from governance.datasets import Protection
from governance.disclosure import charges, rounding

Amounts = npt.NDArray[np.float64]


class Counts:
    """`/individuals` with one allele, at count granularity; numbers withheld or none are 0."""

    def __init__(self, pool: Pool, inside: Mask, protection: Protection) -> None:
        self._model = Model(pool, inside, protection)
        self._step = max(1, protection.threshold, protection.rounding)
        self._threshold = max(1, protection.threshold)
        numbers = range(MEMBERS + 1)
        self._price = np.array([charges.of_counting(each, MEMBERS, self._threshold) for each in numbers])
        self._price[: self._threshold] = np.inf
        self._price[MEMBERS - self._threshold + 1 :] = 0.0  # told as if all

    def forget(self) -> None:
        """Another identity asks from now on."""
        self._model.forget()

    def ask(self, allele: int) -> Amounts:
        """The number that each membership's site tells."""
        if self._model.protection.budget is None:
            return (self._model.inside & self._model.pool.carries[allele]).sum(1).astype(np.float64)
        counted = self._model.count(allele, self._price)
        counted[counted > MEMBERS - self._threshold] = MEMBERS
        chances = np.random.default_rng([3, allele]).random(len(counted))
        told_of = zip(counted.tolist(), chances.tolist(), strict=True)
        return np.array([float(rounding.rounded(each[0], self._step, each[1])) for each in told_of])

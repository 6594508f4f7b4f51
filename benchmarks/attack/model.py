"""A Beacon's answers to one identity for many memberships at once, by the site's own charges."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from benchmarks.attack.people import MEMBERS, Mask, Pool
from governance.datasets import Protection
from governance.disclosure import charges

Amounts = npt.NDArray[np.float64]


@dataclass
class Model:
    """A site as one identity sees it: `inside[split, person]` are its members. `alleles` are all it holds.

    `lots` are those of the alleles, drawn at random where the site's are not known.
    """

    pool: Pool
    inside: Mask
    protection: Protection
    alleles: int
    lots: Amounts | None = None
    _spent: Amounts = field(init=False)
    _told: dict[int, Mask] = field(init=False)

    def __post_init__(self) -> None:
        """Nobody has asked anything yet."""
        threshold, budget = max(1, self.protection.threshold), self.protection.budget
        self.threshold, self._free = threshold, threshold
        self.least = threshold
        if budget is not None:
            bound = 10 ** len(str(self.alleles))
            self._free = charges.least_unwritten(MEMBERS, threshold, budget, bound)
            self.least = charges.least_tellable(MEMBERS, threshold, budget)
            self._limit = charges.written_budget(budget)
        self._prices = {
            above: np.array([np.inf, *_prices(self.protection, float(above))]) for above in (False, True)
        }
        drawn = np.random.default_rng(77).random(len(self.pool.carries)) if self.lots is None else self.lots
        self._above = drawn >= charges.BY_LOT
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

    def ask_any(self, alleles: Iterable[int]) -> Mask:
        """What a range that holds these alleles is answered: see `beacon.protected`."""
        asked = np.array(list(alleles))
        number = self.pool.carries[asked].astype(np.int32) @ self.inside.T.astype(np.int32)
        said = (number >= self._free).any(0)
        for split in np.flatnonzero(~said):
            order = asked[np.argsort(-number[:, split], kind="stable")]
            tried = [each for each in order if self.least <= number[asked == each, split][0]][:16]
            said[split] = any(self._alone(each, split) for each in tried)
        return said

    def _alone(self, allele: int, split: int) -> bool:
        whole = self.inside, self._spent, self._told
        self.inside, self._spent, self._told = self.inside[[split]], self._spent[[split]], {}
        told = bool(self._answer(allele)[0])
        whole[1][split] = self._spent[0]
        self.inside, self._spent, self._told = whole
        return told

    def _answer(self, allele: int) -> Mask:
        who = np.flatnonzero(self.pool.carries[allele])
        carries = self.inside[:, who]
        number = carries.sum(1)
        if self.protection.budget is None:
            enough: Mask = number >= self.threshold
            return enough
        free = number >= self._free
        if free.all():
            return free
        return free | self._pay(who, carries & ~free[:, None], self._prices[bool(self._above[allele])])

    def _pay(self, who: npt.NDArray[np.int64], contributing: Mask, prices: Amounts) -> Mask:
        """Whoever cannot pay does not contribute, which makes it dearer for the others, and so on."""
        spent = self._spent[:, who]
        while True:
            price = prices[contributing.sum(1)]
            able = contributing & (spent + price[:, None] <= self._limit)
            if (able == contributing).all():
                break
            contributing = able
        told: Mask = contributing.any(1)
        self._spent[:, who] = spent + contributing * np.where(told, price, 0)[:, None]
        return told


def _prices(protection: Protection, lot: float) -> list[float]:
    if protection.budget is None:
        return [0.0] * MEMBERS
    return charges.prices_of_telling(MEMBERS, MEMBERS, max(1, protection.threshold), protection.budget, lot)

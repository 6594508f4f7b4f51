"""People as mosaics: a haplotype copies one founder, then another (after Li and Stephens, 2003)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from insitu.demonstration.genealogy import Founders

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.bool_]

_STEP = 10_000  # bases over which the recombination rate is even
_MEAN_RATE = 1.2e-8  # Morgans a base
_GENERATIONS = 400  # since the founders lived
_DRIFT = 0.6  # how evenly a population descends from the founders: less is further apart
_RARITY = 1.7  # a growing population has more young alleles than 1/i: k carriers with weight k ** -1.7
_MOST_RECENT = 12  # carriers of an allele younger than the founders, at most


@dataclass(frozen=True, slots=True)
class Haplotypes:
    """Which founder each of `count` haplotypes copies, from each of its breaks on (`breaks[h][0] == 0`)."""

    breaks: list[Ints]
    copied: list[Ints]

    @property
    def count(self) -> int:
        """How many haplotypes there are."""
        return len(self.breaks)

    def founder_at(self, positions: Ints) -> npt.NDArray[np.uint8]:
        """The founder copied at each position by each haplotype (sites x haplotypes)."""
        result = np.empty((len(positions), self.count), np.uint8)
        for each, (breaks, copied) in enumerate(zip(self.breaks, self.copied, strict=True)):
            result[:, each] = copied[np.searchsorted(breaks, positions, side="right") - 1]
        return result


def recombination_map(length: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Morgans from 0 to the end of each step: most recombination falls into few hot spots."""
    rates = rng.lognormal(0, 1.4, -(-length // _STEP))
    return np.cumsum(rates / rates.mean() * _MEAN_RATE * _STEP)


def descend(
    founders: int, populations: Ints, length: int, morgans: npt.NDArray[np.float64], rng: np.random.Generator
) -> Haplotypes:
    """One mosaic for each entry of `populations`; people of one population favour the same founders."""
    weights = rng.dirichlet(np.full(founders, _DRIFT), size=int(populations.max()) + 1)
    breaks, copied = [], []
    for population in populations:
        count = rng.poisson(morgans[-1] * _GENERATIONS)
        at = np.interp(rng.random(count) * morgans[-1], morgans, _STEP * np.arange(1, len(morgans) + 1))
        breaks.append(np.concatenate([[0], np.sort(at.astype(np.int64).clip(1, length - 1))]))
        copied.append(rng.choice(founders, size=count + 1, p=weights[population]))
    return Haplotypes(breaks, copied)


def inherit(founders: Founders, haplotypes: Haplotypes) -> Bits:
    """Who carries the founders' mutations (sites x haplotypes)."""
    copied = haplotypes.founder_at(founders.positions)
    return np.take_along_axis(founders.carried, copied.astype(np.int64), axis=1)


def young(positions: Ints, haplotypes: Haplotypes, populations: Ints, rng: np.random.Generator) -> Bits:
    """Who carries mutations younger than the founders: a few of one population, copying the same founder."""
    carried = np.zeros((len(positions), haplotypes.count), np.bool_)
    odds = np.arange(1, _MOST_RECENT + 1) ** -_RARITY
    sizes = rng.choice(_MOST_RECENT, size=len(positions), p=odds / odds.sum()) + 1
    first = rng.integers(haplotypes.count, size=len(positions))
    for row, copied in enumerate(haplotypes.founder_at(positions)):
        kin = np.flatnonzero((copied == copied[first[row]]) & (populations == populations[first[row]]))
        carried[row, rng.permutation(kin)[: sizes[row]]] = True
    return carried

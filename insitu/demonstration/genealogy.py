"""Founder haplotypes from a coalescent that changes along the chromosome.

One tree joins the founders at every base. Recombination cuts a branch of it and lets the cut lineage join
again higher up (the sequentially Markov coalescent of McVean and Cardin, 2005); mutations fall on branches in
proportion to their length. So neighbours share history: rare alleles outnumber common ones as 1/i, and
linkage decays.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Founders:
    """Mutations: `positions` (sorted, distinct, from 0) and which founders carry each (sites x founders)."""

    positions: npt.NDArray[np.int64]
    carried: Bits


class Genealogy:
    """A binary tree over `leaves` lineages, changed by recombination. Time is in units of 2N generations."""

    def __init__(self, leaves: int, rng: np.random.Generator) -> None:
        self._leaves = leaves
        self._rng = rng
        self._parent = np.full(2 * leaves - 1, -1, np.int64)
        self._time = np.zeros(2 * leaves - 1)
        self._grow()

    def lengths(self) -> npt.NDArray[np.float64]:
        """The length of the branch above each node; 0 above the root."""
        above = np.where(self._parent >= 0, self._time[self._parent], self._time)
        return above - self._time

    def members(self) -> Bits:
        """Which leaves lie under each node (nodes x leaves)."""
        under = np.zeros((len(self._parent), self._leaves), np.bool_)
        under[np.arange(self._leaves), np.arange(self._leaves)] = True
        for node in np.argsort(self._time, kind="stable"):
            if self._parent[node] >= 0:
                under[self._parent[node]] |= under[node]
        return under

    def recombine(self) -> None:
        """Cuts one branch at a uniform height and joins it to the rest of the tree again."""
        lengths = self.lengths()
        node = int(self._rng.choice(len(lengths), p=lengths / lengths.sum()))
        height = self._time[node] + self._rng.random() * lengths[node]
        joint = self._cut(node)
        self._join(node, joint, height)

    def _grow(self) -> None:
        alive, now = list(range(self._leaves)), 0.0
        for node in range(self._leaves, 2 * self._leaves - 1):
            pairs = len(alive) * (len(alive) - 1) / 2
            now += self._rng.exponential(1 / pairs)
            self._time[node] = now
            for _ in range(2):
                self._parent[alive.pop(int(self._rng.integers(len(alive))))] = node
            alive.append(node)

    def _cut(self, node: int) -> int:
        """Takes `node` and the joint above it out of the tree; the joint can be used again."""
        joint = int(self._parent[node])
        sister = next(int(each) for each in np.flatnonzero(self._parent == joint) if each != node)
        self._parent[sister] = self._parent[joint]
        self._parent[joint] = self._parent[node] = -1
        return joint

    def _join(self, node: int, joint: int, height: float) -> None:
        """Waits upward from `height`, at a rate of one for each lineage there, and joins one at random."""
        rest = np.ones(len(self._parent), np.bool_)
        rest[self._below(node)] = rest[joint] = False
        while True:
            top = np.where(self._parent >= 0, self._time[self._parent], np.inf)
            there = np.flatnonzero(rest & (self._time <= height) & (top > height))
            wait = self._rng.exponential(1 / len(there))
            ceiling = top[there].min()
            if height + wait < ceiling:
                break
            height = float(ceiling)
        sister = int(self._rng.choice(there))
        self._time[joint] = height + wait
        self._parent[joint] = self._parent[sister]
        self._parent[sister] = self._parent[node] = joint

    def _below(self, node: int) -> list[int]:
        found, edge = [node], [node]
        while edge:
            edge = np.flatnonzero(np.isin(self._parent, edge)).tolist()
            found += edge
        return found


def found(
    founders: int, length: int, *, mutation: float, recombination: float, rng: np.random.Generator
) -> Founders:
    """The mutations of `founders` haplotypes over `length` bases.

    `mutation` and `recombination` are per base and per unit of branch length (2N generations).
    """
    drawn = list(_stretches(Genealogy(founders, rng), length, mutation, recombination, rng))
    positions = np.concatenate([each.positions for each in drawn])
    carried = np.concatenate([each.carried for each in drawn])
    positions, first = np.unique(positions, return_index=True)
    return Founders(positions, carried[first])


def _stretches(
    tree: Genealogy, length: int, mutation: float, recombination: float, rng: np.random.Generator
) -> Iterator[Founders]:
    """The mutations of each stretch of the chromosome that one tree covers."""
    here = 0.0
    while here < length:
        branches = tree.lengths()
        total = branches.sum()
        reach = min(length - here, rng.exponential(1 / (recombination * total)))
        count = rng.poisson(mutation * total * reach)
        if count:
            nodes = rng.choice(len(branches), size=count, p=branches / total)
            yield Founders(np.sort(here + rng.random(count) * reach).astype(np.int64), tree.members()[nodes])
        here += reach
        tree.recombine()

"""Power of each attacker against each protection, over all splits, and what a researcher loses."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.attack import attackers
from benchmarks.attack.attackers import Order, Scores
from benchmarks.attack.counting import Counts
from benchmarks.attack.model import Model
from benchmarks.attack.people import Mask, Pool, splits
from governance.datasets import Protection

QUESTIONS = 1000
GRID = (
    *range(1, 11),
    *range(12, 21, 2),
    *range(25, 51, 5),
    *range(60, 101, 10),
    150,
    200,
    300,
    400,
    500,
    750,
    1000,
)
_KNOWING = 120  # questions of an attacker who rehearses: more than that only tell less
_RESEARCHER = 200

Note = Callable[[str], None]


@dataclass(frozen=True)
class Curve:
    """The power of an attacker after each number of questions of `GRID` (as far as `questions` go)."""

    protection: str
    attacker: str
    powers: tuple[float, ...]

    @property
    def most(self) -> float:
        """The highest, after whatever number of questions."""
        return max(self.powers)

    @property
    def after(self) -> int:
        """After how many questions that was."""
        return GRID[self.powers.index(self.most)]


@dataclass(frozen=True)
class Experiment:
    """The pool, how many random memberships are attacked, and how many an attacker rehearses on."""

    pool: Pool
    seeds: int = 20
    rehearsals: int = 200
    alleles: int = 10**5 - 1

    def curves(self, name: str, protection: Protection, note: Note) -> Iterator[Curve]:
        """Every attacker against a protection."""
        yield self._naive(name, protection, "naive likelihood ratio", attackers.at_random)
        yield self._naive(name, protection, "rarest first", attackers.rarest_first)
        note(f"{name}: attackers who rehearse")
        least = self._model(protection, 1).least
        single = [self._knowing(name, protection, least + more) for more in (0, 1, 3)]
        best = max(single, key=lambda each: each.most)
        yield Curve(name, "informed", best.powers)
        yield self._ranging(name, protection, least)
        note(f"{name}: ten who collude, counts")
        yield self._knowing(name, protection, least, identities=10)
        yield self._counting(name, protection, least)

    def researcher(self, protection: Protection, *, everything: bool = False) -> float:
        """The part of yes answers lost of 200 questions, over alleles with at least threshold carriers.

        `everything`: over all alleles that any member carries.
        """
        least = 1 if everything else max(1, protection.threshold)
        lost = []
        for seed in range(self.seeds):
            inside = splits(self.pool.people, range(seed, seed + 1))
            model = Model(self.pool, inside, protection, self.alleles)
            some = np.flatnonzero(self.pool.carries[:, inside[0]].sum(1) >= least)
            asked = np.random.default_rng([4, seed]).choice(some, _RESEARCHER, replace=False)
            lost.append(1 - np.mean([model.ask(each)[0] for each in asked]))
        return float(np.mean(lost))

    def _model(self, protection: Protection, sites: int) -> Model:
        return Model(self.pool, splits(self.pool.people, range(sites)), protection, self.alleles)

    def _naive(
        self, name: str, protection: Protection, attacker: str, order: Callable[[Pool, int, int], Order]
    ) -> Curve:
        model = self._model(protection, self.seeds)
        scores = np.zeros((QUESTIONS, self.pool.people, self.seeds))
        for person in range(self.pool.people):
            model.forget()
            asked = order(self.pool, person, QUESTIONS)
            answers = np.stack([model.ask(each) for each in asked])
            _fill(scores, person, attackers.read_naively(self.pool, asked, answers))
        return self._curve(name, attacker, scores, model.inside)

    def _knowing(self, name: str, protection: Protection, least: int, identities: int = 1) -> Curve:
        """Asks what the fewest carry of whom it can hear; of several identities, each asks its share."""
        models = [self._model(protection, self.seeds + self.rehearsals) for _ in range(identities)]
        scores = np.zeros((_KNOWING * identities, self.pool.people, self.seeds))
        for person in range(self.pool.people):
            asked = attackers.from_frequency(self.pool, person, len(scores), least, distinct=True)
            for model in models:
                model.forget()
            answers = np.stack([models[place % identities].ask(each) for place, each in enumerate(asked)])
            self._read(scores, person, answers, models[0].inside)
        attacker = "informed" if identities == 1 else f"{identities} who collude"
        return self._curve(name, attacker, scores, models[0].inside)

    def _ranging(self, name: str, protection: Protection, least: int) -> Curve:
        """Moves the borders of ranges: around each allele as far as no common one lies inside."""
        model = self._model(protection, self.seeds + self.rehearsals // 2)
        numbers = self.pool.frequencies()
        scores = np.zeros((30, self.pool.people, self.seeds))
        for person in range(self.pool.people):
            asked = attackers.from_frequency(self.pool, person, len(scores), least, distinct=True)
            model.forget()
            answers = np.stack([model.ask_any(_around(each, numbers)) for each in asked])
            self._read(scores, person, answers, model.inside)
        return self._curve(name, "moving ranges", scores, model.inside)

    def _counting(self, name: str, protection: Protection, least: int) -> Curve:
        sites = splits(self.pool.people, range(self.seeds + self.rehearsals))
        counts = Counts(self.pool, sites, protection, self.alleles)
        scores = np.zeros((_KNOWING, self.pool.people, self.seeds))
        for person in range(self.pool.people):
            counts.forget()
            asked = attackers.from_frequency(self.pool, person, _KNOWING, least, distinct=True)
            told = np.stack([counts.ask(each) for each in asked])
            rest, member = told[:, self.seeds :], sites[self.seeds :, person]
            _fill(scores, person, attackers.read_counts(told[:, : self.seeds], rest, member))
        return self._curve(name, "counts of people", scores, sites)

    def _read(self, scores: Scores, person: int, answers: Mask, inside: Mask) -> None:
        rest, member = answers[:, self.seeds :], inside[self.seeds :, person]
        _fill(scores, person, attackers.read_knowingly(answers[:, : self.seeds], rest, member))

    def _curve(self, name: str, attacker: str, scores: Scores, inside: Mask) -> Curve:
        steps = [each for each in GRID if each <= len(scores)]
        powers = (attackers.power(scores[each - 1], inside[: self.seeds]) for each in steps)
        return Curve(name, attacker, tuple(powers))


def _around(allele: int, numbers: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> range:
    """The alleles beside one, as far as none is common and they are few."""
    first = last = allele
    while first > 0 and allele - first < 3 and numbers[first - 1] < 40:
        first -= 1
    while last + 1 < len(numbers) and last - allele < 3 and numbers[last + 1] < 40:
        last += 1
    return range(first, last + 1)


def _fill(scores: Scores, person: int, found: Scores) -> None:
    """Whoever has fewer alleles than there are questions asks no more."""
    scores[: len(found), person] = found
    scores[len(found) :, person] = found[-1] if len(found) else 0

"""Power of each attacker against each protection, over all splits, and what a researcher loses."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.attack import attackers
from benchmarks.attack.attackers import Order, Scores
from benchmarks.attack.model import Model
from benchmarks.attack.people import Mask, Pool, splits
from governance.datasets import Protection

QUESTIONS = 1000
GRID: tuple[int, ...] = (
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
KNOWING = 120  # questions of an attacker who rehearses: more than that only tell less
_BEGINNINGS = (0, 1, 3, 6, 14)  # carriers more than the fewest with whom an informed attacker begins
_ADAPTING = 60
_RESEARCHER = 200

Note = Callable[[str], None]


@dataclass(frozen=True)
class Curve:
    """The power of an attacker after each number of questions of `GRID` (as far as they go).

    `fewest` is how many of the pool carry the first allele that an informed attacker asks about.
    """

    protection: str
    attacker: str
    powers: tuple[float, ...]
    fewest: int | None = None

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

    def researcher(self, protection: Protection, *, everything: bool = False) -> float:
        """The part of yes answers lost of 200 questions, over alleles with at least threshold carriers.

        `everything`: over all alleles that any member carries.
        """
        least = 1 if everything else max(1, protection.threshold)
        lost = []
        for seed in range(self.seeds):
            inside = splits(self.pool.people, range(seed, seed + 1))
            model = Model(self.pool, inside, protection)
            some = np.flatnonzero(self.pool.carries[:, inside[0]].sum(1) >= least)
            asked = np.random.default_rng([4, seed]).choice(some, _RESEARCHER, replace=False)
            lost.append(1 - np.mean([model.ask(each)[0] for each in asked]))
        return float(np.mean(lost))

    def model(self, protection: Protection, sites: int) -> Model:
        """So many sites that are protected in that way."""
        return Model(self.pool, splits(self.pool.people, range(sites)), protection)

    def naive(
        self, name: str, protection: Protection, attacker: str, order: Callable[[Pool, int, int], Order]
    ) -> Curve:
        """Somebody who takes every answer for true, and has 1,000 questions."""
        model = self.model(protection, self.seeds)
        scores = np.zeros((QUESTIONS, self.pool.people, self.seeds))
        for person in range(self.pool.people):
            model.forget()
            asked = order(self.pool, person, QUESTIONS)
            answers = np.stack([model.ask(each) for each in asked])
            fill(scores, person, attackers.read_naively(self.pool, asked, answers))
        return self.curve(name, attacker, scores, model.inside)

    def knowing(self, name: str, protection: Protection, least: int, identities: int = 1) -> Curve:
        """Asks what the fewest carry of whom it can hear; of several identities, each asks its share."""
        models = [self.model(protection, self.seeds + self.rehearsals) for _ in range(identities)]
        scores = np.zeros((KNOWING * identities, self.pool.people, self.seeds))
        for person in range(self.pool.people):
            asked = attackers.from_frequency(self.pool, person, len(scores), least, distinct=True)
            for model in models:
                model.forget()
            answers = np.stack([models[place % identities].ask(each) for place, each in enumerate(asked)])
            self.read(scores, person, answers, models[0].inside)
        attacker = "informed" if identities == 1 else f"{identities} who collude"
        return replace(self.curve(name, attacker, scores, models[0].inside), fewest=least)

    def read(self, scores: Scores, person: int, answers: Mask, inside: Mask) -> None:
        """Fills in the scores of a person: the first sites are attacked, the rest were rehearsed on."""
        rest, member = answers[:, self.seeds :], inside[self.seeds :, person]
        fill(scores, person, attackers.read_knowingly(answers[:, : self.seeds], rest, member))

    def curve(self, name: str, attacker: str, scores: Scores, inside: Mask) -> Curve:
        """The powers of `scores[question, person, seed]`."""
        steps = [each for each in GRID if each <= len(scores)]
        powers = (attackers.power(scores[each - 1], inside[: self.seeds]) for each in steps)
        return Curve(name, attacker, tuple(powers))


def fill(scores: Scores, person: int, found: Scores) -> None:
    """Whoever has fewer alleles than there are questions asks no more."""
    scores[: len(found), person] = found
    scores[len(found) :, person] = found[-1] if len(found) else 0

"""Answers over HTTP, compared one by one with the model's, and the scores that attackers make of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.attack import attackers
from benchmarks.attack.asking import Attack
from benchmarks.attack.attackers import Scores
from benchmarks.attack.measure import GRID
from benchmarks.attack.model import Model
from benchmarks.attack.people import Mask, Pool
from governance.datasets import PROTECTIONS


@dataclass
class Found:
    """An attacker's scores against a preset after the lengths `steps`, one `[step, seed]` for each person."""

    steps: tuple[int, ...]
    persons: list[int] = field(default_factory=list)
    scores: list[Scores] = field(default_factory=list)


class Judge:
    """Takes the answers of one site. `inside` are its memberships, behind them those rehearsed on."""

    def __init__(self, pool: Pool, inside: Mask, seeds: int, presets: Sequence[str]) -> None:
        self.differing = 0
        self.questions = 0
        self.answers = 0
        self.found: dict[tuple[str, str], Found] = {}
        self._pool, self._inside, self._seeds = pool, inside, seeds
        asked, rest = inside[:seeds], inside[seeds:]
        self._models = {each: Model(pool, asked, PROTECTIONS[each]) for each in presets}
        self._rehearsals = {each: Model(pool, rest, PROTECTIONS[each]) for each in presets}

    def take(self, attack: Attack, answers: Mask) -> None:
        """The answers `[question, dataset]` to one identity."""
        self.questions += len(answers)
        self.answers += answers.size
        for number, preset in enumerate(attack.presets):
            told = answers[:, number * self._seeds : (number + 1) * self._seeds]
            self.differing += int((told != _answers(self._models[preset], attack)).sum())
            self._keep(attack, preset, self._read(attack, preset, told))

    def _read(self, attack: Attack, preset: str, told: Mask) -> Scores:
        if attack.rehearses:
            rehearsed = _answers(self._rehearsals[preset], attack)
            return attackers.read_knowingly(told, rehearsed, self._inside[self._seeds :, attack.person])
        return attackers.read_naively(self._pool, attack.asked, told)

    def _keep(self, attack: Attack, preset: str, scores: Scores) -> None:
        """The scores after each length; whoever has fewer alleles than there are questions asks no more."""
        steps = tuple(each for each in GRID if each <= attack.most)
        found = self.found.setdefault((preset, attack.attacker), Found(steps))
        found.persons.append(attack.person)
        found.scores.append(scores[np.minimum(steps, len(scores)) - 1])


def _answers(model: Model, attack: Attack) -> Mask:
    """What the model says to an identity who has asked nothing before."""
    model.forget()
    return np.stack([model.ask(int(each)) for each in attack.asked])

"""Powers measured over HTTP, with what chance does to them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.attack import attackers
from benchmarks.attack.attackers import Scores
from benchmarks.attack.judging import Found
from benchmarks.attack.measure import Curve
from benchmarks.attack.people import Mask, Numbers, Pool

_DRAWS = 400

Interval = tuple[float, float]


@dataclass(frozen=True)
class Served(Curve):
    """A curve over HTTP, of so many people in every membership.

    The intervals hold 95 % of what other people drawn from the same would give: `at_most` at the length where
    the power is highest here, `at_end` after all questions.
    """

    people: int = 0
    at_most: Interval = (0.0, 1.0)
    at_end: Interval = (0.0, 1.0)


def served(pool: Pool, inside: Mask, preset: str, attacker: str, found: Found) -> Served:
    """What an attacker achieved, `inside` being the memberships that were asked.

    The line at 5 % false positives is drawn in each membership by itself, as the model does, where everybody
    was asked about. The others of one membership are too few for that where only some were: there it is drawn
    over the others of all memberships together.
    """
    power = attackers.power if len(found.persons) == pool.people else _together
    scores, members = np.stack(found.scores, 1), inside[:, found.persons]
    powers = tuple(power(each, members) for each in scores)
    most = int(np.argmax(powers))
    return Served(
        protection=preset,
        attacker=attacker,
        powers=powers,
        people=len(found.persons),
        at_most=_interval(power, scores[most], members),
        at_end=_interval(power, scores[-1], members),
    )


def _together(scores: Scores, inside: Mask) -> float:
    return attackers.power(scores.reshape(-1, 1), inside.T.reshape(1, -1))


def _interval(power: Callable[[Scores, Mask], float], scores: Scores, inside: Mask) -> Interval:
    """From people drawn anew out of these, each with all memberships: their scores there hang together."""
    random = np.random.default_rng(6)
    draws: list[Numbers] = [random.integers(0, len(scores), len(scores)) for _ in range(_DRAWS)]
    both = [each for each in draws if 0 < inside[:, each].mean() < 1]  # members, and others to tell them from
    low, high = np.quantile([power(scores[each], inside[:, each]) for each in both], (0.025, 0.975))
    return float(low), float(high)

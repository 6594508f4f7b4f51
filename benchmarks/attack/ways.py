"""Every attacker in turn, and those who go other ways than asking one allele after another by name."""

from collections.abc import Iterator

import numpy as np

from benchmarks.attack import attackers
from benchmarks.attack.counting import Counts
from benchmarks.attack.measure import KNOWING, QUESTIONS, Curve, Experiment, Note, fill
from benchmarks.attack.people import Numbers, splits
from governance.datasets import Protection

_BEGINNINGS = (0, 1, 3, 6, 14)  # carriers more than the fewest with whom an informed attacker begins
_ADAPTING = 60  # questions of an attacker who goes by what was answered


def curves(experiment: Experiment, name: str, protection: Protection, note: Note) -> Iterator[Curve]:
    """Every attacker against a protection."""
    yield experiment.naive(name, protection, "naive likelihood ratio", attackers.at_random)
    yield experiment.naive(name, protection, "rarest first", attackers.rarest_first)
    note(f"{name}: attackers who rehearse")
    least = experiment.model(protection, 1).least
    single = [experiment.knowing(name, protection, least + more) for more in _BEGINNINGS]
    yield max(single, key=lambda each: each.most)
    note(f"{name}: ranges, the second line, counts")
    yield adapting(experiment, name, protection, least)
    yield ranging(experiment, name, protection, least)
    yield near_the_second_line(experiment, name, protection)
    yield counting(experiment, name, protection, least)
    note(f"{name}: ten who collude")
    yield experiment.knowing(name, protection, least, identities=10)


def adapting(experiment: Experiment, name: str, protection: Protection, least: int) -> Curve:
    """Asks for proof until it hears a first yes; then, until nothing is left of the budget, for more.

    What proves most are the alleles that the fewest carry; those that twice as many do cost little.
    """
    model = experiment.model(protection, experiment.seeds + experiment.rehearsals)
    scores = np.zeros((_ADAPTING, experiment.pool.people, experiment.seeds))
    for person in range(experiment.pool.people):
        model.forget()
        first = attackers.from_frequency(experiment.pool, person, _ADAPTING, least, distinct=True)
        then = attackers.from_frequency(experiment.pool, person, _ADAPTING, 2 * least + 6, distinct=True)
        heard = np.zeros(len(model.inside), np.bool_)
        total, member = np.zeros(experiment.seeds), model.inside[experiment.seeds :, person]
        for step, (one, other) in enumerate(zip(first, then, strict=False)):
            for allele, asking in ((int(one), ~heard), (int(other), heard.copy())):
                told = model.ask_some(allele, asking)
                ready = asking[experiment.seeds :]
                said = told[None, : experiment.seeds], told[None, experiment.seeds :][:, ready], member[ready]
                total += asking[: experiment.seeds] * attackers.read_knowingly(*said)[0]
                heard |= told
            scores[step:, person] = total
    return experiment.curve(name, "adaptive", scores, model.inside)


def near_the_second_line(experiment: Experiment, name: str, protection: Protection) -> Curve:
    """Numbers and pages of a range that holds a common allele and one that is nearly common, or just so.

    Whether the second is counted, or shown, is what asking for it alone tells.
    """
    model = experiment.model(protection, experiment.seeds + experiment.rehearsals)
    scores = np.zeros((QUESTIONS // 2, experiment.pool.people, experiment.seeds))
    for person in range(experiment.pool.people):
        model.forget()
        asked = attackers.nearest(experiment.pool, person, len(scores), model.common)
        answers = np.stack([model.ask(int(each)) for each in asked])
        experiment.read(scores, person, answers, model.inside)
    return experiment.curve(name, "near the second line", scores, model.inside)


def ranging(experiment: Experiment, name: str, protection: Protection, least: int) -> Curve:
    """Moves the borders of ranges: around each allele as far as no common one lies inside."""
    model = experiment.model(protection, experiment.seeds + experiment.rehearsals // 2)
    numbers = experiment.pool.frequencies()
    scores = np.zeros((30, experiment.pool.people, experiment.seeds))
    for person in range(experiment.pool.people):
        asked = attackers.from_frequency(experiment.pool, person, len(scores), least, distinct=True)
        model.forget()
        answers = np.stack([model.ask_any(_around(each, numbers)) for each in asked])
        experiment.read(scores, person, answers, model.inside)
    return experiment.curve(name, "moving ranges", scores, model.inside)


def counting(experiment: Experiment, name: str, protection: Protection, least: int) -> Curve:
    sites = splits(experiment.pool.people, range(experiment.seeds + experiment.rehearsals))
    counts = Counts(experiment.pool, sites, protection)
    scores = np.zeros((KNOWING, experiment.pool.people, experiment.seeds))
    for person in range(experiment.pool.people):
        counts.forget()
        asked = attackers.from_frequency(experiment.pool, person, KNOWING, least, distinct=True)
        told = np.stack([counts.ask(each) for each in asked])
        rest, member = told[:, experiment.seeds :], sites[experiment.seeds :, person]
        fill(scores, person, attackers.read_counts(told[:, : experiment.seeds], rest, member))
    return experiment.curve(name, "counts of people", scores, sites)


def _around(allele: int, numbers: Numbers) -> range:
    """The alleles beside one, as far as none is common and they are few."""
    first = last = allele
    while first > 0 and allele - first < 3 and numbers[first - 1] < 40:
        first -= 1
    while last + 1 < len(numbers) and last - allele < 3 and numbers[last + 1] < 40:
        last += 1
    return range(first, last + 1)

"""The attack on made-up people: it works where nothing protects them, and hardly where something does."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.attack import attackers, served
from benchmarks.attack.model import Model
from benchmarks.attack.people import Pool, pool, splits
from governance.datasets import PROTECTIONS, Protection

SEEDS, QUESTIONS, REHEARSALS = 4, 60, 80


@pytest.fixture(scope="module")
def people() -> Pool:
    """Made-up people, and a part of their alleles: where there are no files there are always those."""
    whole = pool(Path("/nowhere"))
    return replace(whole, carries=whole.carries[:3000], spelled=whole.spelled[:3000])


def rarest_first(people: Pool, protection: Protection) -> float:
    model = Model(people, splits(people.people, range(SEEDS)), protection, 10**4)
    scores = np.zeros((people.people, SEEDS))
    for person in range(people.people):
        model.forget()
        asked = attackers.rarest_first(people, person, QUESTIONS)
        answers = np.stack([model.ask(each) for each in asked])
        scores[person] = attackers.read_naively(people, asked, answers)[-1]
    return attackers.power(scores, model.inside)


def informed(people: Pool, protection: Protection) -> float:
    sites = splits(people.people, range(SEEDS + REHEARSALS))
    model = Model(people, sites, protection, 10**4)
    scores = np.zeros((people.people, SEEDS))
    for person in range(people.people):
        model.forget()
        asked = attackers.from_frequency(people, person, 20, model.least, distinct=True)
        answers = np.stack([model.ask(each) for each in asked])
        rest, member = answers[:, SEEDS:], sites[SEEDS:, person]
        scores[person] = attackers.read_knowingly(answers[:, :SEEDS], rest, member)[-1]
    return attackers.power(scores, sites[:SEEDS])


def test_members_are_found_where_nothing_protects_them_and_not_where_a_budget_does(people: Pool) -> None:
    assert rarest_first(people, PROTECTIONS["none"]) > 0.6
    assert rarest_first(people, PROTECTIONS["default"]) <= 0.10
    assert rarest_first(people, PROTECTIONS["strict"]) <= 0.10


def test_whoever_knows_the_mechanism_finds_few(people: Pool) -> None:
    threshold_alone = informed(people, Protection(threshold=5, budget=None))
    default, strict = informed(people, PROTECTIONS["default"]), informed(people, PROTECTIONS["strict"])
    assert default <= 0.30
    assert strict <= 0.20
    assert threshold_alone > default + 0.1


@pytest.mark.slow
def test_a_site_asked_over_http_answers_as_the_model_says(
    people: Pool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("a")
    outcome = served.ask(people, folder / "site", seeds=2, persons=2, note=lambda _: None)
    assert outcome.questions > 1000
    assert outcome.differing == 0

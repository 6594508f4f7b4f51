"""The attack on made-up people: it works where nothing protects them, and hardly where something does."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.attack import attackers, powers, report
from benchmarks.attack.asking import Attack
from benchmarks.attack.judging import Found, Judge
from benchmarks.attack.model import Model
from benchmarks.attack.people import Pool, pool, splits
from benchmarks.attack.picture import svg
from benchmarks.attack.powers import Served
from benchmarks.attack.served import Outcome, Wanted, ask
from governance.datasets import PROTECTIONS, Protection

SEEDS, QUESTIONS, REHEARSALS = 4, 60, 80
LOSSES = {"default": (0.05, 0.5)}


@pytest.fixture(scope="module")
def people() -> Pool:
    """Made-up people, and a part of their alleles: where there are no files there are always those."""
    whole = pool(Path("/nowhere"))
    return replace(whole, carries=whole.carries[:3000], spelled=whole.spelled[:3000])


def rarest_first(people: Pool, protection: Protection) -> float:
    model = Model(people, splits(people.people, range(SEEDS)), protection)
    scores = np.zeros((people.people, SEEDS))
    for person in range(people.people):
        model.forget()
        asked = attackers.rarest_first(people, person, QUESTIONS)
        answers = np.stack([model.ask(each) for each in asked])
        scores[person] = attackers.read_naively(people, asked, answers)[-1]
    return attackers.power(scores, model.inside)


def informed(people: Pool, protection: Protection) -> float:
    sites = splits(people.people, range(SEEDS + REHEARSALS))
    model = Model(people, sites, protection)
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


@pytest.mark.parametrize("power", [0.25, 0.35])
def test_a_power_over_http_that_is_too_high_is_missed(power: float) -> None:
    found = list(report.missed([], LOSSES, _outcome(Served("default", "informed", (power, 0.1)))))
    assert len(found) == (power > 0.30)


def test_an_answer_other_than_the_models_is_missed() -> None:
    assert list(report.missed([], LOSSES, _outcome(differing=1))) == [
        "over HTTP, 1 answers are not the model's"
    ]


def _outcome(*curves: Served, differing: int = 0) -> Outcome:
    return Outcome(curves, datasets=2, alleles=10, questions=2, answers=4, differing=differing, seconds=1.0)


def test_every_answer_that_is_not_the_models_is_counted(people: Pool) -> None:
    judge = Judge(people, splits(people.people, range(3)), 2, ("default", "strict"))
    asked = attackers.at_random(people, 0, 5)
    attack = Attack("naive likelihood ratio", ("default", "strict"), 2, 0, asked, most=5)
    common = people.frequencies()[asked] > 400
    judge.take(attack, np.repeat(common[:, None], 4, 1))
    judge.take(attack, np.repeat(~common[:, None], 4, 1))
    assert (judge.questions, judge.answers, judge.differing) == (10, 40, 20)


def test_people_of_one_membership_are_told_apart_by_the_line_of_all(people: Pool) -> None:
    inside = splits(people.people, range(2))
    found = Found((1,), [0, 1, 2, 3], [np.where(inside[None, :, each], 1.0, 0.0) for each in range(4)])
    curve = powers.served(people, inside, "default", "informed", found)
    assert (curve.people, curve.most, curve.after) == (4, 1.0, 1)
    assert curve.at_most == (1.0, 1.0)


@pytest.mark.slow
def test_a_site_asked_over_http_answers_as_the_model_says(
    people: Pool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("a") / "site"
    fewest = {name: _model(people, name).least for name in report.GOALS}
    wanted = Wanted(seeds=2, persons=2, informed=3, fewest=fewest, rehearsals=40)
    outcome = ask(people, folder, wanted, note=lambda _: None)
    assert outcome.differing == 0
    assert outcome.questions > 1000
    assert outcome.answers > 3 * outcome.questions
    assert [(each.protection, each.attacker, each.people) for each in outcome.curves] == [
        (preset, attacker, number)
        for preset in report.GOALS
        for attacker, number in (("naive likelihood ratio", 2), ("rarest first", 2), ("informed", 3))
    ]
    assert "0 other than the model's" in report.asked(outcome, people.people)
    drawn = svg(outcome.curves, outcome.curves, report.GOALS, "made-up people")
    assert drawn.count("<circle") == sum(len(each.powers) for each in outcome.curves)
    assert not folder.exists()


def _model(people: Pool, preset: str) -> Model:
    return Model(people, splits(people.people, range(1)), PROTECTIONS[preset])

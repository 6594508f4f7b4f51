"""Charges against simulation and exact sums; the lines drawn from them; rounding."""

import itertools
import math
from fractions import Fraction
from statistics import mean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.disclosure import charges, rounding

BUDGETS = st.sampled_from([(5, 0.3), (10, 0.1), (1, 0.5), (3, 1.0)])


def _chances(people: int, share: Fraction) -> list[Fraction]:
    return [
        math.comb(people, each) * share**each * (1 - share) ** (people - each) for each in range(people + 1)
    ]


@given(people=st.integers(2, 60), carriers=st.integers(1, 60), line=st.integers(1, 30))
def test_a_charge_is_the_likelihood_ratio_of_the_mechanism_enumerated(
    people: int, carriers: int, line: int
) -> None:
    """Over all numbers of others: how much likelier the yes is with the person than with somebody else."""
    charge = charges.of_telling(carriers, people, line)
    if carriers < line or carriers > people:
        assert charge == math.inf
        return
    share = (carriers - Fraction(1, 3)) / people
    present = sum(chance * (each + 1 >= line) for each, chance in enumerate(_chances(people - 1, share)))
    absent = sum(chance * (each >= line) for each, chance in enumerate(_chances(people, share)))
    assert charge == pytest.approx(math.log(present / absent), rel=1e-9, abs=1e-12)


def test_a_charge_is_what_a_simulation_of_others_says() -> None:
    random, line = np.random.default_rng(1), charges.least_tellable(300, 5, 0.3)
    for carriers in (6, 7, 9, 12):
        share = (carriers - charges.OWN) / 300
        present = (random.binomial(299, share, 1_000_000) + 1 >= line).mean()
        absent = (random.binomial(300, share, 1_000_000) >= line).mean()
        expected = math.log(present / absent)
        assert charges.of_telling(carriers, 300, line) == pytest.approx(expected, rel=0.03, abs=0.002)


def test_where_so_many_are_expected_at_least_so_many_are_found_as_likely_as_not() -> None:
    """That is why a third of a carrier is taken away."""
    for carriers in (6, 10, 40):
        chances = _chances(400, (carriers - Fraction(1, 3)) / 400)
        assert float(sum(chances[carriers:])) == pytest.approx(0.5, abs=0.01)


@given(people=st.integers(2, 10**6), line=st.integers(1, 80))
def test_more_carriers_cost_each_of_them_less(people: int, line: int) -> None:
    some = [charges.of_telling(each, people, line) for each in range(line, min(people, 150) + 1)]
    assert all(
        after <= before or math.isclose(after, before, abs_tol=1e-14)
        for before, after in itertools.pairwise(some)
    )


@given(people=st.integers(2, 10**6), budgets=BUDGETS)
def test_nobody_is_told_who_could_not_pay_and_the_line_is_the_first_that_can_be_paid(
    people: int, budgets: tuple[int, float]
) -> None:
    threshold, budget = budgets
    least = charges.least_tellable(people, threshold, budget)
    assert least >= threshold
    if least <= people:
        assert charges.of_telling(least, people, least) <= charges.written_budget(budget)
    if threshold < least <= people:
        assert charges.of_telling(least - 1, people, least - 1) > charges.written_budget(budget)
    assert charges.least_asked(people, threshold, budget) == max(threshold, least - 1)


@given(people=st.integers(2, 10**6), budgets=BUDGETS)
def test_what_is_not_written_was_kept_back_for_somebody_who_carries_everything(
    people: int, budgets: tuple[int, float]
) -> None:
    threshold, budget = budgets
    least = charges.least_tellable(people, threshold, budget)
    common = charges.least_unwritten(people, threshold, budget)
    if common <= people:
        charge = charges.of_telling(common, people, least)
        assert charge * charges.ALLELES <= charges.COMMON * budget
        assert charge < charges.UNWRITTEN
    if least < common <= people + 1:
        before = charges.of_telling(common - 1, people, least)
        assert before >= min(charges.UNWRITTEN, charges.COMMON * budget / charges.ALLELES)
    whole = charges.written_budget(budget, 0.0) + (charges.COMMON + charges.COUNTS) * budget
    assert whole == pytest.approx(budget)  # nothing is spent twice


def test_the_presets_draw_their_lines_where_the_documentation_says() -> None:
    lines = {
        (people, name): (
            charges.least_tellable(people, *preset),
            charges.least_unwritten(people, *preset),
        )
        for people in (300, 200_000)
        for name, preset in (("default", (5, 0.3)), ("strict", (10, 0.1)))
    }
    assert lines == {
        (300, "default"): (6, 42),
        (300, "strict"): (51, 110),
        (200_000, "default"): (6, 45),
        (200_000, "strict"): (62, 141),
    }
    assert charges.least_tellable(4, 5, 0.3) == 5  # nobody is ever told of an allele among four


def test_a_no_just_below_the_line_costs_a_little_and_below_that_nothing() -> None:
    yes = [charges.of_telling(each, 300, 6) for each in (6, 7, 8, 9)]
    assert charges.prices_of_telling(9, 300, 5, 0.3) == [0.0] * 4 + [charges.REFUSED * 0.3, *yes]
    assert charges.prices_of_telling(3, 300, 5, 0.3) == [0.0] * 3


@given(number=st.integers(0, 10**6), step=st.integers(1, 100), chance=st.floats(0, 1, exclude_max=True))
def test_a_rounded_number_is_a_neighbouring_multiple(number: int, step: int, chance: float) -> None:
    shown = rounding.rounded(number, step, chance)
    assert shown % step == 0
    assert abs(shown - number) < step


def test_rounding_is_stable_for_a_set_and_true_on_average() -> None:
    sets = [[bytes([each % 251, each // 251, more]) for more in range(13)] for each in range(4000)]
    draws = [rounding.draw(b"k" * 32, each) for each in sets]
    assert draws == [rounding.draw(b"k" * 32, reversed(each)) for each in sets]
    assert mean(rounding.rounded(13, 5, each) for each in draws) == pytest.approx(13, abs=0.15)
    without_one = [rounding.draw(b"k" * 32, each[1:]) for each in sets]
    differences = {
        rounding.rounded(13, 5, one) - rounding.rounded(12, 5, other)
        for one, other in zip(draws, without_one, strict=True)
    }
    assert differences == {-5, 0, 5}  # the difference of two sets that one person tells apart says little

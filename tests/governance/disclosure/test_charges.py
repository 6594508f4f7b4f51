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


def _fewer_exactly(threshold: int, people: int, share: Fraction) -> Fraction:
    return sum(
        math.comb(people, each) * share**each * (1 - share) ** (people - each) for each in range(threshold)
    )


@given(people=st.integers(2, 400), carriers=st.integers(1, 400), threshold=st.integers(1, 12))
def test_a_charge_is_the_logarithm_of_how_likely_the_others_alone_would_do(
    people: int, carriers: int, threshold: int
) -> None:
    charge = charges.of_telling(carriers, people, threshold)
    if carriers < threshold or carriers > people:
        assert charge == math.inf
        return
    share = min(Fraction(1), (carriers - Fraction(1, 2)) / (people - 1))
    told = 1 - _fewer_exactly(threshold, people - 1, share)
    if told <= 0:
        assert charge == math.inf
    else:
        assert charge == pytest.approx(-math.log(told), rel=1e-6, abs=1e-12)


def test_a_charge_is_what_a_simulation_of_others_says() -> None:
    others = np.random.default_rng(1).binomial(299, (9 - charges.OWN) / 299, 400_000)
    assert charges.of_telling(9, 300, 5) == pytest.approx(-math.log((others >= 5).mean()), rel=0.03)


@given(people=st.integers(2, 10**6), threshold=st.integers(1, 20))
def test_more_carriers_cost_each_of_them_less(people: int, threshold: int) -> None:
    some = [charges.of_telling(each, people, threshold) for each in range(threshold, min(people, 80) + 1)]
    assert all(after <= before or math.isclose(after, before) for before, after in itertools.pairwise(some))


@given(
    people=st.integers(2, 10**6),
    threshold=st.integers(1, 20),
    budget=st.floats(0.01, 10),
    alleles=st.integers(1, 10**9),
)
def test_what_is_not_written_was_kept_back_for_somebody_who_carries_everything(
    people: int, threshold: int, budget: float, alleles: int
) -> None:
    line = charges.least_unwritten(people, threshold, budget, alleles)
    if line <= people:
        charge = charges.of_telling(line, people, threshold)
        assert charge * alleles <= charges.KEPT_BACK / 2 * budget
        assert charge < charges.UNWRITTEN
    if threshold < line <= people + 1 and line > threshold:
        before = charges.of_telling(line - 1, people, threshold)
        assert before >= min(charges.UNWRITTEN, charges.KEPT_BACK / 2 * budget / alleles)


def test_the_presets_draw_their_lines_where_the_documentation_says() -> None:
    assert charges.least_tellable(300, 5, 0.3) == 7
    assert charges.least_tellable(300, 10, 0.1) == 15
    assert charges.least_tellable(4, 5, 0.3) == 5  # nobody is ever told of an allele among four


def test_half_of_the_alleles_on_the_line_are_told_of_from_one_carrier_more_on() -> None:
    below, above = (charges.prices_of_telling(9, 300, 5, 0.3, lot) for lot in (0.49, 0.5))
    assert [each < math.inf for each in below] == [False] * 6 + [True] * 3
    assert [each < math.inf for each in above] == [False] * 7 + [True] * 2
    assert below[7:] == above[7:] == [charges.of_telling(8, 300, 5), charges.of_telling(9, 300, 5)]


@given(number=st.integers(0, 10**6), step=st.integers(1, 100), chance=st.floats(0, 1, exclude_max=True))
def test_a_rounded_number_is_a_neighbouring_multiple(number: int, step: int, chance: float) -> None:
    shown = rounding.rounded(number, step, chance)
    assert shown % step == 0
    assert abs(shown - number) < step


def test_rounding_is_stable_for_a_set_and_true_on_average() -> None:
    sets = [[bytes([each % 251, each // 251, more]) for more in range(13)] for each in range(4000)]
    draws = [rounding.draw(b"k" * 32, "d", each) for each in sets]
    assert draws == [rounding.draw(b"k" * 32, "d", reversed(each)) for each in sets]
    assert mean(rounding.rounded(13, 5, each) for each in draws) == pytest.approx(13, abs=0.15)
    without_one = [rounding.draw(b"k" * 32, "d", each[1:]) for each in sets]
    differences = {
        rounding.rounded(13, 5, one) - rounding.rounded(12, 5, other)
        for one, other in zip(draws, without_one, strict=True)
    }
    assert differences == {-5, 0, 5}  # the difference of two sets that one person tells apart says little

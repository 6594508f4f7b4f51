"""Observations of one allele become one row, whatever their order and however they were cut."""

import itertools
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from pyroaring import BitMap

from variants.domain.carriers import decode, encode
from variants.loading.merging import merged
from variants.loading.panels import Panels, panel_id

CALLS = ("0/0", "0/1", "1/1", "./.", "0", "1", ".", "./1", "./0")
SETS = ("carriers", "hom", "hemi", "half", "missing", "single")


class NoTable:
    """A cursor that writes nowhere: every panel stays in memory."""

    def execute(self, *_: object) -> None:
        """Does nothing."""


def observation(calls: dict[int, str]) -> dict[str, Any]:
    """The row of an allele as a file with these samples has it."""
    sets: dict[str, list[int]] = {name: [] for name in SETS}
    ac = an = 0
    for ordinal, call in sorted(calls.items()):
        copies = call.split("/")
        called = len(copies) - copies.count(".")
        ac, an = ac + copies.count("1"), an + called
        if called == 1:
            sets["single"].append(ordinal)
        if set(copies) == {"."}:
            sets["missing"].append(ordinal)
        if "1" not in copies:
            continue
        sets["carriers"].append(ordinal)
        if len(copies) == 1:
            sets["hemi"].append(ordinal)
        elif "." in copies:
            sets["half"].append(ordinal)
        elif copies == ["1", "1"]:
            sets["hom"].append(ordinal)
    row = dict.fromkeys(("ids", "genes", "changes", "hgvs", "consequences", "anchor", "copy_change", "mate",
                         "roll"))
    row |= {name: encode(np.array(members, np.int64)) for name, members in sets.items()}
    return row | {
        "kind": 1, "ac": ac, "an": an, "carried": len(sets["carriers"]), "frequencies": None, "detail": None,
        "panel": panel_id(BitMap(calls)), "seen": BitMap(calls),
    }  # fmt: skip


def join(observations: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], int]:
    panels = Panels(NoTable(), 1)
    for one in observations:
        panels.add(one["seen"])
    whole, conflicts = merged(observations, panels)
    return {name: set(decode(whole[name])) for name in SETS} | {
        name: whole[name] for name in ("ac", "an", "carried", "panel")
    }, conflicts


@pytest.mark.parametrize("seed", range(40))
def test_samples_split_over_files_come_together_as_if_never_split(seed: int) -> None:
    rng = random.Random(seed)
    calls = {ordinal: rng.choice(CALLS) for ordinal in range(rng.randint(1, 60))}
    pieces: list[dict[int, str]] = [{} for _ in range(rng.randint(1, 6))]
    for ordinal, call in calls.items():
        rng.choice(pieces)[ordinal] = call
    observations = [observation(piece) for piece in pieces if piece]
    assert join(observations) == join([observation(calls)])


# A sample's outcome where two records call it: more copies win, then more called alleles, then more alleles.
RANK = {call: (call.count("1"), sum(map(call.count, "01")), len(call)) for call in CALLS}


@pytest.mark.parametrize("seed", range(40))
def test_records_of_the_same_samples_give_each_sample_its_fullest_call(seed: int) -> None:
    rng = random.Random(seed)
    several = [{ordinal: rng.choice(CALLS) for ordinal in range(30)} for _ in range(rng.randint(2, 4))]
    best = {ordinal: max((calls[ordinal] for calls in several), key=RANK.get) for ordinal in range(30)}
    assert join([observation(calls) for calls in several])[0] == join([observation(best)])[0]


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_observations_plays_no_part(seed: int) -> None:
    rng = random.Random(seed)
    observations = [
        observation({ordinal: rng.choice(CALLS) for ordinal in rng.sample(range(12), 8)}) for _ in range(3)
    ]
    outcomes = [join(order) for order in itertools.permutations(observations)]
    assert all(whole == outcomes[0][0] for whole, _ in outcomes)


def test_a_sample_missing_in_one_record_and_called_in_another_is_called() -> None:
    whole, conflicts = join([observation({0: "0/1", 1: "./."}), observation({0: "./.", 1: "0/0"})])
    assert (whole["carriers"], whole["missing"], whole["ac"], whole["an"]) == ({0}, set(), 1, 4)
    assert conflicts == 0


def test_calls_that_contradict_each_other_are_counted() -> None:
    one = observation({0: "0/1", 1: "0/0", 2: "1/1"})
    other = observation({0: "1/1", 1: "0/1", 2: "1/1"})
    assert join([one, other])[1] == 2


def test_without_samples_the_observation_over_most_alleles_counts() -> None:
    told = ((100, 3, 9.0, ["rs2"]), (200, 1, 30.0, ["rs1"]), (None, None, 1.0, None))
    rows = [
        observation({}) | {"panel": None, "an": an, "ac": ac, "detail": {"qual": qual}, "ids": ids}
        for an, ac, qual, ids in told
    ]
    for order in itertools.permutations(rows):
        whole, conflicts = merged(order, Panels(NoTable(), 1))
        assert (whole["an"], whole["ac"], whole["detail"], whole["ids"]) == (
            200,
            1,
            {"qual": 30.0},
            ["rs1", "rs2"],
        )
        assert conflicts == 2

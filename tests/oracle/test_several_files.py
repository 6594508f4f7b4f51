"""A dataset of several files, loaded together or one after the other, equals the files read side by side."""

import random
from pathlib import Path

import pytest

from . import brute, files
from .datasets import Loaded, Shelf
from .test_answers import answers_as_brute_force, holds_what_the_file_holds


@pytest.fixture
def cohorts(tmp_path: Path) -> list[Path]:
    """Three cohorts of the same places, so that they share alleles and lack each other's."""
    sizes = {"alpha": 40, "beta": 7, "gamma": 90}
    return [files.crowd(tmp_path, random.Random(1), name, people, 150) for name, people in sizes.items()]


def test_files_loaded_together_are_one_dataset(shelf: Shelf, cohorts: list[Path]) -> None:
    shelf.load("together", "GRCh37", cohorts)
    _equals(shelf, "together", cohorts)


def test_files_loaded_one_after_the_other_are_the_same_dataset(shelf: Shelf, cohorts: list[Path]) -> None:
    for number in range(len(cohorts)):
        shelf.load("one-by-one", "GRCh37", [cohorts[number]])
        _equals(shelf, "one-by-one", cohorts[: number + 1])


def test_one_file_for_each_person_is_the_same_dataset(shelf: Shelf, tmp_path: Path) -> None:
    people = [files.crowd(tmp_path, random.Random(2), f"P{number}-", 1, 80) for number in range(12)]
    shelf.load("persons", "GRCh37", people[:8])
    shelf.load("persons", "GRCh37", people[8:])
    _equals(shelf, "persons", people)


@pytest.mark.slow
@pytest.mark.shared
def test_two_real_sites_are_one_dataset(shelf: Shelf) -> None:
    sites = [
        files.DATA / "1000genomes" / f"chr20_1-4Mb_site{name}.vcf.gz"
        for name in ("A_300x24990", "B_203x24990")
    ]
    for site in sites:
        shelf.load("two-sites", "GRCh37", [site])
    _equals(shelf, "two-sites", sites)


def _equals(shelf: Shelf, dataset: str, paths: list[Path]) -> None:
    release = shelf.variants.release(dataset)
    assert release is not None
    loaded = Loaded(shelf.variants, release, {}, brute.together(*paths))
    holds_what_the_file_holds(loaded)
    answers_as_brute_force(loaded, number=60, seed=len(paths))

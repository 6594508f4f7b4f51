"""However a cohort is cut over records, files and loads, the dataset comes out the same."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.variants.cohorts import Cohort, Site, cohort
from tests.variants.stores import Store
from variants.domain.allele import AlleleRow
from variants.domain.carriers import decode
from variants.domain.question import Question

EVERYBODY = Question()


def by_name(store: Store, name: str) -> list[tuple]:
    """Rows with sample names for ordinals, which depend on the order of files."""
    release = store.variants.release(name)
    names = [sample.name for sample in store.variants.samples(release, None, 0, 1000)]
    return [_told(row, names) for row in store.rows(name)]


def _told(row: AlleleRow, names: list[str]) -> tuple:
    sets = [
        sorted(names[n] for n in decode(part))
        for part in (row.carriers, row.hom, row.hemi, row.half, row.missing)
    ]
    return row.allele, sets, row.carried, row.ac, row.an, row.anchor, row.detail


def whole(store: Store, folder: Path, made: Cohort, name: str) -> list[tuple]:
    columns = range(made.samples)
    store.load(name, made.write(folder / f"{name}.vcf", made.sites, columns))
    return by_name(store, name)


@pytest.mark.parametrize("seed", range(3))
def test_records_dealt_out_over_files_and_loads_come_together(
    store: Store, tmp_path: Path, seed: int
) -> None:
    made, rng = cohort(seed), random.Random(seed)
    expected = whole(store, tmp_path, made, f"whole-{seed}")
    hands: list[list[Site]] = [[], [], [], []]
    for site in made.sites:
        for hand in rng.sample(hands, rng.choice((1, 1, 2))):  # some records come twice
            hand.append(site)
    columns = range(made.samples)
    files = [made.write(tmp_path / f"{number}.vcf", hand, columns) for number, hand in enumerate(hands)]
    name = f"dealt-{seed}"
    store.load(name, files[0], files[1])
    store.load(name, files[2])
    report = store.load(name, *files)
    assert by_name(store, name) == expected
    assert report.contradictions == 0
    _same_answers(store, f"whole-{seed}", name)


@pytest.mark.parametrize("seed", range(3))
def test_samples_dealt_out_over_files_and_loads_come_together(
    store: Store, tmp_path: Path, seed: int
) -> None:
    made, rng = cohort(seed + 100), random.Random(seed)
    expected = whole(store, tmp_path, made, f"all-{seed}")
    order = rng.sample(range(made.samples), made.samples)
    groups = [order[:3], order[3:4], order[4:6], order[6:]]
    files = [made.write(tmp_path / f"{number}.vcf", made.sites, group) for number, group in enumerate(groups)]
    name = f"samples-{seed}"
    store.load(name, files[0])
    store.load(name, files[1], files[2])
    store.load(name, files[3])
    assert by_name(store, name) == expected
    _same_carriers(store, f"all-{seed}", name)


def _same_answers(store: Store, one: str, other: str) -> None:
    for question in QUESTIONS:
        answers = [
            (store.variants.count(release, question), len(store.variants.carriers(release, question)))
            for release in map(store.variants.release, (one, other))
        ]
        assert answers[0] == answers[1], question


def _same_carriers(store: Store, one: str, other: str) -> None:
    for question in QUESTIONS:
        found = []
        for release in map(store.variants.release, (one, other)):
            ordinals = store.variants.carriers(release, question)
            found.append({sample.name for sample in store.variants.samples(release, ordinals, 0, 1000)})
        assert found[0] == found[1], question


# Narrow ones are answered by rows, wide ones by tiles.
QUESTIONS = [
    Question(),
    Question(reference="20"),
    Question(reference="20", start=(900,), end=(1010,)),
    Question(reference="20", start=(500,), end=(200_000,)),
    Question(reference="21", start=(0,), end=(48_000_000,)),
    Question(reference="21", start=(1003,), end=(3_000_000,)),
    Question(variant_type="DEL"),
]


def test_a_file_that_is_loaded_already_is_nothing_to_do(store: Store, tmp_path: Path) -> None:
    made = cohort(7)
    file = made.write(tmp_path / "once.vcf", made.sites, range(9))
    first = store.load("once", file)
    before = store.variants.release("once")
    moved = file.rename(tmp_path / "elsewhere.vcf")
    again = store.load("once", moved)
    assert again.known_files == (str(moved),)
    assert replace(again, known_files=()) == first
    assert store.variants.release("once") == before

"""Questions about how an allele is carried, and by whom: one carrier is all of it, however sets are kept."""

from itertools import chain, combinations, product
from pathlib import Path

import pytest

from tests.variants.stores import Store, dataset
from tests.variants.vcf_files import write_vcf
from variants.domain.cases import Zygosity
from variants.domain.question import Question
from variants.domain.sexes import Sex
from variants.loading.loader import Loader
from variants.loading.people import load_people

MANY = 70_001  # more than a set of listed ordinals holds
LAST = MANY - 1
HOW = {
    "0|1": Zygosity.HETEROZYGOUS,
    "1|1": Zygosity.HOMOZYGOUS,
    "1": Zygosity.HEMIZYGOUS,
    ".|1": Zygosity.UNKNOWN,
}
# Position of a record, and the calls other than 0|0 by sample.
CALLS: dict[int, dict[int, str]] = {
    100: {LAST: "1|1"},
    200: {LAST: "0|1"},
    300: {LAST - 1: "1|1", LAST: "1|1"},
    400: {LAST - 1: "0|1", LAST: "1|1"},
    500: {0: "1", LAST: ".|1"},
    600: dict.fromkeys(range(0, MANY, 2), "0|1") | {LAST: "1|1", 1: "1"},
    700: dict.fromkeys(range(MANY), "1|1"),
    800: {3: ".|1", 5: "1", 7: "0|1", 9: "1|1"},
}
SEXES = {0: Sex.FEMALE, LAST: Sex.MALE, LAST - 1: Sex.FEMALE, 7: Sex.OTHER}
WAYS = list(chain.from_iterable(combinations(Zygosity, size) for size in range(5)))


@pytest.fixture(scope="module")
def crowd(store: Store, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("crowd")
    names = [f"s{number}" for number in range(MANY)]
    lines = []
    for position, calls in CALLS.items():
        genotypes = ["0|0"] * MANY
        for number, call in calls.items():
            genotypes[number] = call
        lines.append(" ".join(["20", str(position), ".", "A", "T", ".", "PASS", ".", "GT", *genotypes]))
    with Loader(store.database) as loader:  # in parts as large as ever, for the lines are long
        loader.run(loader.plan(dataset("crowd"), [write_vcf(folder, lines, names)]))
    table = folder / "samples.csv"
    table.write_text("sample,sex\n" + "".join(f"s{number},{sex}\n" for number, sex in SEXES.items()))
    load_people(store.database, "crowd", table)
    return "crowd"


def witnesses(position: int, question: Question) -> set[int]:
    """Who carries the record's allele as the question wants, read from the calls one by one."""
    return {
        number
        for number, call in CALLS[position].items()
        if (not question.zygosities or HOW[call] in question.zygosities)
        and (not question.sexes or SEXES.get(number, Sex.UNKNOWN) in question.sexes)
        and (question.carried_by is None or number in question.carried_by)
    }


@pytest.mark.parametrize(
    "inside", [None, frozenset({LAST, 5}), frozenset(range(20))], ids=("all", "two", "many")
)
def test_an_allele_matches_by_one_carrier_who_is_all_that_is_asked(
    store: Store, crowd: str, inside: frozenset[int] | None
) -> None:
    release = store.variants.release(crowd)
    assert release is not None
    assert release.samples == MANY
    sexes = [(), (Sex.MALE,), (Sex.FEMALE, Sex.OTHER), (Sex.UNKNOWN,)]
    for ways, sex in product(WAYS, sexes):
        question = Question(zygosities=ways, sexes=sex, carried_by=inside)
        found = {position: who for position in CALLS if (who := witnesses(position, question))}
        assert store.variants.count(release, question) == len(found), question
        assert store.variants.exists(release, question) == bool(found)
        rows = store.variants.page(release, question, 1, 3)
        assert [row.allele.start + 1 for row in rows] == list(found)[1:4]
        assert set(store.variants.carriers(release, question)) == set().union(*found.values())


def test_a_dataset_without_genotypes_has_nobody_of_any_kind(store: Store, tmp_path: Path) -> None:
    store.load("sites", write_vcf(tmp_path, ["20 100 . A T . PASS AC=1;AN=2"]))
    release = store.variants.release("sites")
    assert release is not None
    for question in (
        Question(zygosities=tuple(Zygosity)),
        Question(zygosities=(Zygosity.HOMOZYGOUS,)),
        Question(sexes=tuple(Sex)),
    ):
        assert not store.variants.exists(release, question)
        assert store.variants.count(release, question) == 0
        assert store.variants.page(release, question, 0, 9) == []
        assert not store.variants.carriers(release, question)
    assert not store.variants.of_sexes(release, list(Sex))

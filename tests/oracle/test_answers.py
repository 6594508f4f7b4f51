"""Random questions of every kind: the room's answers equal those of looking at every allele of the file."""

from collections import Counter

import pytest

from serving.reasons import Reason
from variants.domain.allele import AlleleRow
from variants.domain.question import Question
from variants.service import Variants

from . import brute, files
from .comparing import as_bits, differences, row_key
from .datasets import Loaded, Shelf
from .questions import Asker
from .seen import Seen

PAGE = 20
NAMES = [real.dataset for real in files.REAL]


@pytest.mark.shared
@pytest.mark.parametrize("dataset", NAMES)
def test_every_record_of_a_real_file_is_accounted_for(shelf: Shelf, dataset: str) -> None:
    _accounted_for(shelf[dataset])


@pytest.mark.parametrize("dataset", files.MADE)
def test_every_record_of_a_made_file_is_accounted_for(shelf: Shelf, dataset: str) -> None:
    _accounted_for(shelf[dataset])


@pytest.mark.shared
@pytest.mark.parametrize("dataset", NAMES)
def test_every_stored_allele_is_the_real_files(shelf: Shelf, dataset: str) -> None:
    holds_what_the_file_holds(shelf[dataset])


@pytest.mark.parametrize("dataset", files.MADE)
def test_every_stored_allele_is_the_made_files(shelf: Shelf, dataset: str) -> None:
    holds_what_the_file_holds(shelf[dataset])


@pytest.mark.shared
@pytest.mark.parametrize("dataset", NAMES)
def test_random_questions_about_real_files_are_answered_as_by_brute_force(shelf: Shelf, dataset: str) -> None:
    answers_as_brute_force(shelf[dataset], number=63, seed=1)


@pytest.mark.parametrize("dataset", files.MADE)
def test_random_questions_about_made_files_are_answered_as_by_brute_force(shelf: Shelf, dataset: str) -> None:
    answers_as_brute_force(shelf[dataset], number=200, seed=2)


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize("dataset", NAMES)
def test_many_random_questions_are_answered_as_by_brute_force(shelf: Shelf, dataset: str) -> None:
    answers_as_brute_force(shelf[dataset], number=600, seed=3)


def _accounted_for(loaded: Loaded) -> None:
    """Records and alleles of the report add up to what the file holds."""
    report = loaded.report
    assert report["records"] == loaded.oracle.records
    assert report["badCount"] == 0
    assert report["recordsKept"] + sum(report["recordsSkipped"].values()) == report["records"]
    assert report["kept"] + sum(report["skipped"].values()) == report["alleles"]
    assert loaded.release.alleles == len(loaded.oracle.alleles)
    names = [sample.name for sample in loaded.variants.samples(loaded.release, None, 0, 10_000)]
    assert names == loaded.oracle.samples


def holds_what_the_file_holds(loaded: Loaded) -> None:
    rows = loaded.variants.page(loaded.release, Question(), 0, 1_000_000)
    filed = {allele.key: allele for allele in loaded.oracle.alleles}
    assert Counter(map(row_key, rows)) == Counter(filed.keys())
    wrong = [(row_key(row), found) for row in rows if (found := differences(row, filed[row_key(row)]))]
    assert not wrong, f"{len(wrong)} rows, such as {wrong[:3]}"


def answers_as_brute_force(loaded: Loaded, number: int, seed: int) -> None:
    wrong = []
    asked_of: Counter[str] = Counter()
    for asked in Asker(loaded.oracle, "GRCh37", seed).ask(number):
        asked_of[asked.kind] += 1
        expected = loaded.oracle.answer(asked.question)
        try:
            problem = _problem(loaded, asked.question, expected)
        except Reason as refused:
            problem = f"refused: {refused.public}"
        if problem:
            wrong.append(f"{asked.kind}: {asked.question}: {problem}")
    assert not wrong, f"{len(wrong)} of {asked_of}\n" + "\n".join(wrong[:10])


def _problem(loaded: Loaded, question: Question, expected: list[Seen]) -> str | None:
    """What is wrong with the answers to one question, if anything."""
    variants, release = loaded.variants, loaded.release
    if (count := variants.count(release, question)) != len(expected):
        return f"count {count} instead of {len(expected)}"
    if variants.exists(release, question) != bool(expected):
        return "exists says otherwise than count"
    carriers = 0
    for allele in expected:
        carriers |= brute.witnesses(question, allele)
    carriers &= loaded.oracle.among(question)
    if set(variants.carriers(release, question)) != {n for n in range(release.samples) if carriers >> n & 1}:
        return "other carriers"
    return _problem_of_pages(loaded, question, expected)


def _problem_of_pages(loaded: Loaded, question: Question, expected: list[Seen]) -> str | None:
    """A first page and a later one: each allele with all that is known, found again by its identifier."""
    for offset in {0, max(0, len(expected) // 2 - 3)}:
        rows = loaded.variants.page(loaded.release, question, offset, PAGE)
        due = expected[offset : offset + PAGE]
        if [row_key(row) for row in rows] != [allele.key for allele in due]:
            return f"page at {offset}: {[row_key(row) for row in rows][:5]}, not {[a.key for a in due][:5]}"
        filed = {allele.key: allele for allele in due}
        for row in rows:
            if found := differences(row, filed[row_key(row)]):
                return f"{row_key(row)}: {found}"
        if rows and (problem := _problem_of_one(loaded, rows[0])):
            return problem
    return None


def _problem_of_one(loaded: Loaded, row: AlleleRow) -> str | None:
    """Its identifier finds it and nothing else; its cases are its carriers."""
    named = Question(variant_id=Variants.variant_id("GRCh37", row))
    found = loaded.variants.page(loaded.release, named, 0, 2)
    if [row_key(each) for each in found] != [row_key(row)]:
        return f"{named.variant_id} finds {[row_key(each) for each in found]}"
    cases = {case.sample.ordinal for case in loaded.variants.cases(loaded.release, row)}
    return (
        None
        if cases == {n for n in range(loaded.release.samples) if as_bits(row.carriers) >> n & 1}
        else "cases"
    )

"""What a Beacon client gets, by GET and by POST, equals brute force: counts, alleles and their carriers."""

from collections.abc import Iterator
from typing import Any

import pytest

from beacon.app import BASE_PATH
from governance.register import DatasetRegister
from serving.testing import Client, client
from tests.beacon.site import site_of
from variants.domain.question import Question

from . import brute, files, wire
from .datasets import Loaded, Shelf
from .questions import Asker
from .seen import Seen

Json = dict[str, Any]
Told = tuple[set[tuple[str, str]], list[tuple[int, int]]]
LIMIT = 5
TERMS = {"het": "GENO:0000135", "hom": "GENO:0000136", "hemi": "GENO:0000134", "half": "GENO:0000137"}
NAMES = [real.dataset for real in files.REAL]


@pytest.fixture(scope="module")
def http(shelf: Shelf) -> Iterator[Client]:
    with client(site_of(shelf.database, DatasetRegister(shelf.database)).app()) as asked:
        yield asked


@pytest.mark.parametrize("dataset", files.MADE)
def test_a_client_gets_what_brute_force_finds_in_made_files(http: Client, shelf: Shelf, dataset: str) -> None:
    _answers(http, shelf[dataset], dataset, number=60)


@pytest.mark.shared
@pytest.mark.parametrize("dataset", NAMES)
def test_a_client_gets_what_brute_force_finds_in_real_files(http: Client, shelf: Shelf, dataset: str) -> None:
    _answers(http, shelf[dataset], dataset, number=21)


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize("dataset", NAMES)
def test_many_answers_to_a_client_are_those_of_brute_force(http: Client, shelf: Shelf, dataset: str) -> None:
    _answers(http, shelf[dataset], dataset, number=200)


@pytest.mark.shared
def test_the_first_allele_of_chromosome_20_is_carried_by_exactly_its_carrier(
    http: Client, shelf: Shelf
) -> None:
    """Site A's first record, read by eye: 20:1000226 A>T, one heterozygous carrier of 300 people."""
    (one,) = [a for a in shelf["chr20"].oracle.alleles if a.start == 1_000_225]
    question = Question(reference="20", start=(1_000_225,), reference_bases="A", alternate_bases="T")
    told = http.get(f"{BASE_PATH}/g_variants", params=wire.query(question, "chr20", "record", LIMIT)).json()
    (found,) = told["response"]["resultSets"][0]["results"]
    assert {case["biosampleId"] for case in found["caseLevelData"]} == shelf["chr20"].oracle.people(one.het)
    (frequency,) = found["frequencyInPopulations"][0]["frequencies"]
    assert (frequency["alleleCount"], frequency["alleleNumber"]) == (1, 600)


def _answers(http: Client, loaded: Loaded, dataset: str, number: int) -> None:
    asker = Asker(loaded.oracle, "GRCh37", seed=6, people=False)
    sent = [asked for asked in asker.ask(number) if wire.can_be_sent(asked.question)]
    wrong = []
    for asked in sent:
        expected = loaded.oracle.answer(asked.question)
        due = [_due(allele, loaded.oracle) for allele in expected[:LIMIT]]
        for method in ("GET", "POST"):
            counted, recorded = (
                _ask(http, method, asked.question, dataset, each) for each in ("count", "record")
            )
            if problem := _problem(counted, recorded, len(expected), due):
                wrong.append(f"{method} {asked.kind}: {wire.parameters(asked.question)}: {problem}")
    assert not wrong, f"{len(wrong)} of {2 * len(sent)} wrong\n" + "\n".join(wrong[:10])


def _problem(counted: Json, recorded: Json, expected: int, due: list[Told]) -> str | None:
    """What is wrong with a count and a page of records of one dataset, if anything."""
    if "error" in counted or "error" in recorded:
        return f"{counted.get('error')} {recorded.get('error')}"
    summary = counted["responseSummary"]
    if (summary["exists"], summary["numTotalResults"]) != (bool(expected), expected):
        return f"{summary}, not {expected}"
    sets = recorded["response"]["resultSets"]
    if sum(each["resultsCount"] for each in sets) != expected:
        return f"{sets}, not {expected}"
    told = [_told(record) for each in sets for record in each["results"]]
    return None if told == due else f"{told} instead of {due}"


def _ask(http: Client, method: str, question: Question, dataset: str, granularity: str) -> Json:
    path = f"{BASE_PATH}/g_variants"
    if method == "GET":
        answer = http.get(path, params=wire.query(question, dataset, granularity, LIMIT))
    else:
        answer = http.post(path, json=wire.body(question, dataset, granularity, LIMIT))
    told: Json = answer.json()
    return told


def _told(record: Json) -> Told:
    """Who carries it and how, and the counts of the dataset itself."""
    cases = {(case["biosampleId"], case["zygosity"]["id"]) for case in record.get("caseLevelData", ())}
    own = [
        each
        for source in record.get("frequencyInPopulations", ())
        for each in source["frequencies"]
        if "alleleNumber" in each
    ]
    return cases, [(each["alleleCount"], each["alleleNumber"]) for each in own]


def _due(allele: Seen, oracle: brute.Oracle) -> Told:
    cases = {(name, term) for kind, term in TERMS.items() for name in oracle.people(getattr(allele, kind))}
    return cases, [(allele.ac, allele.an)] if allele.ac is not None and allele.an else []

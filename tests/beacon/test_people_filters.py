"""Filters on people and how they carry, over a site where people have several samples, beside brute force."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from governance.datasets import PROTECTIONS, Tier
from governance.register import DatasetRegister
from serving.testing import Client, client
from tests.beacon.conftest import BASE
from tests.beacon.files import RECORDS, vcf
from tests.beacon.official import Official, records_of
from tests.beacon.site import site_of
from variants.loading.loader import Loader
from variants.loading.people import load_people

Json = dict[str, Any]
# sample, biosample, person, sex
PEOPLE = (
    ("ONE", "b1", "ADA", "female"),
    ("TWO", "b2", "ADA", "female"),
    ("THREE", "b3", "BOB", "male"),
    ("FOUR", "b3", "BOB", "male"),
    ("FIVE", "FIVE", "FIVE", "unknown"),
)
SEXES = {"female": "NCIT:C16576", "male": "NCIT:C20197", "other": "NCIT:C17649", "unknown": "NCIT:C17998"}
ZYGOSITIES = {"het": "GENO:0000135", "hom": "GENO:0000136", "hemi": "GENO:0000134", "half": "GENO:0000137"}
PLACES: tuple[Json, ...] = (
    {},
    {"assemblyId": "GRCh37", "referenceName": "20", "start": 999_999, "end": 1_000_041},
    {"assemblyId": "GRCh37", "referenceName": "X"},
    {"filters": "SO:0001483"},
)


@pytest.fixture(scope="module")
def http(site_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder: Path = tmp_path_factory.mktemp("people")
    register = DatasetRegister(site_database)
    for name in ("people", "strangers"):
        register.add(name, "GRCh37", Tier.RECORD, protection=PROTECTIONS["none"])
        (folder / f"{name}.vcf").write_text(vcf(tuple(each[0] for each in PEOPLE)))
        with Loader(site_database) as loader:
            loader.run(loader.plan(register.get(name), [folder / f"{name}.vcf"]))
    table = folder / "people.tsv"
    table.write_text(
        "sample\tbiosample\tindividual\tsex\n" + "".join("\t".join(row) + "\n" for row in PEOPLE)
    )
    load_people(site_database, "people", table)
    site = site_of(site_database, register)
    with client(site.app(validate_responses=True)) as asking:
        yield asking


def ask(http: Client, path: str, **query: Any) -> Json:
    asked = {"datasetIds": "people", "requestedGranularity": "record", "limit": 0} | query
    answer = http.get(BASE + path, params={name: each for name, each in asked.items() if each is not None})
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


def calls() -> Iterator[tuple[Json, int, str]]:
    """Each carrier of each allele of the file: the record's place, the sample's number, and how."""
    for chromosome, position, _, reference, alternates, _, genotypes in RECORDS:
        for number, alternate in enumerate(alternates.split(","), 1):
            single = len(reference) == len(alternate) == 1
            allele = {"chromosome": chromosome, "place": (position, alternate), "single": single}
            for sample, genotype in enumerate(genotypes.split()):
                copies = genotype.split("|")
                if str(number) in copies:
                    half = "half" if "." in copies else "het"
                    whole = "hemi" if len(copies) == 1 else "hom"
                    yield allele, sample, whole if set(copies) == {str(number)} else half


def is_there(allele: Json, place: Json) -> bool:
    """Whether an allele is one of those that a question of `PLACES` is about."""
    if "start" in place:
        position, alternate = allele["place"]
        return allele["chromosome"] == "20" and position <= 1_000_041 and not alternate.startswith("<")
    if "referenceName" in place:
        return bool(allele["chromosome"] == place["referenceName"])
    return "filters" not in place or bool(allele["single"])


@pytest.mark.parametrize("place", PLACES, ids=("all", "range", "chromosome", "kind"))
def test_zygosity_and_sex_are_those_of_one_carrier_on_every_path(http: Client, place: Json) -> None:
    choices = [None, ("het",), ("hom",), ("hemi",), ("half",), ("hom", "half"), ("het", "hemi")]
    for how, sexes in product(choices, [None, ("female",), ("male", "unknown"), ("other",)]):
        if how is None and sexes is None:
            continue
        terms = [ZYGOSITIES[each] for each in how or ()] + [SEXES[each] for each in sexes or ()]
        query = place | {"filters": ",".join(filter(None, [place.get("filters"), *terms]))}
        matching = [
            (allele, sample)
            for allele, sample, way in calls()
            if is_there(allele, place)
            and (how is None or way in how)
            and (sexes is None or PEOPLE[sample][3] in sexes)
        ]
        alleles = {(allele["chromosome"], *allele["place"]) for allele, _ in matching}
        carriers = {sample for _, sample in matching}
        expected = {
            "/g_variants": len(alleles),
            "/runs": len(carriers),
            "/analyses": len(carriers),
            "/biosamples": len({PEOPLE[sample][1] for sample in carriers}),
            "/individuals": len({PEOPLE[sample][2] for sample in carriers}),
            "/individuals/BOB/g_variants": len(
                {(a["chromosome"], *a["place"]) for a, sample in matching if PEOPLE[sample][2] == "BOB"}
            ),
            "/biosamples/b2/runs": int(1 in carriers),
            "/datasets": int(bool(matching)),
            "/cohorts": int(bool(matching)),
        }
        for path, count in expected.items():
            if how is None and place == {} and sexes is not None and "g_variants" not in path:
                continue  # asked of people, a sex alone is about everybody; see below
            summary = ask(http, path, **query, requestedGranularity="count")["responseSummary"]
            assert summary["numTotalResults"] == count, (path, query)
            told = ask(http, path, **query)
            assert len(records_of(told)) == count, (path, query)
            boolean = ask(http, path, **query, requestedGranularity="boolean")["responseSummary"]
            assert boolean == {"exists": count > 0}, (path, query)


@pytest.mark.parametrize("sex", SEXES)
def test_a_sex_alone_is_about_everybody_whatever_they_carry(http: Client, sex: str) -> None:
    rows = [row for row in PEOPLE if row[3] == sex]
    told = {
        path: records_of(ask(http, path, filters=SEXES[sex]))
        for path in ("/individuals", "/biosamples", "/runs", "/analyses", "/datasets", "/cohorts")
    }
    assert [each["id"] for each in told["/individuals"]] == list(dict.fromkeys(row[2] for row in rows))
    assert all(each["sex"]["id"] == SEXES[sex] for each in told["/individuals"])
    assert [each["id"] for each in told["/biosamples"]] == list(dict.fromkeys(row[1] for row in rows))
    assert [each["id"] for each in told["/runs"]] == [f"run-{row[0]}" for row in rows]
    assert len(told["/analyses"]) == len(rows)
    assert len(told["/datasets"]) == len(told["/cohorts"]) == int(bool(rows))


def test_records_link_samples_to_their_biosamples_and_people(http: Client) -> None:
    rows = {row[0]: row for row in PEOPLE}
    (cohort,) = records_of(ask(http, "/cohorts"))
    assert cohort["cohortSize"] == 3
    for run in records_of(ask(http, "/runs")):
        _, biosample, person, _ = rows[run["info"]["sample"]]
        assert (run["biosampleId"], run["individualId"]) == (biosample, person)
        (found,) = records_of(ask(http, f"/biosamples/{biosample}"))
        assert found["individualId"] == person
    assert [each["id"] for each in records_of(ask(http, "/individuals/ADA/runs"))] == ["run-ONE", "run-TWO"]
    assert [each["id"] for each in records_of(ask(http, "/individuals/BOB/biosamples"))] == ["b3"]
    variant = records_of(ask(http, "/g_variants", **PLACES[1]))[0]
    assert [(each["individualId"], each["biosampleId"]) for each in variant["caseLevelData"]] == [
        ("ADA", "b1"),
        ("ADA", "b2"),
        ("BOB", "b3"),
    ]
    # The dataset of which nothing was said has the same samples, each its own person of unknown sex.
    strangers = records_of(ask(http, "/individuals", datasetIds="strangers"))
    assert [(each["id"], each["sex"]["id"]) for each in strangers] == [
        (row[0], SEXES["unknown"]) for row in PEOPLE
    ]


@pytest.mark.shared
def test_answers_to_filters_on_people_are_valid(http: Client, official: Official) -> None:
    for path, entry in (("/individuals", "individual"), ("/runs", "run"), ("/g_variants", "genomicVariant")):
        official.check_answer(ask(http, path, filters="NCIT:C16576,GENO:0000135"), entry)
    official.check(
        http.get(f"{BASE}/filtering_terms").json(),
        "framework/json/responses/beaconFilteringTermsResponse.json",
    )


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"id": "GENO:0000135", "includeDescendantTerms": False}, "always includes its narrower terms"),
        ({"id": "NCIT:C16576", "operator": "!", "value": "x"}, "takes no value"),
        ({"id": "NCIT:C16577"}, "filtering_terms"),
        ({"id": "GENO:0000136", "scope": "people"}, "no scope 'people'"),
    ],
)
def test_a_filter_that_does_not_work_as_asked_is_a_400(http: Client, asked: Json, words: str) -> None:
    answer = http.post(f"{BASE}/individuals", json={"query": {"filters": [asked]}})
    assert answer.status_code == 400
    assert words in answer.json()["error"]["errorMessage"]

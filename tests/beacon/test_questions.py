"""What questions find through the whole Beacon: variants, carriers, filters, nesting and pages."""

from typing import Any

import pytest

from beacon.domain.terms import ALL
from serving.testing import Client
from tests.beacon.conftest import BASE, Ask
from tests.beacon.official import records_of
from tests.beacon.site import PEOPLE

PLACE = {"assemblyId": "GRCh37", "referenceName": "20"}
CHR20 = {**PLACE, "start": 0, "end": 2_000_000}


def ids(body: dict[str, Any]) -> list[str]:
    return [each["id"] for each in records_of(body)]


def only(body: dict[str, Any]) -> dict[str, Any]:
    (record,) = records_of(body)
    return record


def test_a_variant_says_where_it_is_who_carries_it_and_how_often(ask: Ask) -> None:
    record = only(ask("/g_variants", **PLACE, start=999_999, referenceBases="A", alternateBases="T"))
    assert record["variation"]["location"]["sequence_id"] == "refseq:NC_000020.10"
    assert record["variation"]["location"]["interval"]["start"]["value"] == 999_999
    assert record["variation"]["state"]["sequence"] == "T"
    assert record["identifiers"]["genomicHGVSId"] == "NC_000020.10:g.1000000A>T"
    assert record["identifiers"]["transcriptHGVSIds"] == ["ENST3.1:c.35A>T"]
    assert record["identifiers"]["variantAlternativeIds"][0]["id"] == "dbSNP:rs12"
    assert record["molecularAttributes"]["aminoacidChanges"] == ["V12E"]
    assert record["molecularAttributes"]["molecularEffects"] == [
        {"id": "SO:0001583", "label": "missense_variant"}
    ]
    zygosities = {each["individualId"]: each["zygosity"]["label"] for each in record["caseLevelData"]}
    assert zygosities == {"ANNE": "heterozygous", "BEN": "heterozygous", "CARL": "homozygous"}
    own, stated = record["frequencyInPopulations"]
    assert own["frequencies"][0] | {"alleleCount": 4, "alleleNumber": 8} == own["frequencies"][0]
    assert stated["frequencies"] == [{"population": "EAS", "alleleFrequency": 0.25}]


def test_a_haploid_carrier_is_hemizygous_and_a_half_call_undetermined(ask: Ask) -> None:
    on_x = only(
        ask("/g_variants", assemblyId="GRCh37", referenceName="X", start=2_999_999, alternateBases="T")
    )
    assert {each["individualId"]: each["zygosity"]["id"] for each in on_x["caseLevelData"]} == {
        "ANNE": "GENO:0000135",
        "BEN": "GENO:0000134",
        "EVE": "GENO:0000136",
    }
    half = only(ask("/g_variants", **PLACE, start=1_000_049, alternateBases="C"))
    assert half["caseLevelData"][-1]["individualId"] == "EVE"
    assert half["caseLevelData"][-1]["zygosity"]["id"] == "GENO:0000137"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ({"variantType": "INV"}, ("INV", None)),
        ({"variantType": "BND", "mateName": "17"}, ("BND", None)),
        (
            {"variantType": "EFO:0030067", "variantMinLength": 49_000, "variantMaxLength": 50_000},
            (None, "efo:0030067"),
        ),
        ({"variantType": "EFO:0030070", "variantMaxLength": 60_000}, (None, "efo:0030070")),
    ],
)
def test_structural_variants_are_given_in_the_form_that_has_a_word_for_them(
    question: dict[str, Any], expected: tuple[str | None, str | None], ask: Ask
) -> None:
    variation = only(ask("/g_variants", **PLACE, **question))["variation"]
    assert (variation.get("variantType"), variation.get("copy_change")) == expected


@pytest.mark.parametrize(
    ("question", "people"),
    [
        ({**PLACE, "start": 999_999, "alternateBases": "T"}, ["ANNE", "BEN", "CARL"]),
        ({**PLACE, "start": 1_000_009, "referenceBases": "GAC", "alternateBases": "G"}, ["BEN"]),
        ({**PLACE, "start": 1_045_000, "end": 1_045_001, "variantType": "DEL"}, ["ANNE"]),
        ({"geneId": "THREE"}, ["ANNE", "BEN", "CARL"]),
        ({"aminoacidChange": "V12E"}, ["ANNE", "BEN", "CARL"]),
        ({"genomicAlleleShortForm": "NC_000020.10:g.1000000A>T"}, ["ANNE", "BEN", "CARL"]),
        ({"filters": "SO:0001587"}, ["ANNE"]),
        ({"filters": "stop_gained,missense_variant"}, ["ANNE", "BEN", "CARL"]),
        ({"filters": "SO:1000036"}, ["CARL"]),
        ({}, list(PEOPLE)),
    ],
)
def test_people_biosamples_runs_and_analyses_of_a_question_are_those_of_its_carriers(
    question: dict[str, Any], people: list[str], ask: Ask
) -> None:
    assert ids(ask("/individuals", **question)) == people
    assert ids(ask("/biosamples", **question)) == people
    assert ids(ask("/runs", **question)) == [f"run-{each}" for each in people]
    assert ids(ask("/analyses", **question)) == [f"analysis-{each}" for each in people]
    assert ask("/individuals", **question, requestedGranularity="count")["responseSummary"] == {
        "exists": True,
        "numTotalResults": len(people),
    }


def test_filters_on_one_property_are_alternatives_and_on_two_narrow_together(ask: Ask) -> None:
    def count(filters: str) -> int:
        body = ask("/g_variants", **CHR20, filters=filters, requestedGranularity="count")
        return int(body["responseSummary"]["numTotalResults"])

    assert count("SO:0001483") + count("SO:1000036") == count("SO:0001483,SO:1000036")
    assert count("SO:0001483,SO:0001583") == count("SO:0001583") == 1
    assert count("SO:1000036,SO:0001583") == 0
    assert count("protein_altering_variant") == 2  # its narrower terms: missense_variant and stop_gained


def test_a_filter_asked_without_its_narrower_terms_finds_itself_only(http: Client) -> None:
    term = {"id": "SO:0001818", "includeDescendantTerms": False}
    query = {"filters": [term], "datasetIds": ["open"], "requestedGranularity": "count"}
    body = http.post(f"{BASE}/g_variants", json={"query": query}).json()
    assert body["responseSummary"]["numTotalResults"] == 0


def test_every_filtering_term_on_offer_can_be_asked(http: Client) -> None:
    listed = http.get(f"{BASE}/filtering_terms").json()["response"]["filteringTerms"]
    assert len(listed) == len(ALL)
    for term in listed:
        answer = http.get(f"{BASE}/g_variants", params={"filters": term["id"]})
        assert answer.status_code == 200, (term, answer.text)
    pages = [http.get(f"{BASE}/filtering_terms?skip={skip}&limit=30").json() for skip in range(3)]
    assert [term for page in pages for term in page["response"]["filteringTerms"]] == listed


def test_nested_paths_stay_within_what_holds_them(ask: Ask) -> None:
    carried = ask("/individuals/CARL/g_variants", limit=0)
    assert len(records_of(carried)) == 4
    for variant in records_of(carried):
        assert "CARL" in [each["individualId"] for each in variant["caseLevelData"]]
        assert "CARL" in ids(ask(f"/g_variants/{variant['variantInternalId']}/individuals"))
    for path in ("/biosamples/CARL", "/runs/run-CARL", "/analyses/analysis-CARL"):
        assert records_of(ask(f"{path}/g_variants", limit=0)) == records_of(carried)
    assert ids(ask("/individuals/CARL/runs")) == ["run-CARL"]
    assert ids(ask("/individuals/CARL/runs", filters="SO:0001587")) == []
    assert ids(ask("/individuals/CARL/biosamples", filters="SO:1000036")) == ["CARL"]
    assert ids(ask("/datasets/open/individuals", datasetIds=None)) == list(PEOPLE)
    assert ids(ask("/cohorts/cohort-open/individuals", datasetIds=None)) == list(PEOPLE)


def test_a_record_is_found_again_by_its_identifier(ask: Ask) -> None:
    for path in ("/g_variants", "/individuals", "/biosamples", "/runs", "/analyses"):
        for record in records_of(ask(path, limit=0)):
            identifier = record.get("variantInternalId") or record["id"]
            assert only(ask(f"{path}/{identifier}")) == record


@pytest.mark.parametrize("path", ["/g_variants/x", "/individuals/NOBODY", "/biosamples/NOBODY", "/runs/ANNE"])
def test_an_identifier_nobody_has_does_not_exist(path: str, ask: Ask) -> None:
    assert ask(path)["responseSummary"] == {"exists": False, "numTotalResults": 0}


def test_a_dataset_without_genotypes_has_variants_with_frequencies_and_no_people(ask: Ask) -> None:
    record = records_of(ask("/g_variants", **CHR20, datasetIds="sites"))[0]
    assert "caseLevelData" not in record
    assert record["frequencyInPopulations"][0]["frequencies"][0]["alleleFrequency"] == 0.03
    assert ask("/individuals", **CHR20, datasetIds="sites")["responseSummary"]["exists"] is False
    assert "sites" not in [each["id"] for each in ask("/cohorts", datasetIds=None)["response"]["collections"]]


def test_collections_list_the_datasets_that_have_a_match(ask: Ask) -> None:
    stop = {"filters": "SO:0001587", "assemblyId": "GRCh37", "datasetIds": None}
    assert [each["id"] for each in ask("/datasets", **stop)["response"]["collections"]] == [
        "counted",
        "open",
        "shy",
        "sites",
    ]
    missed = ask("/datasets", **stop, includeResultsetResponses="MISS")
    assert [each["id"] for each in missed["response"]["collections"]] == ["empty", "other"]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_over_several_datasets_meet_each_record_once(size: int, ask: Ask) -> None:
    question = {**CHR20, "datasetIds": "open,sites"}
    whole = ask("/g_variants", **question, limit=0)
    total = whole["responseSummary"]["numTotalResults"]
    pages = [ask("/g_variants", **question, skip=skip, limit=size) for skip in range(-(-total // size) + 1)]
    assert all(len(records_of(page)) <= size for page in pages)
    assert records_of(pages[-1]) == []
    walked = [record for page in pages for record in records_of(page)]
    assert walked == records_of(whole)
    assert len(walked) == total


def test_a_chromosome_without_assembly_is_taken_for_granted_only_where_there_is_one(
    ask: Ask, http: Client
) -> None:
    place = {"referenceName": "20", "start": 0, "end": 2_000_000}
    assert "GRCh37" in ask("/g_variants", **place)["info"]["warnings"][0]
    ambiguous = http.get(f"{BASE}/g_variants", params=place)
    assert ambiguous.status_code == 400
    assert "GRCh37, GRCh38" in ambiguous.json()["error"]["errorMessage"]
    by_accession = {**place, "referenceName": "refseq:NC_000020.10", "requestedGranularity": "boolean"}
    answer = http.get(f"{BASE}/g_variants", params=by_accession).json()
    assert [each["id"] for each in answer["info"]["datasets"]] == ["counted", "open", "shy", "sites"]


def test_carriers_beyond_the_limit_are_counted_instead_of_listed(site: Any) -> None:
    from beacon.settings import BeaconSettings
    from serving.testing import client

    with client(site.app(BeaconSettings(case_level_limit=4))) as http:
        query = {**CHR20, "datasetIds": "open", "requestedGranularity": "record"}
        records = records_of(http.get(f"{BASE}/g_variants", params=query).json())
    assert sum(len(each.get("caseLevelData", [])) for each in records) == 4
    assert "info" not in records[1]
    assert records[2]["info"] == {"carriers": 1, "carriersListed": 0}

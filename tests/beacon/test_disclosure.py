"""A Beacon whose people are protected: what it tells, over HTTP, of a dataset made for it."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pyroaring import BitMap

from database.engine import Database
from governance.datasets import Dataset, Tier
from governance.disclosure import charges
from governance.disclosure.ledger import Ledger
from governance.register import DatasetRegister
from serving.testing import Client, client
from tests.beacon.conftest import BASE
from tests.beacon.site import SECRET, Site, site_of
from variants.domain.cases import Zygosity
from variants.domain.question import Question
from variants.loading.loader import Loader
from variants.store import answers

PEOPLE = [f"P{each:03}" for each in range(120)]
# How many people carry the allele at 1,000 bases times its place in this list (1-based).
CARRIED = (4, 5, 8, 8, 8, 12, 12, 12, 40, 60, 118, 6, 7)
LEAST = charges.least_tellable(len(PEOPLE), 5, 0.3)


def carriers(place: int) -> list[str]:
    """Those at places 3 to 5 share half of their carriers, so that they cannot all be told."""
    number = CARRIED[place - 1]
    if place in (3, 4, 5):
        return sorted({*PEOPLE[:5], *PEOPLE[10 * place : 10 * place + 3]})
    return sorted(Random(place).sample(PEOPLE[60:] if number < 40 else PEOPLE, number))


def vcf(people: list[str] = PEOPLE, more: dict[int, list[str]] | None = None) -> str:
    lines = [
        "##fileformat=VCFv4.3",
        "##contig=<ID=20,length=63025520,assembly=GRCh37>",
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
        "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *people]),
    ]
    for place in range(1, len(CARRIED) + 1):
        who = {*carriers(place), *(more or {}).get(place, [])}
        calls = ["0|1" if each in who else "0|0" for each in people]
        lines.append("\t".join(["20", str(1000 * place), ".", "A", "T", ".", ".", ".", "GT", *calls]))
    return "\n".join(lines) + "\n"


def load(database: Database, dataset: Dataset, path: Path, text: str) -> None:
    path.write_text(text)
    with Loader(database) as loader:
        loader.run(loader.plan(dataset, [path], replace=True))


@pytest.fixture(scope="module")
def site(site_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Site:
    register = DatasetRegister(site_database)
    folder = tmp_path_factory.mktemp("protected")
    for identifier, tier in (("bool", Tier.BOOLEAN), ("count", Tier.COUNT), ("record", Tier.RECORD)):
        dataset = register.add(identifier, "GRCh37", min(tier, Tier.COUNT), registered=tier)
        load(site_database, dataset, folder / f"{identifier}.vcf", vcf())
    return site_of(site_database, register)


@pytest.fixture(scope="module")
def http(site: Site) -> Iterator[Client]:
    with client(site.app(validate_responses=True)) as asking:
        yield asking


def ask(http: Client, who: str | None, path: str = "/g_variants", **parameters: Any) -> Any:
    headers = {} if who is None else {"Authorization": f"Bearer somebody:{who}"}
    defaults = {"requestedGranularity": "boolean", "includeResultsetResponses": "ALL", "datasetIds": "bool"}
    answer = http.get(BASE + path, params={**defaults, **parameters}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def at(place: int) -> dict[str, Any]:
    return {
        "assemblyId": "GRCh37",
        "referenceName": "20",
        "start": 1000 * place - 1,
        "referenceBases": "A",
        "alternateBases": "T",
    }


def around(first: int, last: int) -> dict[str, Any]:
    return {
        "assemblyId": "GRCh37",
        "referenceName": "20",
        "start": 1000 * first - 500,
        "end": 1000 * last + 500,
    }


def told(http: Client, who: str | None, place: int, **parameters: Any) -> bool:
    return bool(ask(http, who, **at(place), **parameters)["responseSummary"]["exists"])


def test_an_allele_of_too_few_is_not_told_of_and_its_no_is_like_any_other(http: Client) -> None:
    refused = ask(http, "a", **at(1))
    absent = ask(http, "a", **(at(1) | {"alternateBases": "G"}))
    for each in (refused, absent):
        each["meta"].pop("receivedRequestSummary")
    assert refused == absent
    assert not told(http, "a", 2)
    assert told(http, "a", 9)


def test_budgets_run_out_and_answers_repeat(http: Client) -> None:
    first = [told(http, "b", place) for place in (3, 4, 5, 6, 7, 9, 11)]
    again = [told(http, "b", place) for place in (3, 4, 5, 6, 7, 9, 11)]
    assert first == again
    assert first[0]
    assert first[-2:] == [True, True]  # what everybody carries costs nothing
    assert not all(first[:3])  # five people carry the first three
    assert told(http, "c", 5) != first[2] or told(http, "c", 4)  # somebody else has budgets of their own


def test_anonymous_callers_share_and_every_route_charges_the_same_books(http: Client, site: Site) -> None:
    """Individuals, filters of a POST, ranges, brackets and single variants are one budget with g_variants."""
    identifier = f"GRCh37-20-{3000}-A-T"
    routes: list[tuple[str, dict[str, Any]]] = [
        ("/g_variants", at(3)),
        ("/individuals", at(3)),
        ("/biosamples", at(3)),
        ("/runs", at(3)),
        ("/analyses", at(3)),
        (f"/g_variants/{identifier}", {}),
        (f"/g_variants/{identifier}/individuals", {}),
        ("/g_variants", around(3, 3)),
        ("/individuals", around(3, 3)),
        ("/datasets", at(3)),
        ("/datasets/bool/g_variants", at(3)),
        ("/cohorts/cohort-bool/individuals", at(3)),
    ]
    spent = {}
    for number, (path, parameters) in enumerate(routes):
        body = ask(http, f"route{number}", path, **parameters)
        assert body["responseSummary"]["exists"], path
        with site.disclosure._ledger._database.reading() as connection, connection.cursor() as cursor:
            who = SECRET.key("identity", "https://issuer.example", f"route{number}")
            cursor.execute(
                "SELECT count(*), min(nats), max(nats) FROM governance.disclosure_spent WHERE identity = %s",
                (who,),
            )
            spent[path, str(parameters)] = cursor.fetchone()
    charge = charges.of_telling(8, len(PEOPLE), LEAST)
    for route, (rows, least, most) in spent.items():
        assert rows == 8 + 1, route  # and somebody who is nobody
        assert least == most == pytest.approx(charge), route
    before = told(http, None, 3)
    assert before
    assert told(http, None, 3)


def test_a_range_answers_as_its_alleles_would(http: Client) -> None:
    assert ask(http, "d", **around(8, 9))["responseSummary"]["exists"]  # the one with 40 carriers
    assert not ask(http, "d", **around(1, 2))["responseSummary"]["exists"]
    assert ask(http, "d", **around(1, 3))["responseSummary"]["exists"]
    assert told(http, "d", 3)
    # Moving the borders of ranges learns no more of the five who carry all three than asking one by one.
    moving = [ask(http, "e", **around(place, place))["responseSummary"]["exists"] for place in (3, 4, 5)]
    single = [told(http, "f", place) for place in (3, 4, 5)]
    assert moving == single


def test_counts_are_labelled_and_agree_with_whether_there_is_any(http: Client) -> None:
    for place in range(1, len(CARRIED) + 1):
        for path in ("/individuals", "/g_variants"):
            body = ask(http, f"g{place}", path, **at(place), requestedGranularity="count", datasetIds="count")
            summary = body["responseSummary"]
            assert summary["exists"] == (summary["numTotalResults"] > 0)
            assert summary["countPrecision"] in ("rounded", "imprecise")
            if path == "/individuals" and summary["exists"] and CARRIED[place - 1] >= 40:
                assert summary["numTotalResults"] % 5 == 0
                assert summary["countAdjustedTo"] == [5, "people whose budget is spent are left out"]
                assert abs(summary["numTotalResults"] - CARRIED[place - 1]) < 5
            [said] = body["info"]["datasets"]
            if "resultsCount" in said:
                assert said["resultsCount"] == summary["numTotalResults"]
                assert said["countAdjustedTo"] == summary["countAdjustedTo"]
            else:  # there are some, and nobody's budget is left for how many
                assert (summary["numTotalResults"], summary["countPrecision"]) == (1, "imprecise")
                assert CARRIED[place - 1] < 8


def test_a_number_of_alleles_says_no_more_than_that_there_is_one(http: Client) -> None:
    """A number of alleles that many people carry would tell of each whether it is one of them."""
    for first, last in ((9, 9), (9, 10), (1, 13)):
        asked = around(first, last) | {"requestedGranularity": "count", "datasetIds": "count"}
        summary = ask(http, "n", **asked)["responseSummary"]
        assert summary["numTotalResults"] == 1
        assert summary["countPrecision"] == "imprecise"
        assert summary["countAdjustedTo"] == ["at least"]


def test_people_of_several_alleles_are_those_of_the_one_that_is_told_of(http: Client) -> None:
    asked = {"requestedGranularity": "count", "datasetIds": "count"}
    alone = ask(http, "p", "/individuals", **at(9), **asked)["responseSummary"]
    whole = ask(http, "p", "/individuals", **around(9, 11), **asked)["responseSummary"]
    assert whole["numTotalResults"] == alone["numTotalResults"]
    assert whole["countAdjustedTo"][-1] == "at least"


def test_records_are_the_first_allele_by_place_that_asking_by_name_tells_of(http: Client) -> None:
    everything = {"requestedGranularity": "record", "datasetIds": "record", "limit": 0}
    for first in range(1, len(CARRIED) + 1):
        body = ask(http, f"h{first}", **around(first, 13), **everything)
        found = [each for one in body["response"]["resultSets"] for each in one["results"]]
        places = [each["variation"]["location"]["interval"]["start"]["value"] // 1000 + 1 for each in found]
        by_name = [
            place
            for place in range(first, len(CARRIED) + 1)
            if told(http, f"by name {first} {place}", place, datasetIds="record")
        ]
        assert places == by_name[:1]
        assert not any("caseLevelData" in each or "frequencyInPopulations" in each for each in found)
        body = ask(http, f"h{first}", **around(first, 13), **(everything | {"limit": 1, "skip": 1}))
        assert not any(one["results"] for one in body["response"]["resultSets"])
    people = ask(http, "h", "/individuals", **everything)
    assert people["meta"]["returnedGranularity"] == "count"
    assert "response" not in people


def test_a_range_costs_what_its_witness_costs(http: Client, site: Site) -> None:
    """The eight who carry the told one pay; those of the next allele in the range do not."""
    assert ask(http, "w", **around(3, 4))["responseSummary"]["exists"]
    ledger = site.disclosure._ledger
    who = [SECRET.key("identity", "https://issuer.example", "w")]
    assert ledger.most_spent(who, [SECRET.person(each) for each in carriers(3)]) == pytest.approx(
        charges.of_telling(8, len(PEOPLE), LEAST)
    )
    only_next = set(carriers(4)) - set(carriers(3))
    assert ledger.most_spent(who, [SECRET.person(each) for each in only_next]) == 0


@pytest.mark.parametrize("path", ["/g_variants", "/individuals"])
def test_absent_and_refused_are_written_alike(http: Client, site: Site, path: str) -> None:
    """Not every table of the books grows alike, but every no is written, so none is told by its time."""

    def rows(name: str) -> int:
        with site.disclosure._ledger._database.reading() as connection, connection.cursor() as cursor:
            who = SECRET.key("identity", "https://issuer.example", name)
            cursor.execute("SELECT count(*) FROM governance.disclosed WHERE identity = %s", (who,))
            return int(cursor.fetchone()[0])

    absent = at(1) | {"alternateBases": "G"}
    for number, asked in enumerate((at(1), at(2), absent, around(14, 15), around(1, 1), around(2, 2))):
        name = f"{path} {number}"
        for _ in range(2):
            assert not ask(http, name, path, **asked)["responseSummary"]["exists"]
            assert rows(name) == (1 if number < 3 else 4)


def test_nobody_is_asked_about_by_name(http: Client) -> None:
    for path in (f"/individuals/{PEOPLE[0]}", "/individuals/NOBODY", f"/biosamples/{PEOPLE[0]}/g_variants"):
        body = ask(http, "i", path, requestedGranularity="boolean", datasetIds="record")
        assert not body["responseSummary"]["exists"], path


def test_collections_tell_no_exact_size(http: Client) -> None:
    body = ask(http, "j", "/cohorts", datasetIds="count", requestedGranularity="record")
    [cohort] = body["response"]["collections"]
    assert cohort["cohortSize"] % 5 == 0
    body = ask(http, "j", "/datasets", datasetIds="count", requestedGranularity="record")
    [dataset] = body["response"]["collections"]
    assert "variants" not in dataset["info"]


def test_charges_outlive_a_reload_and_the_same_people_are_not_charged_again(
    http: Client, site: Site, site_database: Database, tmp_path: Path
) -> None:
    def spent() -> float:
        who = SECRET.key("identity", "https://issuer.example", "k")
        return Ledger(site_database).most_spent([who], [SECRET.person(each) for each in PEOPLE])

    assert told(http, "k", 3)
    before = spent()
    dataset = site.register.get("bool")
    load(site_database, dataset, tmp_path / "again.vcf", vcf(PEOPLE[::-1]))  # other ordinals
    assert told(http, "k", 3)
    assert spent() == before > 0
    load(site_database, dataset, tmp_path / "more.vcf", vcf(more={3: [PEOPLE[119]]}))
    assert told(http, "k", 3)  # somebody joined: that is new, and charged
    assert spent() > before
    load(site_database, dataset, tmp_path / "before.vcf", vcf())


def test_asking_at_once_overspends_nothing(http: Client, site_database: Database) -> None:
    questions = [place for place in (3, 4, 5, 6, 7, 8) for _ in range(8)]
    Random(5).shuffle(questions)
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda place: (place, told(http, "l", place)), questions))
    said = Counter(answers)
    for place in (3, 4, 5, 6, 7, 8):
        assert {said[place, True], said[place, False]} == {0, 8}  # the same answer to everybody who asks
    who = SECRET.key("identity", "https://issuer.example", "l")
    most = Ledger(site_database).most_spent([who], [SECRET.person(each) for each in PEOPLE])
    assert 0 < most <= charges.written_budget(0.3) + 1e-12


@pytest.mark.parametrize("ways", [(), (Zygosity.HETEROZYGOUS,), (Zygosity.HOMOZYGOUS,)])
def test_alleles_are_found_by_how_many_carry_them(site: Site, ways: tuple[Zygosity, ...]) -> None:
    release = site.variants.releases()["count"]
    carried = {} if ways == (Zygosity.HOMOZYGOUS,) else dict(enumerate(CARRIED, 1))
    for least in (1, 5, 6, 8, 12, 13, 60, 118, 119):
        question = Question(zygosities=ways, least_carriers=least)
        expected = [place for place, number in carried.items() if number >= least]
        assert site.variants.count(release, question) == len(expected)
        assert site.variants.exists(release, question) == bool(expected)
        page = site.variants.page(release, question, 0, 100)
        assert [row.allele.start // 1000 + 1 for row in page] == expected
        whole = replace(question, assembly="GRCh37", reference="20", start=(0,), end=(20_000,))
        for asked, near in ((question, 0), (whole, 99)):
            found = site.variants.in_place(release, asked, 60)
            first = next((place for place in expected if carried[place] >= 60), 99)
            wanted = [place for place in expected if (place < first and near) or place == first]
            assert [each.row.allele.start // 1000 + 1 for each in found] == wanted
        for each in found:
            names = {one.person for one in site.variants.samples(release, each.ordinals, 0, 200)}
            assert sorted(names) == carriers(each.row.allele.start // 1000 + 1)
            assert each.number == len(names)


@pytest.mark.parametrize("apart", [500, 1500])
def test_an_allele_that_is_refused_takes_nobodys_turn(
    http: Client, site: Site, site_database: Database, tmp_path: Path, apart: int
) -> None:
    """Whether four or five carry the first of 16 that are refused, the one behind them is as near or far."""
    dataset = site.register.add(f"turns{apart}", "GRCh37", Tier.BOOLEAN, registered=Tier.RECORD)
    said = 16 * apart < 1 << 14
    asked = around(1, 1) | {"end": 20 * apart + 1000, "datasetIds": dataset.id}
    bodies = []
    for first in (4, 5):
        refused = [PEOPLE[5 * each : 5 * each + (5 if each else first)] for each in range(16)]
        load(site_database, dataset, tmp_path / f"{first}.vcf", in_turn([*refused, PEOPLE[90:100]], apart))
        who = f"turns {apart} {first}"
        body = ask(http, who, **asked, requestedGranularity="record")
        bodies.append((body["responseSummary"], body["response"]))
        assert ask(http, who, "/datasets", **asked)["responseSummary"]["exists"] is said
    assert bodies[0] == bodies[1]
    assert bodies[0][0]["exists"] is said


def in_turn(carried: list[list[str]], apart: int) -> str:
    """A file of alleles at equal distances, each carried by such people."""
    lines = vcf().splitlines()[:4]
    for place, who in enumerate(carried):
        calls = ["0|1" if each in who else "0|0" for each in PEOPLE]
        lines.append("\t".join(["20", str(1000 + apart * place), ".", "A", "T", *"...", "GT", *calls]))
    return "\n".join(lines) + "\n"


def test_whom_a_question_is_about_is_worked_out_once_not_for_each_allele(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[frozenset[int]] = []

    class Counted(BitMap):
        def __init__(self, *values: Any) -> None:
            if values and isinstance(values[0], frozenset):
                made.append(values[0])

    monkeypatch.setattr(answers, "BitMap", Counted)
    release = site.variants.releases()["count"]
    inside = frozenset(range(100))
    for ways in ((), (Zygosity.HETEROZYGOUS,)):
        made.clear()
        question = Question(zygosities=ways, carried_by=inside, least_carriers=90)
        assert site.variants.count(release, question) == 1  # that which 118 of 120 carry
        assert len(made) == 1


@pytest.mark.parametrize("bases", ["AT", "AG"])
def test_refused_and_absent_are_booked_once_however_they_are_spelled(
    http: Client, site: Site, bases: str
) -> None:
    ref, alt = bases
    who = SECRET.key("identity", "https://issuer.example", f"spelled {bases}")
    padded = at(2) | {"referenceBases": ref + "C", "alternateBases": alt + "C"}
    for path, asked in (
        ("/g_variants", at(2) | {"alternateBases": alt}),
        ("/g_variants", padded),
        (f"/g_variants/GRCh37-20-2000-{ref}-{alt}", {}),
        ("/g_variants", {"genomicAlleleShortForm": f"NC_000020.10:g.2000{ref}>{alt}"}),
    ):
        assert not ask(http, f"spelled {bases}", path, **asked)["responseSummary"]["exists"]
        with site.disclosure._ledger._database.reading() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM governance.disclosed WHERE identity = %s", (who,))
            assert cursor.fetchone() == (1,)

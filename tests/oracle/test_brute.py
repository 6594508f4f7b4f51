"""The oracle itself: against bcftools where bcftools knows, against a reader's own eyes where it does not."""

import random
from pathlib import Path

import pysam.bcftools
import pytest

from variants.domain.allele import Kind
from variants.domain.question import Question

from . import brute, files
from .questions import Asker
from .seen import Gene, trimmed


@pytest.fixture
def awkward(tmp_path: Path) -> brute.Oracle:
    return brute.read(files.awkward(tmp_path))


def _names(oracle: brute.Oracle, start: int, ref: str, alt: str) -> dict[str, set[str]]:
    (one,) = [a for a in oracle.alleles if (a.start, a.ref, a.alt) == (start, ref, alt)]
    return {name: oracle.people(getattr(one, name)) for name in ("het", "hom", "hemi", "half", "missing")}


def test_each_sample_has_the_zygosity_a_reader_sees(awkward: brute.Oracle) -> None:
    people = _names(awkward, 999, "A", "C")
    assert people == {"het": {"P1", "P5"}, "hom": {"P2"}, "hemi": {"P6"}, "half": set(), "missing": {"P4"}}
    people = _names(awkward, 1000, "", "C")
    assert people == {"het": {"P1", "P2"}, "hom": set(), "hemi": set(), "half": {"P4"}, "missing": set()}
    people = _names(awkward, 1069, "G", "A")
    assert people == {
        "het": {"P1", "P2", "P4"},
        "hom": {"P3"},
        "hemi": set(),
        "half": set(),
        "missing": set(),
    }


def test_what_is_no_allele_is_not_there(awkward: brute.Oracle) -> None:
    assert not [a for a in awkward.alleles if a.alt in brute.NOT_ALLELES]
    assert not [a for a in awkward.alleles if a.start in {1039, 1089}]
    assert all(a.carriers for a in awkward.alleles)


def test_a_deletion_is_found_from_its_middle_and_an_insertion_from_both_sides(awkward: brute.Oracle) -> None:
    def found(low: int, high: int) -> set[str]:
        return {a.alt for a in awkward.answer(Question(reference="20", start=(low,), end=(high,)))}

    assert found(30_000, 30_001) == {"<DEL>", "<CN0>", "<CN3>"}
    assert {"C", "CC"} <= found(999, 1000)
    assert found(1000, 1001) == {"C", "CC"}
    assert found(1001, 1002) == set()


def test_structural_alleles_lie_where_the_standard_puts_them(awkward: brute.Oracle) -> None:
    places = {a.alt: (a.start, a.end, a.kind, a.length) for a in awkward.alleles if "<" in a.alt or a.mate}
    assert places == {
        "<DEL>": (2000, 52_000, Kind.DEL, 50_000),
        "<DUP:TANDEM>": (2500, 8500, Kind.DUP, 6000),
        "<INV>": (2600, 3600, Kind.INV, 1000),
        "<INS>": (2700, 2700, Kind.INS, 300),
        "<CN0>": (2800, 42_800, Kind.CNV, 40_000),
        "<CN3>": (2800, 42_800, Kind.CNV, 40_000),
        "<CNV>": (2900, 4900, Kind.CNV, 2000),
        "G]chrX:60000]": (2999, 3000, Kind.BND, None),
        "T]chr20:3000]": (59_999, 60_000, Kind.BND, None),
    }


def test_every_kind_of_question_is_asked_and_most_kinds_hit(awkward: brute.Oracle) -> None:
    awkward.genes = (Gene("HERE", "20", 1000, 1050),)
    awkward.sexes = ("female", "male", "other", "unknown", "male", "female")
    hits: dict[str, int] = {}
    filters: dict[str, int] = {}
    for asked in Asker(awkward, "GRCh37", seed=1).ask(2000):
        hit = bool(awkward.answer(asked.question))
        hits[asked.kind] = hits.get(asked.kind, 0) + hit
        ways, sexes = asked.question.zygosities, asked.question.sexes
        for name in (*ways, *sexes) if len(ways) == len(sexes) == 1 else ():
            filters[name] = filters.get(name, 0) + hit
    assert len(hits) == 22
    assert all(hits.values()), hits
    assert len(filters) == 8
    assert all(filters.values()), filters


@pytest.mark.parametrize("seed", [1, 2])
def test_counts_agree_with_bcftools_on_a_made_crowd(tmp_path: Path, seed: int) -> None:
    path = files.crowd(tmp_path, random.Random(seed), "crowd", people=40, records=60)
    _agree_with_bcftools(path)


@pytest.mark.shared
@pytest.mark.parametrize("place", ["sv/test_trio.SV.vcf.gz", "1000genomes/chrX_missing.vcf.gz"])
def test_counts_agree_with_bcftools_on_real_files(place: str) -> None:
    _agree_with_bcftools(files.DATA / place)


def _agree_with_bcftools(path: Path) -> None:
    """bcftools splits the sites; the copies each sample then has of the one allele left are added up here."""
    split = pysam.bcftools.norm("-m-", str(path))
    counts: dict[tuple[int, str, str], int] = {}
    for line in split.splitlines():
        if line.startswith("#"):
            continue
        columns = line.split("\t")
        calls = [column.split(":")[0].replace("|", "/").split("/") for column in columns[9:]]
        copies = sum(call.count("1") for call in calls)
        if "<" in columns[4]:
            continue
        key = trimmed(int(columns[1]) - 1, columns[3], columns[4])
        counts[key] = max(counts.get(key, 0), copies)
    ours = brute.read(path)
    once = {(a.start, a.ref, a.alt): a.ac for a in ours.alleles if "<" not in a.alt and len(a.calls) == 1}
    assert once
    assert {key: counts[key] for key in once} == once

"""Wildcards: the spots of a sequence question are what its fillings trim to, and nothing else."""

import itertools
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from variants.domain.normal import trim
from variants.domain.spelling import Spot, matcher, read_bases, spots
from variants.errors import BadBases

CODES = {"A": "A", "C": "C", "G": "G", "T": "T", "N": "ACGT", "R": "AG"}
ASKED = st.text(alphabet="ACNR", max_size=4)
START = 100


def _reads(pattern: str | None, bases: str) -> bool:
    if pattern is None:
        return True
    wild = matcher(pattern)
    return bases == pattern if wild is None else bool(re.search(wild, bases))


def _matches(spot: Spot, start: int, ref: str, alt: str, before: str | None) -> bool:
    if spot.start != start or not _reads(spot.reference, ref) or not _reads(spot.alternate, alt):
        return False
    if spot.before is not None and (spot.certain if before is None else not _reads(spot.before, before)):
        return False
    return spot.unlike is None or (ref + alt)[-1] != spot.unlike


def _fillings(text: str) -> list[str]:
    return ["".join(each) for each in itertools.product(*(CODES[code] for code in text))]


@given(reference=ASKED, alternate=ASKED)
def test_spots_are_what_the_fillings_trim_to(reference: str, alternate: str) -> None:
    assume(reference != alternate or set(reference) & set("NR"))
    filled = {
        trim(START, ref, alt) for ref in _fillings(reference) for alt in _fillings(alternate) if ref != alt
    }
    asked = spots(START, reference, alternate)
    for start in range(START, START + 5):
        for ref, alt in itertools.product(_texts(2), repeat=2):
            if ref == alt or trim(start, ref, alt) != (start, ref, alt):
                continue
            found = [spot for spot in asked if _matches(spot, start, ref, alt, None)]
            assert len(found) <= 1, "an allele is found once"
            assert bool(found) == ((start, ref, alt) in filled), (start, ref, alt)


def _texts(longest: int) -> list[str]:
    return ["".join(each) for size in range(longest + 1) for each in itertools.product("ACG", repeat=size)]


def test_both_spellings_of_an_indel_mean_one_allele() -> None:
    assert spots(9, "TA", "T")[0].start == spots(10, "A", "")[0].start == 10
    assert spots(9, "TA", "T")[0].before == "T", "the base before is compared where it is known"


def test_without_reference_bases_the_anchored_spelling_is_found_too() -> None:
    direct, anchored = spots(9, None, "TA")
    assert _matches(direct, 9, "C", "TA", None)
    assert _matches(anchored, 10, "", "A", "T")
    assert not _matches(anchored, 10, "", "A", None), "no spelling with a base that nobody knows"
    assert len(spots(9, None, "")) == 1


def test_no_change_is_no_question() -> None:
    with pytest.raises(BadBases):
        spots(9, "A", "A")


def test_as_many_wildcards_as_make_a_region_are_refused() -> None:
    with pytest.raises(BadBases):
        spots(9, "N" * 100, "N" * 100)


def test_only_bases_are_bases() -> None:
    assert read_bases("alternateBases", "acgun") == "ACGTN"
    assert read_bases("alternateBases", "-") == ""
    for text in ("<DEL>", "A]2:3]", ".", "A C", "Z"):
        with pytest.raises(BadBases):
            read_bases("alternateBases", text)

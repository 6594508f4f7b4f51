"""Identifiers are readable, safe in a path, and found again."""

import re
from datetime import UTC, datetime

import pytest

from variants.domain.allele import Allele, AlleleRow, Kind
from variants.domain.dataset import Place, Release
from variants.domain.identifier import Identified, digest, identified, identifier

RELEASE = Release(
    "d", 1, 1, "T2T-CHM13v2.0", 0, 0, datetime.now(UTC),
    {name: Place(name, number, None, None) for number, name in enumerate(("20", "HLA-A*01:01", "X"), 1)},
)  # fmt: skip


def _row(
    start: int, ref: str, alt: str, kind: Kind, *, anchor: str | None = None, contig: str = "20"
) -> AlleleRow:
    return AlleleRow(Allele(contig, start, start + len(ref), ref, alt, kind, 1), anchor=anchor)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (_row(1000225, "A", "T", Kind.SNV), "T2T-CHM13v2.0-20-1000226-A-T"),
        (_row(10, "A", "", Kind.DEL, anchor="T"), "T2T-CHM13v2.0-20-10-TA-T"),
        (_row(10, "", "CG", Kind.INS, anchor="T"), "T2T-CHM13v2.0-20-10-T-TCG"),
        (_row(10, "A", "", Kind.DEL), "T2T-CHM13v2.0-20-11-A-."),
        (_row(10, "ACG", "TT", Kind.INDEL), "T2T-CHM13v2.0-20-11-ACG-TT"),
        (_row(5, "A", "T", Kind.SNV, contig="HLA-A*01:01"), "T2T-CHM13v2.0-HLA_A_01_01-6-A-T"),
    ],
)
def test_an_identifier_is_the_shortest_vcf_spelling_and_means_the_allele(
    row: AlleleRow, expected: str
) -> None:
    assert identifier(RELEASE.assembly, row) == expected
    ordinal = RELEASE.places[row.allele.contig].ordinal
    meant = identified(expected, RELEASE)
    assert meant == Identified(((ordinal << 32) + row.allele.start,), (row.allele.ref, row.allele.alt))


@pytest.mark.parametrize(
    "row",
    [
        _row(10, "A" * 100, "", Kind.DEL, anchor="T"),
        _row(10, "", "<DEL>", Kind.DEL),
        _row(10, "", "G]17:198982]", Kind.BND),
        _row(10, "M", "A", Kind.SNV),
    ],
)
def test_long_symbolic_and_odd_alleles_end_in_a_digest_that_is_theirs(row: AlleleRow) -> None:
    text = identifier(RELEASE.assembly, row)
    assert re.fullmatch(r"[\w.-]+-[0-9a-f]{20}", text)
    meant = identified(text, RELEASE)
    assert meant.digest == digest(row.allele)
    assert (1 << 32) + row.allele.start in meant.starts


@pytest.mark.parametrize(
    "text", ["", "rs123", "GRCh37-20-5-A-T", "T2T-CHM13v2.0-21-5-A-T", "T2T-CHM13v2.0-20-x-A-T",
             "T2T-CHM13v2.0-20-5-A", "T2T-CHM13v2.0-20-5-<DEL>-A", "T2T-CHM13v2.0-20-99999999999-A-T"]
)  # fmt: skip
def test_what_is_no_identifier_of_the_assembly_means_nothing(text: str) -> None:
    assert not identified(text, RELEASE).starts

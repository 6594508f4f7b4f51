"""What a record says of its alleles beyond place and carriers: counts in INFO, structural detail, mates."""

from collections.abc import Callable, Mapping
from typing import Any

from variants.domain import kinds, symbolic
from variants.domain.allele import AlleleRow, Kind
from variants.reading.info import integer, number, value_of

_ABOUT_COPIES = frozenset({Kind.CNV, Kind.DEL, Kind.DUP})


def is_described(row: AlleleRow) -> bool:
    """True for alleles whose bases are not spelled out: symbolic ones and breakends."""
    alt = row.allele.alt
    return bool(alt) and not alt.isalpha()


def count_from_info(row: AlleleRow, told: Mapping[str, str], at: int, alleles: int) -> None:
    """Takes AC and AN from INFO, in a file without samples; a frequency without counts goes to the detail."""
    row.ac = integer(value_of(told.get("AC"), at, alleles))
    row.an = integer(told.get("AN"))
    frequency = number(value_of(told.get("AF"), at, alleles))
    if frequency is not None and (row.ac is None or not row.an):
        row.detail = {**row.detail, "af": frequency}


def describe(row: AlleleRow, told: Mapping[str, str], at: int, alleles: int, *, per_allele: bool) -> None:
    """Adds what INFO tells of a structural allele to the row's detail, and its change in copy number.

    `per_allele`: CN counts copies of the allele (VCF 4.4 on), not of the sample.
    """
    detail: dict[str, Any] = dict(row.detail)
    copies = number(value_of(told.get("CN"), at, alleles) or told.get("CN"))
    said = {
        "svtype": told.get("SVTYPE"),
        "svlen": integer(value_of(told.get("SVLEN"), at, alleles)),
        "cipos": _interval(told.get("CIPOS")),
        "ciend": _interval(told.get("CIEND")),
        "mateid": value_of(told.get("MATEID"), at, alleles) or told.get("MATEID"),
        "cn": copies,
    }
    detail.update((key, value) for key, value in said.items() if value is not None)
    row.detail = detail
    if is_described(row) and row.allele.kind in _ABOUT_COPIES:
        claim = value_of(told.get("SVCLAIM"), at, alleles) or ""
        total, haplotype = (None, copies) if per_allele else (copies, None)
        row.copy_change = kinds.copy_change(
            row.allele.alt, row.allele.kind, total=total, per_allele=haplotype, claim=claim
        )


def _interval(text: str | None) -> list[int] | None:
    """`-5,10` as two whole numbers; None where it is anything else."""
    values = [integer(part) for part in (text or "").split(",")]
    return (
        [value for value in values if value is not None] if len(values) == 2 and None not in values else None
    )


def find_mate(row: AlleleRow, told: Mapping[str, str], canonical: Callable[[str], str]) -> None:
    """Fills in where a breakend joins: from its brackets, or from CHR2 and POS2 (or END) of a `<TRA>`.

    Raises:
        BadFieldError: `canonical` does not know the contig.
    """
    mate = symbolic.mate(row.allele.alt)
    if mate is None and "CHR2" in told:
        place = integer(told.get("POS2")) or integer(told.get("END"))
        mate = symbolic.Mate(told["CHR2"], max(0, place - 1)) if place is not None else None
    # A name in angle brackets is a contig of an assembly file, which no reference has.
    if mate is not None and not mate.contig.startswith("<"):
        row.mate_contig, row.mate_position = canonical(mate.contig), mate.position

"""Allele rows of a record: split, brought into normal form, counted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from variants.domain import symbolic
from variants.domain.allele import Allele, AlleleRow, Annotation, Kind
from variants.domain.normal import sequence_allele
from variants.domain.rolling import roll
from variants.reading.annotations import NOTHING, Annotations
from variants.reading.contigs import ContigNames
from variants.reading.details import count_from_info, describe, find_mate, is_described
from variants.reading.errors import BadFieldError
from variants.reading.genotypes import Calls, PlainCalls
from variants.reading.header import Header
from variants.reading.info import SITE_KEYS, STRUCTURAL_KEYS, frequencies, integer, populations, value_of
from variants.reading.reference import Reference
from variants.reading.report import Report
from variants.reading.tally import NOBODY, Ordinals, Tally, missing, renumbered, single, tally

NO_ALTERNATE = "no alternate allele"
SPANNING = "spanning deletion (*)"
REFERENCE_BLOCK = "any other allele (<NON_REF>, <*>)"
SAME = "alternate equals reference"
NOT_CARRIED = "nobody carries it"
SAME_AGAIN = "the same allele again in its record"
NOT_CALLED = "nobody is called in the record (has it genotypes in GT?)"
NO_EXTENT = "a symbolic allele that does not say how far it reaches"
NOT_ITS_OWN = "annotations that name none of the record's alleles, left out"
TOO_LONG = "an annotation of more than 500 characters, left out"
NO_REFERENCE = "on a sequence that the reference genome lacks, not shifted"

_UNSAID = {"*": SPANNING, "<*>": REFERENCE_BLOCK, "<NON_REF>": REFERENCE_BLOCK, "<X>": REFERENCE_BLOCK}
_WITHOUT_EXTENT = frozenset({Kind.BND, Kind.INS, Kind.OTHER})


class Record(Protocol):
    """A record of either format: the fixed fields checked, INFO and genotypes read when asked for."""

    contig: str
    position: int
    ids: tuple[str, ...]
    ref: str
    alts: tuple[str, ...]
    qual: float | None
    filters: str | None

    def info(self) -> dict[str, str]:
        """The wanted INFO keys as text."""

    def calls(self) -> Calls | PlainCalls:
        """The genotypes."""


class RowMaker:
    """Makes the allele rows of a file's records and keeps the account."""

    def __init__(
        self,
        header: Header,
        ordinals: npt.NDArray[np.uint32],
        assembly: str,
        reference: Reference | None,
        report: Report,
        *,
        uncarried: bool = False,
    ) -> None:
        """`uncarried` gives rows of alleles that nobody carries, too; the account skips them all the same."""
        self._uncarried = uncarried
        self._header = header
        self._names = ContigNames(header, assembly)
        self._contigs: dict[str, tuple[str, int | None]] = {}
        self._ordinals = Ordinals(ordinals)
        self._samples = len(header.samples)
        self._bases = reference.bases if reference else None
        self._report = report
        self._annotations = Annotations(header.info)
        self._populations = populations(header)
        # From VCF 4.4 on, SVLEN and CN belong to the allele and END is derived.
        self._per_allele = header.version >= (4, 4)
        self.wanted = self._wanted()

    def _wanted(self) -> frozenset[str]:
        keys = set(STRUCTURAL_KEYS | self._annotations.keys)
        for each in self._populations:
            keys |= {key for key in (each.frequency, each.count, each.number) if key}
        return frozenset(keys if self._samples else keys | SITE_KEYS)

    def rows(self, record: Record) -> list[AlleleRow]:
        """The rows of one record; none where nothing of it is to be kept. Adds to the report in any case.

        Raises:
            BadFieldError: the record breaks the format. Nothing but notes is added to the report then.
        """
        contig, size = self._contigs.get(record.contig) or self._contig(record.contig)
        self._check_place(record, size)
        if not record.alts:
            self._report.records_skipped[NO_ALTERNATE] += 1
            return []
        told: dict[str, str] = {}
        for alt in record.alts:
            if alt[0] == "<" and alt not in _UNSAID:
                told = record.info()
                break
        alleles = [self._allele(record, contig, size, at, told) for at in range(len(record.alts))]
        calls = self._calls(record) if self._samples else None
        return self._kept(record, alleles, calls, told)

    def _contig(self, name: str) -> tuple[str, int | None]:
        found = self._contigs[name] = (self._names.canonical(name), self._names.length(name))
        return found

    def _check_place(self, record: Record, size: int | None) -> None:
        last = record.position + len(record.ref) - 1
        if size is not None and last > size + 1:
            raise BadFieldError(f"position {last} lies beyond the end of {record.contig} ({size} bases)")
        if self._bases is None or not record.alts:
            return
        contig, start = self._contigs[record.contig][0], record.position - 1
        there = self._bases(contig, start, start + len(record.ref))
        if not there:
            self._report.notes[NO_REFERENCE] += 1
        if there != record.ref and any(
            base != found and base in "ACGT" and found in "ACGT"
            for base, found in zip(record.ref, there, strict=False)
        ):
            raise BadFieldError(f"REF differs from the reference genome, which has {there[:20]} there")

    def _allele(
        self, record: Record, contig: str, size: int | None, at: int, told: Mapping[str, str]
    ) -> Allele | str:
        """The allele in normal form, or why there is none."""
        alt, position = record.alts[at], record.position
        if alt in _UNSAID:
            return _UNSAID[alt]
        if alt[0] == "<":
            return self._symbolic(record, contig, size, at, told)
        if not alt.isalpha():
            return symbolic.breakend(contig, position, alt)
        if alt == record.ref:
            return SAME
        if position == 0:
            raise BadFieldError("POS is 0, which only breakends and symbolic alleles may have")
        if size is not None and position + len(record.ref) - 1 > size:
            raise BadFieldError(f"REF reaches beyond the end of {record.contig} ({size} bases)")
        return sequence_allele(contig, position - 1, record.ref, alt, self._bases)

    def _symbolic(
        self, record: Record, contig: str, size: int | None, at: int, told: Mapping[str, str]
    ) -> Allele:
        end, several = integer(told.get("END")), len(record.alts) > 1
        svlen = integer(value_of(told.get("SVLEN"), at, len(record.alts)))
        if end is not None and end < record.position:
            self._report.notes["END before POS, left out of account"] += 1
        allele = symbolic.symbolic_allele(
            contig,
            record.position,
            record.alts[at],
            end=end,
            svlen=svlen,
            svlen_first=several or self._per_allele,
        )
        if allele.length is None and allele.kind not in _WITHOUT_EXTENT:
            self._report.notes[NO_EXTENT] += 1
        if size is not None and allele.end > size:
            self._report.notes["an end beyond the end of the contig, cut there"] += 1
            return Allele(contig, min(allele.start, size), size, "", allele.alt, allele.kind, allele.length)
        return allele

    def _calls(self, record: Record) -> Calls | PlainCalls:
        calls = record.calls()
        if calls.highest() > len(record.alts):
            raise BadFieldError(f"a genotype names allele {calls.highest()} of {len(record.alts)}")
        if not calls.called:
            self._report.notes[NOT_CALLED] += 1
        return calls

    def _kept(
        self,
        record: Record,
        alleles: Sequence[Allele | str],
        calls: Calls | PlainCalls | None,
        told: dict[str, str],
    ) -> list[AlleleRow]:
        """Rows of the alleles that exist, and every allele in the account."""
        if isinstance(calls, Calls) and len(alleles) > 1:
            alleles, calls = _without_repeats(alleles, calls)
        found: list[tuple[int, Allele, Tally]] = []
        others: list[tuple[int, Allele, Tally]] = []
        skipped: list[str] = []
        for at, allele in enumerate(alleles):
            if isinstance(allele, str):
                skipped.append(allele)
                continue
            counted = tally(calls, at + 1, self._ordinals) if calls is not None else NOBODY
            if calls is None or counted.carried:
                found.append((at, allele, counted))
                continue
            skipped.append(NOT_CARRIED)
            if self._uncarried:
                others.append((at, allele, counted))
        # Whatever is wrong with the record comes to light before it is counted.
        rows = self._rows(record, found + others, calls, told or record.info()) if found or others else []
        self._count(record, alleles, found, skipped)
        return rows

    def _count(
        self,
        record: Record,
        alleles: Sequence[Allele | str],
        found: Sequence[tuple[int, Allele, Tally]],
        skipped: Sequence[str],
    ) -> None:
        report = self._report
        report.alleles += len(alleles)
        for reason in skipped:
            report.skipped[reason] += 1
        if not found:
            first = alleles[0]
            report.records_skipped[first if isinstance(first, str) else NOT_CARRIED] += 1
            return
        report.records_kept += 1
        report.kept += len(found)
        report.normalised += sum(_respelled(record, at, allele) for at, allele, _ in found)

    def _rows(
        self,
        record: Record,
        found: Sequence[tuple[int, Allele, Tally]],
        calls: Calls | PlainCalls | None,
        told: Mapping[str, str],
    ) -> list[AlleleRow]:
        site, several = _site(record), len(record.alts)
        annotations = self._annotated(record, told)
        lost = missing(calls, self._ordinals) if calls is not None else None
        alone = single(calls, self._ordinals) if calls is not None else None
        rows = []
        for at, allele, counted in found:
            row = AlleleRow(
                allele,
                counted.carriers,
                counted.hom,
                counted.hemi,
                counted.half,
                lost,
                counted.carried,
                counted.copies,
                calls.called if calls is not None else None,
                self._anchor(record, allele),
                record.ids,
                None,
                None,
                annotations[at] if annotations else NOTHING,
                frequencies(told, self._populations, at, several) if self._populations else {},
                None,
                site,
                alone,
                self._roll(allele),
            )
            if calls is None:
                count_from_info(row, told, at, several)
            if "SVTYPE" in told or is_described(row):
                self._describe(row, told, at, several)
            rows.append(row)
        return rows

    def _annotated(self, record: Record, told: Mapping[str, str]) -> list[Annotation] | None:
        if self._annotations.keys.isdisjoint(told):
            return None
        reader = self._annotations
        before = reader.left_out, reader.unmatched
        found = reader.read(told, record.ref, record.alts)
        if before != (reader.left_out, reader.unmatched):
            self._report.notes += Counter(
                {TOO_LONG: reader.left_out - before[0], NOT_ITS_OWN: reader.unmatched - before[1]}
            )
        return found

    def _anchor(self, record: Record, allele: Allele) -> str | None:
        """The base before an insertion or deletion: of the record, else of the reference genome."""
        if (allele.ref and allele.alt) or allele.kind is Kind.BND:
            return None
        before = allele.start - record.position
        if 0 <= before < len(record.ref):
            return record.ref[before]
        if self._bases is None:
            return None
        return self._bases(allele.contig, allele.start - 1, allele.start) or None

    def _roll(self, allele: Allele) -> int | None:
        """How far an insertion or deletion rolls to the right, where the reference genome tells."""
        if allele.kind is not Kind.INS and allele.kind is not Kind.DEL:
            return 0
        if self._bases is None:
            return None
        if allele.alt and not allele.alt.isalpha():
            return 0
        return roll(allele.contig, allele.start, allele.ref, allele.alt, self._bases)

    def _describe(self, row: AlleleRow, told: Mapping[str, str], at: int, several: int) -> None:
        describe(row, told, at, several, per_allele=self._per_allele)
        if row.allele.kind is Kind.BND:
            try:
                find_mate(row, told, self._names.canonical)
            except BadFieldError:
                self._report.notes["a mate on a contig that nobody declares"] += 1


def _without_repeats(alleles: Sequence[Allele | str], calls: Calls) -> tuple[list[Allele | str], Calls]:
    """The alleles with each repeated one marked, and the calls naming the first of its kind."""
    first: dict[Allele | str, int] = {}
    numbers, kept = [0], list(alleles)
    for at, allele in enumerate(alleles):
        if isinstance(allele, str):
            numbers.append(at + 1)
            continue
        earlier = first.setdefault(allele, at)
        numbers.append(earlier + 1)
        if earlier != at:
            kept[at] = SAME_AGAIN
    repeated = any(number != at for at, number in enumerate(numbers))
    return kept, renumbered(calls, numbers) if repeated else calls


def _site(record: Record) -> dict[str, Any]:
    site: dict[str, Any] = {}
    if record.qual is not None:
        site["qual"] = record.qual
    if record.filters is not None:
        site["filter"] = record.filters
    return site


def _respelled(record: Record, at: int, allele: Allele) -> bool:
    """True where the file spells a sequence allele otherwise than the shortest VCF spelling at its place."""
    if not record.alts[at].isalpha():
        return False
    padding = 0 if allele.ref and allele.alt else 1
    return allele.start - padding != record.position - 1 or len(allele.ref) + padding != len(record.ref)

"""Allele rows as the table holds them, and back."""

from collections.abc import Mapping, Sequence
from typing import Any

from variants.domain.allele import Allele, AlleleRow, Annotation, Kind
from variants.domain.dataset import Release
from variants.store.generations import ALLELE_TYPES

STORED = tuple(ALLELE_TYPES)
# What a reader of rows asks for, in the order `from_stored` takes them.
ASKED = tuple(name for name in STORED if name not in {"panel", "since", "until", "single"})
ORDER = "start, stop, ref, alt, length NULLS FIRST"
_UNKNOWN = 0xFFFFFFFF  # the position of a mate of which only the sequence is known
KEY = ("start", "stop", "ref", "alt", "length")


def to_stored(
    row: AlleleRow, ordinals: Mapping[str, int], panel: int | None, since: int, until: int
) -> list[Any]:
    """The values of `STORED` for a row; `ordinals` are the places of the assembly by name.

    Raises:
        KeyError: the row lies on a sequence that has no ordinal.
    """
    allele, said = row.allele, row.annotation
    base = ordinals[allele.contig] << 32
    mate = None
    if row.mate_contig is not None:
        mate = (ordinals[row.mate_contig] << 32) + (
            _UNKNOWN if row.mate_position is None else row.mate_position
        )
    return [
        base + allele.start,
        base + allele.end,
        mate,
        panel,
        since,
        until,
        allele.length,
        row.carried,
        row.ac,
        row.an,
        int(allele.kind),
        row.roll,
        allele.ref,
        allele.alt,
        row.anchor,
        row.copy_change,
        row.ids or None,
        row.carriers,
        row.hom,
        row.hemi,
        row.half,
        row.missing,
        row.single,
        said.genes or None,
        said.changes or None,
        said.hgvs or None,
        said.consequences or None,
        row.frequencies or None,
        row.detail or None,
    ]


def from_stored(values: Sequence[Any], release: Release) -> AlleleRow:
    """The row of the values of `ASKED`."""
    (
        start,
        stop,
        mate,
        length,
        carried,
        ac,
        an,
        kind,
        roll,
        ref,
        alt,
        anchor,
        copy_change,
        ids,
        carriers,
        hom,
        hemi,
        half,
        missing,
        genes,
        changes,
        hgvs,
        consequences,
        frequencies,
        detail,
    ) = values
    base = start >> 32 << 32
    allele = Allele(release.place_at(start), start - base, stop - base, ref, alt, Kind(kind), length)
    sets = (None if part is None else bytes(part) for part in (carriers, hom, hemi, half, missing))
    said = Annotation(*(tuple(part or ()) for part in (genes, changes, hgvs, consequences)))
    row = AlleleRow(allele, carried=carried, ac=ac, an=an, anchor=anchor, roll=roll)
    row.carriers, row.hom, row.hemi, row.half, row.missing = sets
    row.ids, row.annotation, row.copy_change = tuple(ids or ()), said, copy_change
    if mate is not None:
        position = mate & _UNKNOWN
        row.mate_contig, row.mate_position = (
            release.place_at(mate),
            None if position == _UNKNOWN else position,
        )
    row.frequencies, row.detail = frequencies or {}, detail or {}
    return row

"""A row of the store beside the same allele of the oracle."""

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from variants.domain.allele import AlleleRow
from variants.domain.carriers import decode

from .seen import Key, Seen


def row_key(row: AlleleRow) -> Key:
    """What makes it this allele and no other, in the oracle's words."""
    allele = row.allele
    length = -1 if allele.length is None else allele.length
    return allele.contig, allele.start, allele.end, allele.ref, allele.alt, length


def as_bits(data: bytes | None) -> int:
    """The oracle's form of a stored set."""
    members = decode(data)
    if not members:
        return 0
    bits = np.zeros(members.max() + 1, bool)
    bits[members.to_array()] = True
    return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")


def told_by_row(row: AlleleRow) -> dict[str, Any]:
    """Everything of a row that the file decides."""
    return {
        "key": row_key(row),
        "kind": row.allele.kind,
        "length": row.allele.length,
        "ids": set(row.ids),
        "ac": row.ac,
        "an": row.an,
        "carried": row.carried,
        "anchor": None if row.allele.alt.startswith("<") else row.anchor,
        "mate": row.mate_contig,
        **{name: as_bits(getattr(row, name)) for name in ("carriers", "hom", "hemi", "half", "missing")},
        "genes": set(row.annotation.genes),
        "changes": _substitutions(row.annotation.changes),
        "consequences": set(row.annotation.consequences),
    }


def told_by_file(seen: Seen) -> dict[str, Any]:
    """The same of the oracle's allele."""
    return {
        "key": seen.key,
        "kind": seen.kind,
        "length": seen.length,
        "ids": set(seen.ids),
        "ac": seen.ac,
        "an": seen.an,
        "carried": seen.carriers.bit_count(),
        "anchor": seen.anchor,
        "mate": seen.mate,
        **{name: getattr(seen, name) for name in ("carriers", "hom", "hemi", "half", "missing")},
        "genes": set(seen.annotated.genes),
        "changes": _substitutions(seen.annotated.changes),
        "consequences": set(seen.annotated.consequences),
    }


def _substitutions(changes: Iterable[str]) -> set[str]:
    """One residue for another: the changes of which there is one spelling only."""
    return {change for change in changes if re.fullmatch(r"[A-Z*]\d+[A-Z*]", change)}


def differences(row: AlleleRow, seen: Seen) -> dict[str, tuple[Any, Any]]:
    """What the store says otherwise than the file: name → (stored, in the file)."""
    stored, filed = told_by_row(row), told_by_file(seen)
    return {name: (stored[name], filed[name]) for name in filed if stored[name] != filed[name]}

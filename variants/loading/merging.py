"""One allele seen several times (in several records, parts, files or loads) as one row.

The outcome does not depend on the order. Genotypes: a sample that carries the allele in any observation
carries it, with the most copies that any of them calls (homozygous, heterozygous, half-called,
hemizygous); it is missing where none of those that looked at it has a call. `ac` and `an` are of the
joined genotypes; a file that lists the allele has looked at it in all its samples, also where none of
them carries it. Without samples, the observation over most alleles (`an`, then `ac`) counts. What the
observations say besides is united; where two contradict, the greater value stands, so that the order
plays no part.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np
from pyroaring import BitMap

from variants.domain import carriers
from variants.loading.panels import Panels

Stored = dict[str, Any]
"""A row of the allele table by column."""

_UNITED = ("ids", "genes", "changes", "hgvs", "consequences")
_SETS = ("carriers", "hom", "hemi", "half", "missing", "single")


@dataclass(frozen=True, slots=True)
class Genotypes:
    """Who was looked at, and with what outcome: disjoint sets.

    `whole` and `alone` do not carry the allele, with two called copies and with one. What polyploid calls
    have beyond that is in `more_copies` (of the allele) and `more_called` (of any).
    """

    hom: BitMap
    het: BitMap
    half: BitMap
    hemi: BitMap
    whole: BitMap
    alone: BitMap
    missing: BitMap
    more_copies: int = 0
    more_called: int = 0

    @property
    def carrying(self) -> BitMap:
        """Everybody with a copy."""
        return BitMap.union(self.het, self.hom, self.hemi, self.half)

    @property
    def called(self) -> BitMap:
        """Everybody with a call."""
        return BitMap.union(self.carrying, self.whole, self.alone)

    @property
    def seen(self) -> BitMap:
        """Everybody who was looked at."""
        return self.called | self.missing

    @property
    def ac(self) -> int:
        """Copies of the allele."""
        return len(self.het) + len(self.half) + len(self.hemi) + 2 * len(self.hom) + self.more_copies

    @property
    def an(self) -> int:
        """Called copies of any allele."""
        two, one = (self.hom, self.het, self.whole), (self.half, self.hemi, self.alone)
        return 2 * sum(map(len, two)) + sum(map(len, one)) + self.more_called


# From the fullest call to none: what wins where a sample was looked at twice.
_OUTCOMES = ("hom", "het", "half", "hemi", "whole", "alone", "missing")


def merged(observations: Sequence[Stored], panels: Panels) -> tuple[Stored, int]:
    """The rows as one, and how many genotypes (or, without samples, counts) contradicted each other."""
    both = dict(observations[0])
    for name in _UNITED:
        both[name] = sorted({word for row in observations for word in row[name] or ()}) or None
    for name in ("anchor", "copy_change", "mate", "kind", "roll"):
        both[name] = max((row[name] for row in observations if row[name] is not None), default=None)
    for name in ("frequencies", "detail"):
        both[name] = reduce(_joined, (row[name] for row in observations))
    if any(row["panel"] is None for row in observations):
        counts = {(row["an"], row["ac"]) for row in observations}
        both["an"], both["ac"] = max(counts, key=lambda pair: [-1 if part is None else part for part in pair])
        return both, len(counts) - 1
    panel = panels.together([row["panel"] for row in observations])
    if panel is not None:  # nobody was looked at twice
        return both | _side_by_side(observations, panel), 0
    whole, conflicts = joined([genotypes(row, panels) for row in observations])
    return both | _columns(whole, panels), conflicts


def _side_by_side(observations: Sequence[Stored], panel: int) -> Stored:
    """The genotypes of rows that have no sample in common."""
    sums = {name: sum(row[name] for row in observations) for name in ("carried", "ac", "an")}
    sets = {name: _union([row[name] for row in observations if row[name] is not None]) for name in _SETS}
    return {**sums, **sets, "panel": panel}


def _union(sets: Sequence[bytes]) -> bytes | None:
    if len(sets) < 2:
        return bytes(sets[0]) if sets else None
    return carriers.encode(np.sort(np.concatenate([carriers.members(data) for data in sets])))


def _joined(one: dict[str, Any] | None, other: dict[str, Any] | None) -> dict[str, Any] | None:
    first, second = one or {}, other or {}
    both = {**first, **second}
    for key in first.keys() & second.keys():
        both[key] = max(first[key], second[key], key=_rank)
    return both or None


def _rank(value: Any) -> tuple[bool, float, str]:
    number = isinstance(value, int | float)
    return number, value if number else 0, json.dumps(value, sort_keys=True)


def genotypes(row: Stored, panels: Panels) -> Genotypes:
    """The genotypes of a row."""
    carrying, hom, hemi, half, missing, single = (carriers.decode(row[name]) for name in _SETS)
    het = BitMap.difference(carrying, hom, hemi, half)
    whole = BitMap.difference(panels.members(row["panel"]), carrying, missing, single)
    plain = Genotypes(hom, het, half, hemi, whole, single - carrying, missing)
    return replace(plain, more_copies=row["ac"] - plain.ac, more_called=row["an"] - plain.an)


def joined(observations: Sequence[Genotypes]) -> tuple[Genotypes, int]:
    """All genotypes together, and how many of them contradict each other."""
    whole, conflicts = observations[0], 0
    for other in observations[1:]:
        conflicts += _contradictions(whole, other)
        whole = _pair(whole, other)
    return whole, conflicts


def _pair(one: Genotypes, other: Genotypes) -> Genotypes:
    sets, decided = {}, BitMap()
    for name in _OUTCOMES:
        sets[name] = (getattr(one, name) | getattr(other, name)) - decided
        decided |= sets[name]
    # Who is counted twice among polyploid calls cannot be told: the greater excess is that of all.
    join = sum if one.seen.isdisjoint(other.seen) else max
    return Genotypes(
        **sets,
        more_copies=join((one.more_copies, other.more_copies)),
        more_called=join((one.more_called, other.more_called)),
    )


def _columns(whole: Genotypes, panels: Panels) -> Stored:
    carrying, single = whole.carrying, BitMap.union(whole.half, whole.hemi, whole.alone)
    sets = (carrying, whole.hom, whole.hemi, whole.half, whole.missing, single)
    return {
        **{name: carriers.encode_bitmap(part) for name, part in zip(_SETS, sets, strict=True)},
        "carried": len(carrying),
        "ac": whole.ac,
        "an": whole.an,
        "panel": panels.add(whole.seen),
    }


def _contradictions(one: Genotypes, other: Genotypes) -> int:
    both = one.called & other.called
    agreed = BitMap.union(
        *(getattr(one, name) & getattr(other, name) for name in ("hom", "het", "half", "hemi"))
    )
    return len(((one.carrying | other.carrying) & both) - agreed)

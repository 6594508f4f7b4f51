"""Bases as they are asked: wildcards, and every stored spelling that a sequence question means.

A stored allele is trimmed (common suffix first, then common prefix), so a question is trimmed too. A
question with wildcards means several fillings, which may trim differently: each way of trimming becomes
one `Spot`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from variants.domain.normal import trim
from variants.domain.rolling import Rolled
from variants.errors import BadBases

# IUPAC codes and the bases each stands for. A stored N is a base that nobody read: only N asks for it.
_CODES = {
    "A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC",
    "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGTN",
}  # fmt: skip
_MOST_SPOTS = 400


@dataclass(frozen=True, slots=True)
class Spot:
    """One stored spelling: an allele that starts at `start` and has these bases.

    `reference` and `alternate` are base patterns (`matcher`), None standing for anything. `before` is a
    pattern for the base before an indel, to be compared where that base is known; `certain` demands that
    it is known. `unlike` is a base that an indel must not end in: the filling would have trimmed to
    another place.
    """

    start: int
    reference: str | None
    alternate: str
    before: str | None = None
    certain: bool = False
    unlike: str | None = None


def read_bases(name: str, text: str) -> str:
    """The bases in upper case, U as T; `-` alone is no base.

    Raises:
        BadBases: anything but IUPAC codes of bases.
    """
    bases = "" if text == "-" else text.upper().replace("U", "T")
    if not set(bases) <= _CODES.keys():
        raise BadBases(
            f"{name} are bases (ACGT, N for any of them, or nothing); "
            "for symbolic alleles such as <DEL> ask by variantType"
        )
    return bases


def matcher(pattern: str) -> re.Pattern[str] | None:
    """A regular expression for the bases, which PostgreSQL reads the same; None without wildcards."""
    if set(pattern) <= set("ACGT"):
        return None
    parts = (base if len(_CODES[base]) == 1 else f"[{_CODES[base]}]" for base in pattern)
    return re.compile(f"^{''.join(parts)}$")


def spots(start: int, reference: str | None, alternate: str) -> list[Spot]:
    """Every stored spelling of a sequence question, no two of which one allele has.

    Bases are as `read_bases` gives them.

    Raises:
        BadBases: reference and alternate bases are the same, or there are so many wildcards that the
            question is a range.
    """
    if reference is None:
        return _without_reference(start, alternate)
    if reference == alternate and matcher(reference) is None:
        raise BadBases("referenceBases and alternateBases are the same: that is no variant")
    if matcher(reference) is None and matcher(alternate) is None:
        return [_trimmed(start, reference, alternate)]
    found = list(islice(_fillings(start, reference, alternate), _MOST_SPOTS + 1))
    if len(found) > _MOST_SPOTS:
        raise BadBases("so many wildcards mean too many alleles: ask for a range with variant lengths")
    return found


def anywhere(found: Iterable[Spot]) -> Rolled | None:
    """The insertion or deletion among these spots that may be written elsewhere, too.

    One that is asked with the base before it is not: that base, not being its last, tells that it does not
    reach further left. (Where a wildcard leaves that open, the filling is among the spots without it.)
    """
    for spot in found:
        if spot.reference is None or spot.before is not None or bool(spot.reference) == bool(spot.alternate):
            continue
        bases = spot.reference or spot.alternate
        return Rolled(spot.start, spot.start, len(bases), inserted=bool(spot.alternate), bases=bases)
    return None


def _without_reference(start: int, alternate: str) -> list[Spot]:
    direct = Spot(start, None, alternate)
    if not alternate:
        return [direct]
    return [direct, Spot(start + 1, None, alternate[1:], before=alternate[0], certain=True)]


def _trimmed(start: int, reference: str, alternate: str) -> Spot:
    at, short, new = trim(start, reference, alternate)
    indel = not (short and new)
    return Spot(at, short, new, before=reference[at - start - 1] if indel and at > start else None)


def _fillings(start: int, reference: str, alternate: str) -> Iterator[Spot]:
    shorter = min(len(reference), len(alternate))
    most_left = _agreeing(reference, alternate)
    most_right = _agreeing(reference[::-1], alternate[::-1])
    for left in range(most_left + 1):
        for right in range(min(most_right, shorter - left) + 1):
            short = reference[left : len(reference) - right]
            new = alternate[left : len(alternate) - right]
            if short or new:
                yield _filling(start + left, short, new, _both(reference, alternate, left - 1))


def _filling(at: int, short: str, new: str, before: str | None) -> Spot:
    if before is None or (short and new):
        return Spot(at, short, new)
    return Spot(at, short, new, before=before, unlike=before if len(_CODES[before]) == 1 else None)


def _agreeing(one: str, other: str) -> int:
    """How many first bases could be the same."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if not set(_CODES[left]) & set(_CODES[right]):
            break
        count += 1
    return count


def _both(one: str, other: str, place: int) -> str | None:
    """The code of what both could be at a place; None before the first."""
    if place < 0:
        return None
    common = "".join(base for base in _CODES[one[place]] if base in _CODES[other[place]])
    return next(code for code, bases in _CODES.items() if set(bases) == set(common))

"""Who carries each allele of a record, as sets of the dataset's sample ordinals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from variants.domain import carriers
from variants.reading.genotypes import ABSENT, MISSING, Calls, Codes, Columns, Ints, PlainCalls


@dataclass(slots=True)
class Tally:
    """One allele's carriers, as `AlleleRow` keeps them. Not frozen: that would triple the time to make it."""

    carriers: bytes | None
    hom: bytes | None
    hemi: bytes | None
    half: bytes | None
    carried: int
    copies: int


NOBODY = Tally(None, None, None, None, 0, 0)


class Ordinals:
    """Turns sample columns into sets of ordinals."""

    def __init__(self, ordinals: npt.NDArray[np.uint32]) -> None:
        self._ordinals = ordinals.astype(np.int64)
        self._list = self._ordinals.tolist()
        self._top = max(self._list, default=-1) + 1
        self._ascending = bool((np.diff(self._ordinals) > 0).all())
        self._same = bool((self._ordinals == np.arange(len(ordinals))).all())

    def encode(self, columns: Ints) -> bytes | None:
        """The set of these columns' samples. `columns` are sorted."""
        if self._same:
            return carriers.encode(columns)
        ordinals = self._ordinals[columns]
        return carriers.encode(ordinals if self._ascending else np.sort(ordinals))

    def encode_plain(self, columns: Columns) -> bytes | None:
        """The set of a short list of columns, or of a mask over all of them."""
        if isinstance(columns, list):
            return self._few(columns) if columns else None
        if self._same:
            return carriers.encode_mask(columns)
        wide = np.zeros(self._top, np.bool_)
        wide[self._ordinals] = columns
        return carriers.encode_mask(wide)

    def _few(self, columns: list[int]) -> bytes | None:
        if self._same:
            return carriers.encode_few(columns)
        ordinals = [self._list[column] for column in columns]
        return carriers.encode_few(ordinals if self._ascending else sorted(ordinals))


def missing(calls: Calls | PlainCalls, ordinals: Ordinals) -> bytes | None:
    """The samples without any call."""
    if isinstance(calls, PlainCalls):
        return ordinals.encode_plain(calls.missing)
    columns = calls.columns[(calls.first == MISSING) & (calls.second < 0)]
    lost = [column for column, alleles in calls.many if max(alleles) < 0]
    return ordinals.encode(_joined(columns, lost))


def single(calls: Calls | PlainCalls, ordinals: Ordinals) -> bytes | None:
    """The samples with exactly one called copy."""
    if isinstance(calls, PlainCalls):
        return None
    columns = calls.columns[(calls.first < 0) != (calls.second < 0)]
    more = [column for column, alleles in calls.many if sum(allele >= 0 for allele in alleles) == 1]
    return ordinals.encode(_joined(columns, more))


def tally(calls: Calls | PlainCalls, allele: int, ordinals: Ordinals) -> Tally:
    """The carriers of one allele (counted from one, as in genotypes)."""
    if isinstance(calls, PlainCalls):
        if not calls.carried:
            return NOBODY
        everybody, hom = ordinals.encode_plain(calls.carriers), ordinals.encode_plain(calls.hom)
        return Tally(everybody, hom, None, None, calls.carried, calls.copies)
    one, other = calls.first == allele, calls.second == allele
    found = (one | other).nonzero()[0]
    if not len(found) and not calls.many:
        return NOBODY
    columns, one, other = calls.columns[found], one[found], other[found]
    # What the other copy is: where both are this allele, this allele.
    far = np.where(one, calls.second[found], calls.first[found])
    copies = len(found) + int(np.count_nonzero(one & other))
    if calls.many:
        return _with_many(calls.many, allele, columns, far, copies, ordinals)
    hemi = half = None
    if far.min() < 0:
        hemi, half = ordinals.encode(columns[far == ABSENT]), ordinals.encode(columns[far == MISSING])
    hom = ordinals.encode(columns[far == allele]) if copies > len(found) else None
    return Tally(ordinals.encode(columns), hom, hemi, half, len(found), copies)


def _with_many(  # noqa: PLR0917 - what `tally` has found so far
    many: Sequence[tuple[int, tuple[int, ...]]],
    allele: int,
    columns: Ints,
    far: Codes,
    copies: int,
    ordinals: Ordinals,
) -> Tally:
    """The carriers among calls of two copies or fewer (`columns`), and among those of more."""
    found = [(column, alleles) for column, alleles in many if allele in alleles]
    hom = [column for column, alleles in found if set(alleles) == {allele}]
    half = [column for column, alleles in found if MISSING in alleles]
    everybody = _joined(columns, [column for column, _ in found])
    return Tally(
        ordinals.encode(everybody),
        ordinals.encode(_joined(columns[far == allele], hom)),
        ordinals.encode(columns[far == ABSENT]),
        ordinals.encode(_joined(columns[far == MISSING], half)),
        len(everybody),
        copies + sum(alleles.count(allele) for _, alleles in found),
    )


def _joined(columns: Ints, more: list[int]) -> Ints:
    return np.sort(np.concatenate((columns, np.asarray(more, np.int64)))) if more else columns


def renumbered(calls: Calls, numbers: Sequence[int]) -> Calls:
    """The calls with allele `i` called `numbers[i]`: alleles that are the same become one."""
    table = np.asarray((*numbers, ABSENT, MISSING), np.int16)  # -1 and -2 index from the end
    many = [
        (column, tuple(numbers[allele] if allele >= 0 else allele for allele in alleles))
        for column, alleles in calls.many
    ]
    return Calls(calls.called, calls.columns, table[calls.first], table[calls.second], many)

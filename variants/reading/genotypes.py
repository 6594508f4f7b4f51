"""Genotypes of a record as arrays: which samples are called otherwise than reference, and how.

A call is two allele numbers, as nearly all are; what does not fit (more copies, none) lies beside. Text is
read in bulk: where every call is three bytes (`0|1`) each call and its tab are one 32-bit word, so that one
comparison finds the few samples worth looking at; other records are read at the positions of their tabs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from variants.reading.errors import BadFieldError

MISSING = -1  # a copy that was not called: `.`
ABSENT = -2  # no second copy: a haploid call
_STRANGE = -3  # not a one-digit allele number

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int16]

_CODE = np.full(256, _STRANGE, np.int16)
_CODE[ord("0") : ord("9") + 1] = range(10)
_CODE[ord(".")] = MISSING
_SEPARATOR = np.zeros(256, np.bool_)
_SEPARATOR[[ord("/"), ord("|")]] = True
_ENDS = np.zeros(256, np.bool_)  # what may follow a genotype
_ENDS[[ord(":"), ord("\t")]] = True
_PAD = b"\t\t\t\t"


@dataclass(slots=True)
class Calls:
    """The calls of one record.

    `columns` (sorted) are the samples with any copy that is not reference; `first` and `second` their allele
    numbers, MISSING or ABSENT. `called` counts the called copies over all samples. `many` holds the calls
    of more than two copies, by column; those columns are not in `columns`.
    """

    called: int
    columns: Ints
    first: Codes
    second: Codes
    many: list[tuple[int, tuple[int, ...]]]

    def highest(self) -> int:
        """The highest allele number called."""
        found = [max(alleles) for _, alleles in self.many]
        if len(self.columns):
            found += [int(self.first.max()), int(self.second.max())]
        return max(found, default=0)


Columns = list[int] | npt.NDArray[np.bool_]
"""Sample columns: a short sorted list, or a mask over all of them."""


@dataclass(slots=True)
class PlainCalls:
    """The calls of a record with one alternate allele, where all are diploid and called whole or not."""

    called: int
    carriers: Columns
    hom: Columns
    missing: Columns
    carried: int
    copies: int

    def highest(self) -> int:
        """The highest allele number called."""
        return 1 if self.carried else 0


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a record's genotypes are written, each call as one number.

    `codes` gives for any call that is plain the copies of the alternate allele, -1 for a call that is
    missing.
    """

    reference: int
    one: tuple[int, int]
    both: int
    missing: int
    codes: Mapping[int, int]


_FEW = 48  # calls that are sooner looked at one by one than all at once


def plain_calls(words: npt.NDArray[np.unsignedinteger], spelling: Spelling) -> PlainCalls | None:
    """The calls of a record with one alternate allele; None where not all are plain."""
    other = words != spelling.reference
    columns = other.nonzero()[0]
    count = len(columns)
    if count <= _FEW:
        return _few(words, columns, spelling.codes)
    both = words == spelling.both
    homs = int(np.count_nonzero(both))
    hets = int(np.count_nonzero(words == spelling.one[0])) + int(np.count_nonzero(words == spelling.one[1]))
    lost = count - homs - hets
    missing: Columns = []
    if lost:
        missing = words == spelling.missing
        if np.count_nonzero(missing) != lost:
            return None
        other ^= missing
    return PlainCalls(
        2 * (len(words) - lost), other, both if homs else [], missing, hets + homs, hets + 2 * homs
    )


def _few(
    words: npt.NDArray[np.unsignedinteger], columns: Ints, codes: Mapping[int, int]
) -> PlainCalls | None:
    called = 2 * len(words)
    if not len(columns):
        return PlainCalls(called, [], [], [], 0, 0)
    carriers, both, missing = [], [], []
    for column, word in zip(columns.tolist(), words[columns].tolist(), strict=True):
        code = codes.get(word)
        if code is None:
            return None
        if code > 0:
            carriers.append(column)
        if code == 2:
            both.append(column)
        elif code < 0:
            missing.append(column)
    copies = len(carriers) + len(both)
    return PlainCalls(called - 2 * len(missing), carriers, both, missing, len(carriers), copies)


_NO_COLUMNS = np.zeros(0, np.int64)
_NO_CODES = np.zeros(0, np.int16)


def no_calls(samples: int) -> Calls:
    """Every sample without a call."""
    return Calls(
        0, np.arange(samples), np.full(samples, MISSING, np.int16), np.full(samples, MISSING, np.int16), []
    )


def _word(call: bytes) -> int:
    return int.from_bytes(call, "little")


_PLAIN = {"0{}0": 0, "0{}1": 1, "1{}0": 1, "1{}1": 2, ".{}.": -1}
_TEXT_CODES = {
    _word((call.format(phase) + end).encode()): copies
    for call, copies in _PLAIN.items()
    for phase in "|/"
    for end in ":\t"
}
_DIPLOID_REFERENCE = [word for word, copies in _TEXT_CODES.items() if copies == 0]


def _spelling(phase: str, end: str) -> Spelling:
    reference, one, other, both, missing = (_word((call.format(phase) + end).encode()) for call in _PLAIN)
    return Spelling(reference, (one, other), both, missing, _TEXT_CODES)


_SPELLINGS = {(ord(phase), ord(end)): _spelling(phase, end) for phase in "|/" for end in ":\t"}


class TextGenotypes:
    """Reads the sample columns of text records; remembers how the last calls were spelled."""

    def __init__(self, samples: int) -> None:
        self.samples = samples
        self._spelling = _SPELLINGS[ord("|"), ord("\t")]

    def read(self, section: bytes, place: int, keys: int, alternates: int) -> Calls | PlainCalls:
        """The calls of everything after FORMAT. `place` is GT's place among FORMAT's `keys` keys.

        Raises:
            BadFieldError: another number of columns than samples, or a genotype that is none.
        """
        if place:
            section = _only_field(section, place)
        elif keys == 1 and len(section) == 4 * self.samples - 1:
            words = np.frombuffer(section + b"\t", "<u4")
            plain = self._plain(words) if alternates == 1 else None
            calls = plain or self._by_words(words)
            if calls is not None:
                return calls
        return self._by_tabs(section, alternates)

    def _plain(self, words: npt.NDArray[np.uint32]) -> PlainCalls | None:
        """Plain calls, tried in the spelling of the last record and in that of the first sample."""
        calls = plain_calls(words, self._spelling)
        if calls is None:
            word = int(words[0])
            spelling = _SPELLINGS.get((word >> 8 & 0xFF, word >> 24))
            if spelling is not None and spelling is not self._spelling:
                calls = plain_calls(words, spelling)
                if calls is not None:
                    self._spelling = spelling
        return calls

    def _by_words(self, words: npt.NDArray[np.uint32]) -> Calls | None:
        """Calls that are three bytes each and end in a tab; None where one is not."""
        columns = self._unlike_reference(words)
        copies = 2 * self.samples
        if not len(columns):
            return Calls(copies, _NO_COLUMNS, _NO_CODES, _NO_CODES, [])
        parts = words[columns].view(np.uint8).reshape(-1, 4)
        first, second = _CODE[parts[:, 0]], _CODE[parts[:, 2]]
        well = _SEPARATOR[parts[:, 1]].all() and (parts[:, 3] == 9).all()
        if not well or first.min() <= _STRANGE or second.min() <= _STRANGE:
            return None
        return _tidy(copies, columns, first, second, [])

    def _unlike_reference(self, words: npt.NDArray[np.uint32]) -> Ints:
        """Where the words are no reference call, however spelled."""
        columns: Ints = (words != self._spelling.reference).nonzero()[0]
        for reference in _DIPLOID_REFERENCE:
            if len(columns) and reference != self._spelling.reference:
                columns = columns[words[columns] != reference]
        return columns

    def _by_tabs(self, section: bytes, alternates: int) -> Calls | PlainCalls:
        """Calls at the positions of the tabs."""
        raw = np.frombuffer(section + _PAD, np.uint8)
        tabs = (raw[: len(section)] == 9).nonzero()[0]
        if len(tabs) + 1 != self.samples:
            raise BadFieldError(f"{len(tabs) + 1} sample columns where the header has {self.samples}")
        starts = np.empty(self.samples, np.int64)
        starts[0] = 0
        starts[1:] = tabs + 1
        words = np.ndarray((len(raw) - 3,), "<u4", raw.data, strides=(1,))[starts]
        plain = self._plain(words) if alternates == 1 else None
        if plain is not None:
            return plain
        columns = self._unlike_reference(words)
        return _from_words(section, 2 * (self.samples - len(columns)), columns, words[columns], starts)


def _from_words(
    section: bytes, called: int, columns: Ints, words: npt.NDArray[np.uint32], starts: Ints
) -> Calls:
    """Calls of the given columns, of whose text `words` are the first four bytes."""
    parts = words.view(np.uint8).reshape(-1, 4)
    first, second = _CODE[parts[:, 0]], _CODE[parts[:, 2]]
    haploid = _ENDS[parts[:, 1]]
    diploid = _SEPARATOR[parts[:, 1]] & _ENDS[parts[:, 3]]
    second[haploid] = ABSENT
    strange = ~(haploid | diploid) | (first <= _STRANGE) | (second <= _STRANGE)
    many = []
    for at in strange.nonzero()[0].tolist():
        alleles = _parse(section, int(starts[columns[at]]))
        if len(alleles) > 2:
            many.append((int(columns[at]), alleles))
            alleles = (0, 0)
            called -= 2
        first[at], second[at] = (*alleles, ABSENT)[:2]
    return _tidy(called + 2 * len(columns), columns, first, second, many)


def _parse(section: bytes, start: int) -> tuple[int, ...]:
    """The allele numbers of the genotype that begins here, however long."""
    tab, colon = section.find(b"\t", start), section.find(b":", start)
    end = min((place for place in (tab, colon) if place >= 0), default=len(section))
    call = section[start:end]
    # VCF 4.4 lets a genotype begin with the phasing of its first allele.
    copies = call.lstrip(b"/|").replace(b"|", b"/").split(b"/")
    if not all(copy == b"." or (copy.isdigit() and len(copy) < 5) for copy in copies):
        raise BadFieldError(f"{call[:20].decode('latin-1')!r} is no genotype")
    return tuple(MISSING if copy == b"." else int(copy) for copy in copies)


def _only_field(section: bytes, place: int) -> bytes:
    """The sample columns with the given sub-field alone; a call that leaves it out is not called."""
    fields = (column.split(b":") for column in section.split(b"\t"))
    return b"\t".join(column[place] if place < len(column) else b"." for column in fields)


def _tidy(
    copies: int, columns: Ints, first: Codes, second: Codes, many: list[tuple[int, tuple[int, ...]]]
) -> Calls:
    """Calls without the columns that are all reference. `copies` takes each listed column as two called."""
    if first.min(initial=0) < 0 or second.min(initial=0) < 0:
        copies -= int(np.count_nonzero(first < 0)) + int(np.count_nonzero(second < 0))
    plain = (first == 0) & ((second == 0) | (second == ABSENT))
    if plain.any():
        other = ~plain
        columns, first, second = columns[other], first[other], second[other]
    for _, alleles in many:
        copies += sum(allele >= 0 for allele in alleles)
    many = [(column, alleles) for column, alleles in many if any(alleles)]
    return Calls(copies, columns, first, second, many)


_TOO_MANY = 1 << 14  # alleles
_BCF_CODES = {0x0202: 0, 0x0204: 1, 0x0402: 1, 0x0404: 2, 0x0000: -1}
_BCF_SPELLING = Spelling(0x0202, (0x0204, 0x0402), 0x0404, 0x0000, _BCF_CODES)


def calls_of_codes(codes: npt.NDArray[np.integer], alternates: int) -> Calls | PlainCalls:
    """Calls of BCF's genotype codes, a row a sample: (allele + 1) * 2 + phased, padded with the end code."""
    samples, ploidy = codes.shape
    if ploidy == 2 and codes.dtype.itemsize == 1:
        # Both copies of a call as one word, the bits for phase left out.
        words = codes.reshape(-1).view("<u2") & np.uint16(0xFEFE)
        plain = plain_calls(words, _BCF_SPELLING) if alternates == 1 else None
        if plain is not None:
            return plain
        columns = (words != _BCF_SPELLING.reference).nonzero()[0]
        first, second = _alleles(codes[columns]).T
        return _tidy(2 * samples, columns, first, second, [])
    alleles = _alleles(codes)
    if ploidy < 2:
        alleles = np.column_stack((alleles, np.full((samples, 2 - ploidy), ABSENT, np.int16)))
    first, second = alleles[:, 0].copy(), alleles[:, 1].copy()
    many, called = [], 2 * samples
    for column in (alleles[:, 2:] != ABSENT).any(axis=1).nonzero()[0].tolist():
        many.append((column, tuple(allele for allele in alleles[column].tolist() if allele != ABSENT)))
        first[column] = second[column] = 0
        called -= 2
    return _tidy(called, np.arange(samples), first, second, many)


def _alleles(codes: npt.NDArray[np.integer]) -> Codes:
    lowest = np.iinfo(codes.dtype).min
    numbers = codes >> 1
    # What is too large for us stays larger than any record has alleles.
    alleles = (numbers if codes.itemsize == 1 else np.minimum(numbers, _TOO_MANY)).astype(np.int16) - 1
    alleles[codes == lowest] = MISSING
    alleles[codes == lowest + 1] = ABSENT
    if alleles.size and alleles.min() < ABSENT:
        raise BadFieldError("a genotype holds a code that BCF reserves")
    return alleles

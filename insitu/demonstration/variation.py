"""Mutations become VCF records: single bases, short indels, sites with several alleles, long alleles."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from insitu.demonstration.genes import BASES, Effect, Gene, effect_of
from insitu.demonstration.mosaic import Bits, Ints

Sequence = npt.NDArray[np.uint8]

_INDELS = 0.1  # of all short alleles
_DELETIONS = 0.6  # of all indels
_COMMON = 0.02  # selection keeps severe alleles under this frequency
_SPARED = 0.3  # of those it meets
_TRANSITION = dict(zip(BASES, "GTAC", strict=True))
_TRANSITIONS = 0.67


@dataclass(slots=True)
class Record:
    """A VCF record to be: `place` is the 0-based position of the first base of `ref` in the window.

    `codes` gives each haplotype's allele (0 is the reference). `span` is the length of a symbolic allele.
    """

    place: int
    ref: str
    alts: list[str]
    codes: npt.NDArray[np.uint8]
    effects: list[Effect | None]
    span: int | None = None


class Mutator:
    """Makes records of a window from the places where mutations fell."""

    def __init__(self, sequence: Sequence, genes: list[Gene], rng: np.random.Generator) -> None:
        self._sequence = sequence
        self._genes = genes
        self._rng = rng

    def short(self, positions: Ints, carried: Bits) -> list[Record]:
        """Records of short alleles, by place; mutations at one place become alleles of one record.

        Carried by nobody or by everybody is no variant; what selection would not have let rise is dropped.
        """
        found: dict[int, Record] = {}
        changed = set(positions.tolist())
        copies = carried.sum(axis=1)
        order = np.argsort(positions, kind="stable")
        for row in order[(copies[order] > 0) & (copies[order] < carried.shape[1])]:
            place = int(positions[row])
            if place in found:
                self._join(found[place], carried[row])
            elif self._rng.random() < _INDELS:
                self._indel(place, carried[row], found, changed)
            else:
                alt = self._other_base(self._base(place), ())
                self._keep(Record(place, self._base(place), [alt], _codes(carried[row]), []), found)
        return [found[place] for place in sorted(found)]

    def structural(self, count: int, positions: Ints, carried: Bits) -> list[Record]:
        """`count` long deletions and tandem duplications, with the carriers of as many short mutations."""
        usable = np.flatnonzero(carried.any(axis=1) & (carried.mean(axis=1) < 0.3))
        result = []
        for row in np.sort(self._rng.choice(usable, size=count, replace=False)):
            span = int(np.clip(self._rng.lognormal(8.3, 1.3), 300, 90_000))
            place = min(int(positions[row]), len(self._sequence) - span - 1)
            alt = "<DEL>" if self._rng.random() < 0.6 else "<DUP:TANDEM>"
            result.append(Record(place, self._base(place), [alt], _codes(carried[row]), [None], span))
        return result

    def _join(self, record: Record, carried: npt.NDArray[np.bool_]) -> None:
        """Adds another base to a single-base record; the younger mutation is the one a haplotype shows."""
        if len(record.ref) != 1 or len(record.alts[0]) != 1 or len(record.alts) == 3:
            return
        record.alts.append(self._other_base(record.ref, record.alts))
        record.codes[carried] = len(record.alts)
        record.effects.append(self._effect(record.place, record.ref, record.alts[-1]))

    def _indel(
        self, place: int, carried: npt.NDArray[np.bool_], found: dict[int, Record], taken: set[int]
    ) -> None:
        size = min(int(self._rng.geometric(0.35)), 30)
        if not 40 < place < len(self._sequence) - 80:
            return
        if self._rng.random() < _DELETIONS:
            while self._base(place) == self._base(place + size):
                place -= 1
            ref, alt = self._bases(place, place + size + 1), self._base(place)
        else:
            added = self._bases(place + 1, place + size + 1)  # slips of copying repeat what stands there
            while self._base(place) == added[-1]:
                added = added[-1] + added[:-1]
                place -= 1
            ref, alt = self._base(place), self._base(place) + added
        # Two mutations on overlapping bases would contradict each other on one haplotype.
        if not taken.intersection(range(place + 1, place + len(ref))) and place not in found:
            self._keep(Record(place, ref, [alt], _codes(carried), []), found)

    def _keep(self, record: Record, found: dict[int, Record]) -> None:
        effect = self._effect(record.place, record.ref, record.alts[0])
        frequency = np.count_nonzero(record.codes) / len(record.codes)
        if effect and effect.severe and frequency > _COMMON and self._rng.random() > _SPARED:
            return
        record.effects = [effect]
        found[record.place] = record

    def _effect(self, place: int, ref: str, alt: str) -> Effect | None:
        if len(ref) != len(alt):
            place, ref, alt = place + 1, ref[1:], alt[1:]
        return effect_of(self._sequence, self._genes, place, ref, alt)

    def _other_base(self, base: str, taken: list[str] | tuple[()]) -> str:
        usual = _TRANSITION[base]
        if usual not in taken and self._rng.random() < _TRANSITIONS:
            return usual
        return str(self._rng.choice([each for each in BASES if each not in (base, *taken)]))

    def _base(self, place: int) -> str:
        return chr(self._sequence[place])

    def _bases(self, start: int, end: int) -> str:
        return self._sequence[start:end].tobytes().decode()


def _codes(carried: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    return carried.astype(np.uint8)

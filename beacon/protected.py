"""Looking into a dataset whose people are protected: what may be told of what matches.

Two kinds of allele are told of. One that so many people carry that it betrays nobody is told to everybody and
costs nothing. Of rarer ones a question gets one at most, its witness: the one with most carriers that this
caller's budgets still allow. So the answer to a range, a bracket, a gene or a filter is the answer of its
alleles, and moving a border learns what asking each allele by itself would have cost.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pyroaring import BitMap

from beacon.domain.entries import EntryType, Route
from beacon.domain.found import FoundVariant
from governance.disclosure.control import Guard
from variants.domain.allele import AlleleRow
from variants.domain.dataset import Release
from variants.domain.question import Question
from variants.service import Variants

_WAYS = 1 << 8  # in which an allele can be asked for by how and by whom of four sexes it is carried
_TRIED = 16  # rarer alleles that one question tries
_NOTHING: tuple[str, ...] = ()
_AT_LEAST = ("at least",)
_LEFT_OUT = "people whose budget is spent are left out"


@dataclass(frozen=True, slots=True)
class Witness:
    """A rarer allele that this caller is told of, and the people who carry it."""

    row: AlleleRow
    people: Collection[str]


@dataclass(frozen=True, slots=True)
class Number:
    """How many, as far as it is told: None is no number. `adjusted` is how, as Beacon 2.2 says it."""

    value: int | None
    precision: str
    adjusted: tuple[str | int, ...]


@dataclass(frozen=True)
class ProtectedSearch:
    """One question, put to one release under a guard. `alleles` are those of all datasets together."""

    variants: Variants
    release: Release
    entry: EntryType
    question: Question
    guard: Guard
    alleles: int

    def exists(self) -> bool:
        """True where a match is told of."""
        if self._about_people:
            return len(self._asked_people) >= self.guard.threshold
        return self._is_common or self._witness is not None

    def number(self) -> Number:
        """How many matches are told of; 0 exactly where there are none to tell of."""
        if self.entry is EntryType.VARIANT:
            return self._alleles()
        steps = (self.guard.step, _LEFT_OUT)
        if not self.exists():
            return Number(0, "rounded", steps)
        if not self.release.one_sample_each and self.entry is not EntryType.INDIVIDUAL:
            return Number(None, "rounded", steps)  # samples of a person are counted as one, or not at all
        if self._about_people and not self.question.sexes:
            return Number(self.guard.size(self._people).value, "rounded", steps)
        return Number(self.guard.count(self._matching_people(), self._people).value, "rounded", steps)

    def page(self, offset: int, limit: int) -> Sequence[FoundVariant]:
        """The alleles that are told of, in order of place, without whatever counts who carries them."""
        if self.entry is not EntryType.VARIANT:
            return ()
        if self._is_common:
            rows = self.variants.page(self.release, self._common, offset, limit)
        else:
            rows = [self._witness.row] if self._witness is not None and offset == 0 < limit else []
        return [FoundVariant(_bare(row)) for row in rows]

    def _alleles(self) -> Number:
        if self._is_common:
            found = self.variants.count(self.release, self._common)
        else:
            found = int(self._witness is not None)
        return Number(found, "imprecise", _AT_LEAST)

    @property
    def _about_people(self) -> bool:
        """True where it is people who are asked about, whatever they carry."""
        return self.entry is not EntryType.VARIANT and self.question.about_any()

    @cached_property
    def _people(self) -> int:
        return self.variants.count_people(self.release, BitMap(range(self.release.samples)))

    @cached_property
    def _asked_people(self) -> Collection[str]:
        sexes = self.question.sexes
        found = self.variants.of_sexes(self.release, sexes) if sexes else None
        return self._names(BitMap(range(self.release.samples)) if found is None else found)

    @cached_property
    def _line(self) -> int:
        """How many samples carry an allele of which so many people are sure to do that anybody is told."""
        asked_apart = bool(self.question.zygosities or self.question.sexes)
        line = self.guard.unwritten(self._people, self.alleles * (_WAYS if asked_apart else 1))
        return line * self.variants.most_samples_each(self.release)

    @cached_property
    def _common(self) -> Question:
        return replace(self.question, least_carriers=self._line)

    @cached_property
    def _is_common(self) -> bool:
        return self.variants.exists(self.release, self._common)

    @cached_property
    def _witness(self) -> Witness | None:
        """The rarer allele that is told of.

        Where there is none to try, the books are asked all the same: a no takes the way of a refusal.
        """
        least = self.guard.least(self._people)
        rarer = replace(self.question, least_carriers=least)
        tried = self.variants.most_carried(self.release, rarer, self._line, _TRIED)
        for identifier, row, ordinals in tried:
            people = self._names(ordinals)
            if self.guard.tell(self._thing(identifier), people, self._people):
                return Witness(row, people)
        if not tried:
            self.guard.tell("", _NOTHING, self._people)
        return None

    def _thing(self, identifier: str) -> str:
        """What is told: an allele, or that it is carried in such a way, or by somebody of such a sex."""
        ways = sorted(each.value for each in (*self.question.zygosities, *self.question.sexes))
        return "|".join((identifier, *ways))

    def _matching_people(self) -> Collection[str]:
        if self._about_people:
            return self._asked_people
        if self._is_common:
            return self._names(self.variants.carriers(self.release, self._common))
        return () if self._witness is None else self._witness.people

    def _names(self, ordinals: BitMap) -> Collection[str]:
        found = self.variants.samples(self.release, ordinals, 0, len(ordinals))
        return {each.person for each in found}


def protected(
    variants: Variants,
    release: Release,
    route: Route,
    identifier: str | None,
    question: Question,
    *,
    guard: Guard,
    alleles: int,
) -> ProtectedSearch:
    """The search that a path asks for, where it names nobody; `identifier` is that of the path, if any."""
    holder = route.entry if route.single else route.within
    if identifier is not None and holder is EntryType.VARIANT:
        question = replace(question, variant_id=identifier)
    return ProtectedSearch(variants, release, route.entry, question, guard, alleles)


def _bare(row: AlleleRow) -> AlleleRow:
    """The allele without its carriers, its counts and what the files said of frequencies and quality."""
    return AlleleRow(
        row.allele,
        anchor=row.anchor,
        ids=row.ids,
        annotation=row.annotation,
        copy_change=row.copy_change,
        mate_contig=row.mate_contig,
        mate_position=row.mate_position,
    )

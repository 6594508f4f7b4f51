"""Looking into a dataset whose people are protected: what may be told of what matches.

Every answer is about one allele, its witness, however many match: it tells what asking for that allele by
name tells, and costs the same. So nothing is learnt by moving the border of a range, by a bracket, a gene or
a filter, by counting or by turning pages: a number of alleles would tell of each whether it is among those
that are counted. Which allele it is must not tell how many carry it: it is the first by place of which this
caller is told.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from pyroaring import BitMap

from beacon.domain.entries import EntryType, Route
from beacon.domain.found import FoundVariant
from beacon.once import once
from governance.disclosure.control import Guard
from variants.domain.allele import AlleleRow
from variants.domain.dataset import Release
from variants.domain.question import Question
from variants.service import Carried, Variants

_AT_ONCE = 16  # alleles that are looked for in one query
_LEAST_TRIED = 4  # times that the books are asked of a range that holds nothing, as if it held something
_NOTHING: tuple[str, ...] = ()
_AT_LEAST = "at least"
_LEFT_OUT = "people whose budget is spent are left out"


@dataclass(frozen=True, slots=True)
class Number:
    """How many, as far as it is told: None is no number. `adjusted` is how, as Beacon 2.2 says it."""

    value: int | None
    precision: str
    adjusted: tuple[str | int, ...]


@dataclass(frozen=True)
class ProtectedSearch:
    """One question, put to one release under a guard."""

    variants: Variants
    release: Release
    entry: EntryType
    question: Question
    guard: Guard

    def exists(self) -> bool:
        """True where a match is told of."""
        if self._about_people:
            return self._has_such_people
        return self._is_common or self._told is not None

    def number(self) -> Number:
        """How many matches are told of, at least; 0 exactly where there are none to tell of."""
        if self.entry is EntryType.VARIANT:
            return Number(int(self.exists()), "imprecise", (_AT_LEAST,))
        steps: tuple[str | int, ...] = (self.guard.step, _LEFT_OUT)
        if not self._about_people and not _names_one(self.question):
            steps = (*steps, _AT_LEAST)
        if not self.exists():
            return Number(0, "rounded", steps)
        if not self.release.one_sample_each and self.entry is not EntryType.INDIVIDUAL:
            return Number(None, "rounded", steps)  # samples of a person are counted as one, or not at all
        return Number(self._counted(), "rounded", steps)

    def page(self, offset: int, limit: int) -> Sequence[FoundVariant]:
        """The allele that is told of, without whatever counts who carries it."""
        if self.entry is not EntryType.VARIANT or offset > 0 or limit < 1 or self._told is None:
            return ()
        return [FoundVariant(_bare(self._told.row))]

    def _counted(self) -> int | None:
        if self._about_people:
            return self._count_asked()
        found = () if self._told is None else self._names(self._told.ordinals)
        if self.question.sexes and self._base - len(found) < self.guard.threshold:
            return self._count_asked()  # as if all of these sexes did: one number for all such sets
        return self.guard.count(found, self._base).value

    def _count_asked(self) -> int | None:
        if not self.question.sexes:
            return self.guard.size(self._people).value
        return self.guard.count(self._asked_people, self._people).value

    @property
    def _about_people(self) -> bool:
        """True where it is people who are asked about, whatever they carry."""
        return self.entry is not EntryType.VARIANT and self.question.about_any()

    @property
    def _has_such_people(self) -> bool:
        """True where there are people, or people of such a sex: which is told of like an allele."""
        number = len(self._asked_people)
        if not self.question.sexes:
            return number >= self.guard.threshold
        if number >= self.guard.unwritten(self._people):
            return True
        return self.guard.tell(self._thing("people"), self._asked_people, self._people) > 0

    @once
    def _people(self) -> int:
        return self.variants.people(self.release)

    @once
    def _asked_people(self) -> Collection[str]:
        sexes = self.question.sexes
        found = self.variants.of_sexes(self.release, sexes) if sexes else None
        return self._names(BitMap(range(self.release.samples)) if found is None else found)

    @once
    def _base(self) -> int:
        """How many people could carry what is asked for: those of the sexes asked."""
        return len(self._asked_people) if self.question.sexes else self._people

    @once
    def _line(self) -> int:
        """How many samples carry an allele of which so many people are sure to do that anybody is told."""
        return self.guard.unwritten(self._base) * self.variants.most_samples_each(self.release)

    @once
    def _asked(self) -> Question:
        """Leaves out the alleles of which a no is told whatever the books say."""
        least = min(self.guard.least(self._base), self._line)
        return replace(self.question, least_carriers=least)

    @once
    def _named(self) -> Sequence[Carried] | None:
        """All that is found, in one query, where the question names few alleles; None where it does not."""
        return self.variants.named(self.release, self._asked, _AT_ONCE)

    @once
    def _is_common(self) -> bool:
        """True where something matches that is told to everybody: then yes is yes, whatever the witness."""
        if self._named is not None:
            return any(each.number >= self._line for each in self._named)
        return self.variants.exists(self.release, replace(self.question, least_carriers=self._line))

    @once
    def _told(self) -> Carried | None:
        """The witness.

        Where there are none or few to try, the books are asked all the same: a no takes the way of a refusal.
        """
        found = self._named
        if found is None:
            found = self.variants.in_place(self.release, self._asked, self._line)
        for each in found:
            if each.number >= self._line:
                return each
            if self.guard.tell(self._thing(each.identifier), self._names(each.ordinals), self._base):
                return each
        for number in range(len(found), 1 if self._named is not None else _LEAST_TRIED):
            self.guard.tell(self._nothing(number), _NOTHING, self._base)
        return None

    def _nothing(self, number: int) -> str:
        """What is booked where nothing is found: what would be if it were refused, however it was spelled."""
        name = self.variants.named_by(self.release, self.question)
        if name is None:
            return f"{number}|{self.question}"
        return f"{number}|{self._thing(name)}" if number else self._thing(name)

    def _thing(self, identifier: str) -> str:
        """What is told: an allele, or that it is carried in such a way, or by somebody of such a sex."""
        ways = sorted(each.value for each in (*self.question.zygosities, *self.question.sexes))
        return "|".join((identifier, *ways))

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
) -> ProtectedSearch:
    """The search that a path asks for, where it names nobody; `identifier` is that of the path, if any."""
    holder = route.entry if route.single else route.within
    if identifier is not None and holder is EntryType.VARIANT:
        question = replace(question, variant_id=identifier)
    return ProtectedSearch(variants, release, route.entry, question, guard)


def _names_one(question: Question) -> bool:
    """True where no two alleles can match, so that the people of one are all there are."""
    bases = question.alternate_bases
    at_one = len(question.start) == 1 and not question.end and bases is not None and "N" not in bases.upper()
    return question.variant_id is not None or (at_one and question.reference_bases is not None)


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

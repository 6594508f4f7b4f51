"""Looking into one dataset: whether, how many and which records of an entry type match a question."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol

from pyroaring import BitMap

from beacon.domain.entries import EntryType, Route
from beacon.domain.found import FoundVariant
from beacon.domain.identifiers import sample_of_analysis, sample_of_run
from variants.domain.dataset import Release, Sample
from variants.domain.question import Question
from variants.service import Variants

Found = Sample | FoundVariant


class Search(Protocol):
    """One question, put to one release. Nothing is read before a method is called."""

    def exists(self) -> bool:
        """True where any record matches."""

    def count(self) -> int:
        """How many distinct records match."""

    def page(self, offset: int, limit: int) -> Sequence[Found]:
        """Matching records in a fixed order; walking the pages meets each once."""


@dataclass(frozen=True, slots=True)
class NothingToSearch:
    """What is asked of lies in no sample of the release."""

    def exists(self) -> bool:
        """False."""
        return False

    def count(self) -> int:
        """None."""
        return 0

    def page(self, _offset: int, _limit: int) -> Sequence[Found]:
        """No records."""
        return ()


@dataclass(frozen=True, slots=True)
class VariantSearch:
    """Variants that match."""

    variants: Variants
    release: Release
    question: Question

    def exists(self) -> bool:
        """True where any allele matches."""
        return self.variants.exists(self.release, self.question)

    def count(self) -> int:
        """How many alleles match."""
        return self.variants.count(self.release, self.question)

    def page(self, offset: int, limit: int) -> Sequence[Found]:
        """Alleles in order of place, without their carriers."""
        return [FoundVariant(row) for row in self.variants.page(self.release, self.question, offset, limit)]


@dataclass(slots=True)
class SampleSearch:
    """People, biosamples, runs or analyses among `inside` (None: all samples) that carry what is asked."""

    variants: Variants
    release: Release
    question: Question
    entry: EntryType
    inside: frozenset[int] | None
    _found: BitMap | None = None  # counting and paging look for the same samples

    def exists(self) -> bool:
        """True where anybody carries a match."""
        if not self.release.has_samples:
            return False
        if self.question.about_any():
            return bool(self._asked_of()) if self.question.sexes else self.inside is None or bool(self.inside)
        return self.variants.exists(self.release, replace(self.question, carried_by=self.inside))

    def count(self) -> int:
        """How many distinct people, biosamples or samples carry a match."""
        ordinals = self._ordinals()
        if self.entry is EntryType.INDIVIDUAL:
            return self.variants.count_people(self.release, ordinals)
        if self.entry is EntryType.BIOSAMPLE and not self.release.one_sample_each:
            return len(self._distinct(ordinals))
        return len(ordinals)

    def people(self) -> set[str]:
        """The names of the people counted."""
        ordinals = self._ordinals()
        found = self.variants.samples(self.release, ordinals, 0, len(ordinals))
        return {each.person for each in found}

    def page(self, offset: int, limit: int) -> Sequence[Found]:
        """Samples in the order of the files; of those of one person or biosample, the first."""
        ordinals = self._ordinals()
        if self.release.one_sample_each or self.entry not in _NAMES:
            return self.variants.samples(self.release, ordinals, offset, limit)
        return list(islice(self._distinct(ordinals), offset, offset + limit))

    def _ordinals(self) -> BitMap:
        if self._found is None:
            self._found = self._look()
        return self._found

    def _look(self) -> BitMap:
        if self.question.about_any():
            return self._asked_of()
        found = self.variants.carriers(self.release, self.question)
        return found if self.inside is None else found & BitMap(self.inside)

    def _asked_of(self) -> BitMap:
        """Everybody in question, whatever they carry."""
        everybody = BitMap(range(self.release.samples)) if self.inside is None else BitMap(self.inside)
        if not self.question.sexes:
            return everybody
        return everybody & self.variants.of_sexes(self.release, self.question.sexes)

    def _distinct(self, ordinals: BitMap) -> list[Sample]:
        name = _NAMES[self.entry]
        first: dict[str, Sample] = {}
        for sample in self.variants.samples(self.release, ordinals, 0, len(ordinals)):
            first.setdefault(name(sample), sample)
        return list(first.values())


_NAMES: dict[EntryType, Callable[[Sample], str]] = {
    EntryType.INDIVIDUAL: lambda sample: sample.person,
    EntryType.BIOSAMPLE: lambda sample: sample.biosample,
}


def search(
    variants: Variants, release: Release, route: Route, identifier: str | None, question: Question
) -> Search:
    """The search that a path asks for; `identifier` is that of the path, if it has one."""
    holder = route.entry if route.single else route.within
    inside: frozenset[int] | None = None
    if identifier is not None and holder is EntryType.VARIANT:
        question = replace(question, variant_id=identifier)
    elif identifier is not None and holder is not None and not holder.collection:
        inside = _inside(variants, release, holder, identifier)
        if not inside:
            return NothingToSearch()
    if route.entry is EntryType.VARIANT:
        return VariantSearch(
            variants, release, question if inside is None else replace(question, carried_by=inside)
        )
    return SampleSearch(variants, release, question, route.entry, inside)


def holds(variants: Variants, release: Release, question: Question) -> bool:
    """True where a dataset, as a collection, has what is asked: such an allele, or somebody of such a sex."""
    if question.sexes and question.about_any():
        return bool(variants.of_sexes(release, question.sexes))
    return variants.exists(release, question)


def _inside(variants: Variants, release: Release, holder: EntryType, identifier: str) -> frozenset[int]:
    """The ordinals of the samples that a person, biosample, run or analysis of this identifier stands for."""
    if not release.has_samples:
        return frozenset()
    if holder is EntryType.INDIVIDUAL:
        found = variants.find_samples(release, person=identifier)
    elif holder is EntryType.BIOSAMPLE:
        found = variants.find_samples(release, biosample=identifier)
    else:
        name = sample_of_run(identifier) if holder is EntryType.RUN else sample_of_analysis(identifier)
        found = variants.find_samples(release, sample=name) if name else []
    return frozenset(sample.ordinal for sample in found)

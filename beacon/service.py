"""The Beacon's use cases: who may be asked, what each dataset says, and how that makes one answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pyroaring import BitMap

from beacon.domain import example
from beacon.domain.asking import Asked, Granularity, Include
from beacon.domain.entries import EntryType, Route
from beacon.domain.found import Answer, Collections, FoundCollection, FoundVariant, Part
from beacon.domain.identifiers import cohort_id, dataset_of_cohort
from beacon.domain.terms import narrow
from beacon.errors import NoSuchCollection, NotAsked, NotGiven, UnknownSequence
from beacon.protected import ProtectedSearch, protected
from beacon.search import Search, holds, search
from database.moments import Moment, Moments
from governance.caller import Caller
from governance.datasets import Dataset, Tier
from governance.disclosure.control import Disclosure, Guard
from governance.gate import Gate, Permitted
from governance.policy.actions import Action
from governance.policy.decision import Decision
from governance.register import DatasetRegister
from variants.domain.assembly import is_accession
from variants.domain.dataset import Release, Sample
from variants.domain.question import Question
from variants.service import Variants

_Answer = TypeVar("_Answer")
_GRANULARITY = {
    Tier.BOOLEAN: Granularity.BOOLEAN,
    Tier.COUNT: Granularity.COUNT,
    Tier.RECORD: Granularity.RECORD,
}
_TIER = {granularity: tier for tier, granularity in _GRANULARITY.items()}
_ACTION = {
    Granularity.BOOLEAN: Action.BEACON_BOOLEAN,
    Granularity.COUNT: Action.BEACON_COUNT,
    Granularity.RECORD: Action.BEACON_RECORD,
}
_ORDER = tuple(_GRANULARITY.values())
_SOMEBODY = (EntryType.INDIVIDUAL, EntryType.BIOSAMPLE, EntryType.RUN, EntryType.ANALYSIS)

_NOBODY = "No dataset here can be asked by you."
_ABSENT = "datasetIds names no dataset that you may ask. See /datasets for those there are"
_NO_COLLECTION = "There is no such dataset or cohort, or none that you may know of."
_OTHER = "Not asked: the question is not about this dataset's assembly, sequences, genes or annotations."
_NAMELESS = "Not asked: this dataset does not tell you anything about a person or sample by name."


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Somebody's question to a path. `identifier` is that of the path, where it has one."""

    caller: Caller
    route: Route
    identifier: str | None
    asked: Asked

    @property
    def collection(self) -> str | None:
        """The id of the dataset that the path is about."""
        holder = self.route.entry if self.route.single else self.route.within
        if self.identifier is None or holder is None or not holder.collection:
            return None
        return self.identifier if holder is EntryType.DATASET else dataset_of_cohort(self.identifier) or ""

    @property
    def names_somebody(self) -> bool:
        """True where the path names a person, or what was taken from or made for one."""
        holder = self.route.entry if self.route.single else self.route.within
        return holder in _SOMEBODY

    @property
    def action(self) -> Action:
        """What policy is asked for: whether a named person is here is a record, however little is asked."""
        return Action.BEACON_RECORD if self.names_somebody else _ACTION[self.asked.granularity]

    @property
    def recorded(self) -> dict[str, Any]:
        """What was asked, as the audit trail keeps it: what was not said is left out."""
        asked = self.asked
        said = {
            "operation": self.route.operation,
            "id": self.identifier,
            "parameters": dict(asked.parameters),
            "filters": [each.text for each in asked.filters],
            "datasets": asked.datasets,
            "granularity": asked.granularity,
            "include": asked.include,
            "skip": asked.skip,
            "limit": asked.limit,
            "test": asked.test,
        }
        return {name: value for name, value in said.items() if value}

    def given(self, decision: Decision) -> Granularity:
        """How much is told of a dataset: what was asked, as far as policy goes."""
        return _GRANULARITY[min(decision.given, _TIER[self.asked.granularity])]


class Beacon:
    """Answers questions over all datasets. Holds no state of a request; one for each process."""

    def __init__(
        self,
        variants: Variants,
        register: DatasetRegister,
        gate: Gate,
        disclosure: Disclosure,
        moments: Moments,
        *,
        case_level_limit: int,
    ) -> None:
        self._moments = moments
        self._variants = variants
        self._register = register
        self._gate = gate
        self._disclosure = disclosure
        self._case_level_limit = case_level_limit

    def answer(self, inquiry: Inquiry) -> Answer:
        """What the datasets say, each as much as this caller may have of it, in order of dataset id.

        Of a person or sample named in the path, datasets speak that give records; the others answer every
        name alike, without looking.

        Raises:
            UnknownFilter, UnknownSequence and the reasons of `Variants.answerable`: the question cannot be
            answered. NoSuchCollection: the path's dataset or cohort is none that this caller may know of.
            NotAsked, NotGiven: `datasetIds` names none that this caller may ask.
        """
        asked = inquiry.asked
        question = narrow(asked.question, asked.filters)
        moment = self._moments.now()

        def work(decisions: Permitted) -> Answer:
            visible = self._visible(inquiry, decisions)
            if asked.test and not visible:
                self._variants.answerable([], question)
                return example.answer(inquiry.route.entry, asked.granularity)
            return self._answer(inquiry, question, visible, moment)

        return self._ask(inquiry, inquiry.action, moment, work)

    def collections(self, inquiry: Inquiry) -> Collections:
        """The datasets or cohorts that this caller may know of; with a match, where something is asked.

        Raises:
            As `answer`.
        """
        asked = inquiry.asked
        question = narrow(asked.question, asked.filters)
        moment = self._moments.now()

        def work(decisions: Permitted) -> Collections:
            visible = self._visible(inquiry, decisions)
            if asked.test and not visible:
                return example.collections(inquiry.route.entry, asked.granularity)
            found = self._collected(inquiry, question, visible, moment)
            if inquiry.route.single and not found:
                raise NoSuchCollection(_NO_COLLECTION)
            listed = [each for each, exists in found if asked.include.lists(exists)]
            page = listed[asked.offset : asked.offset + asked.limit]
            total = sum(exists for _, exists in found)
            return Collections(asked.granularity, total, page, _notes(asked, visible))

        # Nobody learns more of a collection than its size.
        return self._ask(inquiry, Action.BEACON_COUNT, moment, work)

    def know(self, inquiry: Inquiry) -> None:
        """Returns where the path's dataset or cohort is one that this caller may know of.

        Raises:
            NoSuchCollection: it is not.
        """

        def work(decisions: Permitted) -> None:
            self._visible(inquiry, decisions)

        self._ask(inquiry, Action.BEACON_BOOLEAN, self._moments.now(), work)

    def _ask(
        self, inquiry: Inquiry, action: Action, moment: Moment, work: Callable[[Permitted], _Answer]
    ) -> _Answer:
        """What `work` makes of the datasets that policy opens, on record with what was asked."""
        candidates = self._candidates(inquiry, moment)
        return self._gate.answer(inquiry.caller, action, candidates, work, question=inquiry.recorded)

    def _candidates(self, inquiry: Inquiry, moment: Moment) -> list[Dataset]:
        """The datasets the question is put to, by id: fake ones in test mode only, those named if any are."""
        asked, collection = inquiry.asked, inquiry.collection
        wanted = [each for each in self._register.all(moment) if each.test is asked.test]
        if collection is not None:
            wanted = [each for each in wanted if each.id == collection]
        if asked.datasets:
            wanted = [each for each in wanted if each.id in asked.datasets]
        return wanted

    def _visible(self, inquiry: Inquiry, visible: Permitted) -> Permitted:
        """What policy permits, where that is enough to say anything at all."""
        if visible or inquiry.asked.test:
            return visible
        if inquiry.collection is not None:
            raise NoSuchCollection(_NO_COLLECTION)
        if inquiry.asked.datasets:
            if inquiry.caller.anonymous:
                raise NotAsked(f"{_ABSENT}, or send credentials.")
            raise NotGiven(f"{_ABSENT}.")
        return visible

    def _answer(
        self, inquiry: Inquiry, question: Question, visible: Permitted, moment: Moment
    ) -> Answer:
        loaded = self._loaded(visible, moment)
        answering = self._variants.answerable(list(loaded.values()), question)
        notes = [*_notes(inquiry.asked, visible), *_assembly_notes(question, answering)]
        about = {each.dataset_id for each in answering}
        window = _Window(inquiry.asked, self._case_level_limit)
        alleles = self._alleles(moment)
        parts = []
        for decision in visible:
            release = loaded.get(decision.dataset.id)
            guard = self._disclosure.guard(inquiry.caller, decision)
            if inquiry.names_somebody and (decision.given < Tier.RECORD or not guard.open):
                parts.append(_silent(inquiry, decision, _NAMELESS))
            elif release is None or release.dataset_id not in about:
                parts.append(_silent(inquiry, decision, None if release is None else _OTHER))
            else:
                parts.append(
                    self._part(inquiry, question, decision, release, window, guard=guard, alleles=alleles)
                )
            visible.told(decision, parts[-1].count, parts[-1].precision)
        given = max((part.given for part in parts), key=_ORDER.index, default=Granularity.BOOLEAN)
        return Answer(given, parts, notes)

    def _loaded(self, visible: Sequence[Decision], moment: Moment) -> dict[str, Release]:
        """The releases of the datasets that have one, in the order of the decisions."""
        releases = self._variants.releases(moment)
        ids = (decision.dataset.id for decision in visible)
        return {each: releases[each] for each in ids if each in releases}

    def _alleles(self, moment: Moment) -> int:
        """How many alleles all datasets have together."""
        return sum(each.alleles for each in self._variants.releases(moment).values())

    def _part(
        self,
        inquiry: Inquiry,
        question: Question,
        decision: Decision,
        release: Release,
        window: "_Window",
        *,
        guard: Guard,
        alleles: int,
    ) -> Part:
        given = inquiry.given(decision)
        if release.has_samples and not guard.open:
            route, identifier = inquiry.route, inquiry.identifier
            hidden = protected(
                self._variants, release, route, identifier, question, guard=guard, alleles=alleles
            )
            return _protected_part(inquiry, decision, release, hidden, window)
        looking = search(self._variants, release, inquiry.route, inquiry.identifier, question)
        if given is Granularity.BOOLEAN:
            return Part(decision.dataset, given, looking.exists(), release=release)
        count = looking.count()
        records: Sequence[Sample | FoundVariant] = ()
        if given is Granularity.RECORD:
            records = [self._with_cases(each, release, window) for each in window.next(looking, count)]
        return Part(decision.dataset, given, count > 0, count, records, release)

    def _with_cases(
        self, found: Sample | FoundVariant, release: Release, window: "_Window"
    ) -> Sample | FoundVariant:
        if not isinstance(found, FoundVariant) or not release.has_samples or window.cases <= 0:
            return found
        cases = self._variants.cases(release, found.row, 0, window.cases)
        window.cases -= len(cases)
        return replace(found, cases=cases)

    def _collected(
        self, inquiry: Inquiry, question: Question, visible: Sequence[Decision], moment: Moment
    ) -> list[tuple[FoundCollection, bool]]:
        """Every collection that this caller may know of, each with whether it has a match."""
        loaded = self._loaded(visible, moment)
        answering = self._variants.answerable(list(loaded.values()), question)
        _assembly_notes(question, answering)
        anything = question.about_any() and question.assembly is None and not question.sexes
        about = {each.dataset_id for each in answering}
        entry, alleles = inquiry.route.entry, self._alleles(moment)
        found = []
        for decision in visible:
            release = loaded.get(decision.dataset.id)
            guard = self._disclosure.guard(inquiry.caller, decision)
            exists = anything or (
                release is not None
                and release.dataset_id in about
                and self._holds(release, question, guard, alleles)
            )
            if entry is EntryType.DATASET or (release is not None and release.has_samples):
                found.append((self._collection(entry, decision, release, guard), exists))
        return found

    def _holds(self, release: Release, question: Question, guard: Guard, alleles: int) -> bool:
        """True where a dataset, as a collection, tells that it has what is asked."""
        if guard.open or not release.has_samples:
            return holds(self._variants, release, question)
        sought = EntryType.INDIVIDUAL if question.about_any() else EntryType.VARIANT
        route = Route(sought)
        looking = protected(self._variants, release, route, None, question, guard=guard, alleles=alleles)
        return looking.exists()

    def _collection(
        self, entry: EntryType, decision: Decision, release: Release | None, guard: Guard
    ) -> FoundCollection:
        dataset = decision.dataset
        identifier = dataset.id if entry is EntryType.DATASET else cohort_id(dataset.id)
        people = None
        if entry is EntryType.COHORT and release is not None and decision.given >= Tier.COUNT:
            people = self._variants.count_people(release, BitMap(range(release.samples)))
        given = decision.given
        if not guard.open and release is not None and release.has_samples:
            people = None if people is None else guard.size(people).value
            given = min(given, Tier.BOOLEAN)  # how much is loaded, and since when, tells who joined
        return FoundCollection(identifier, dataset, given, release, people)


def _protected_part(
    inquiry: Inquiry, decision: Decision, release: Release, looking: ProtectedSearch, window: "_Window"
) -> Part:
    """What a dataset says whose people are protected: of people, at most how many."""
    given = inquiry.given(decision)
    if given is Granularity.RECORD and inquiry.route.entry is not EntryType.VARIANT:
        given = Granularity.COUNT
    if given is Granularity.BOOLEAN:
        return Part(decision.dataset, given, looking.exists(), release=release)
    number = looking.number()
    exists = looking.exists() if number.value is None else number.value > 0
    records = window.next(looking, number.value or 0) if given is Granularity.RECORD else ()
    return Part(
        decision.dataset,
        given,
        exists,
        number.value,
        records,
        release,
        precision=number.precision,
        adjusted=number.adjusted,
    )


class _Window:
    """The page of an answer as it moves over the datasets, and how many carriers it has room for."""

    def __init__(self, asked: Asked, cases: int) -> None:
        wanted = asked.include in (Include.HIT, Include.ALL)
        self._skip = asked.offset
        self._room = asked.limit if wanted else 0
        self.cases = cases

    def next(self, looking: Search | ProtectedSearch, count: int) -> Sequence[Sample | FoundVariant]:
        """The records of the next dataset, which has `count` of them, that lie on the page."""
        offset = self._skip
        self._skip = max(0, self._skip - count)
        if offset >= count or self._room <= 0:
            return ()
        found = looking.page(offset, self._room)
        self._room -= len(found)
        return found


def _silent(inquiry: Inquiry, decision: Decision, note: str | None) -> Part:
    given = inquiry.given(decision)
    count = None if given is Granularity.BOOLEAN else 0
    return Part(decision.dataset, given, exists=False, count=count, note=note)


def _notes(asked: Asked, visible: Sequence[Decision]) -> list[str]:
    if not visible:
        return [_NOBODY]
    seen = {decision.dataset.id for decision in visible}
    absent = [each[:64] for each in asked.datasets if each not in seen]
    return (
        [f"Not asked, for there are none of these names that you may ask: {', '.join(absent[:10])}"]
        if absent
        else []
    )


def _assembly_notes(question: Question, answering: Sequence[Release]) -> list[str]:
    """A name such as `20` is another place on another assembly: never guessed, and said where implied."""
    if question.assembly is not None or question.reference is None or is_accession(_bare(question.reference)):
        return []
    names = sorted({release.assembly for release in answering})
    if len(names) > 1:
        raise UnknownSequence(
            f"referenceName '{question.reference[:40]}' lies on more than one assembly here: "
            f"add assemblyId, one of {', '.join(names)}."
        )
    return (
        [f"assemblyId was not given: taken as {names[0]}, the assembly of every dataset asked."]
        if names
        else []
    )


def _bare(reference: str) -> str:
    return reference.strip().partition(":")[2] or reference

"""The Beacon's use cases: who may be asked, what each dataset says, and how that makes one answer."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from beacon import notes
from beacon.domain import example
from beacon.domain.asking import Granularity
from beacon.domain.entries import EntryType, Route
from beacon.domain.found import Answer, Collections, FoundCollection, FoundVariant, Part
from beacon.domain.identifiers import cohort_id
from beacon.domain.terms import narrow
from beacon.errors import NoSuchCollection
from beacon.inquiry import ORDER, Inquiry
from beacon.protected import protected
from beacon.search import SampleSearch, holds, search
from beacon.telling import Window, protected_part, rounded_part, silent
from database.moments import Moment, Moments
from governance.datasets import Dataset, Tier
from governance.disclosure.control import Disclosure, Guard
from governance.gate import Gate, Permitted
from governance.policy.actions import Action
from governance.policy.decision import Decision
from governance.policy.honouring import RECORDS
from governance.policy.obligations import Kind
from governance.register import DatasetRegister
from variants.domain.dataset import Release, Sample
from variants.domain.question import Question
from variants.service import Variants

_Answer = TypeVar("_Answer")

_HONOURED = RECORDS | {Kind.ROUND}
"""What rules can oblige a Beacon to: `disclosure.guard` rounds, `wire.envelope` makes the records fit."""


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

        def work(decisions: Permitted, listed: list[Dataset]) -> Answer:
            visible = _visible(inquiry, decisions, listed)
            if asked.test and not visible:
                self._variants.answerable([], question)
                return example.answer(inquiry.route.entry, asked.granularity)
            said = notes.of_datasets(asked, visible, listed)
            return self._answer(inquiry, question, visible, moment, said)

        return self._ask(inquiry, inquiry.action, moment, work)

    def collections(self, inquiry: Inquiry) -> Collections:
        """The datasets or cohorts that this caller may know of; with a match, where something is asked.

        Raises:
            As `answer`.
        """
        asked = inquiry.asked
        question = narrow(asked.question, asked.filters)
        moment = self._moments.now()

        def work(decisions: Permitted, listed: list[Dataset]) -> Collections:
            # Of what anybody may know that it is there, the description is told to all who ask for no more.
            closed = listed if inquiry.route.entry is EntryType.DATASET and _asks_nothing(question) else []
            visible = decisions if closed else _visible(inquiry, decisions, listed)
            if asked.test and not visible and not closed:
                return example.collections(inquiry.route.entry, asked.granularity)
            found = self._collected(inquiry, question, visible, moment)
            known = {each.dataset.id for each, _ in found}
            found += [(_closed(each), True) for each in closed if each.id not in known]
            found.sort(key=lambda each: each[0].id)
            if inquiry.route.single and not found:
                raise NoSuchCollection(notes.NO_COLLECTION)
            told = [each for each, exists in found if asked.include.lists(exists)]
            page = told[asked.offset : asked.offset + asked.limit]
            total = sum(exists for _, exists in found)
            said = [] if closed else notes.of_datasets(asked, visible, listed)
            return Collections(asked.granularity, total, page, said)

        # Nobody learns more of a collection than its size.
        return self._ask(inquiry, Action.BEACON_COUNT, moment, work)

    def listed(self) -> list[Dataset]:
        """The datasets that anybody may know of, by id; those of test mode are not among them."""
        return [each for each in self._register.all() if each.listed and not each.test]

    def know(self, inquiry: Inquiry) -> None:
        """Returns where the path's dataset or cohort is one that this caller may know of.

        Raises:
            NoSuchCollection: it is not.
        """

        def work(decisions: Permitted, listed: list[Dataset]) -> None:
            _visible(inquiry, decisions, listed)

        self._ask(inquiry, Action.BEACON_BOOLEAN, self._moments.now(), work)

    def _ask(
        self,
        inquiry: Inquiry,
        action: Action,
        moment: Moment,
        work: Callable[[Permitted, list[Dataset]], _Answer],
    ) -> _Answer:
        """What `work` makes of the datasets that policy opens, on record with what was asked.

        `work` also gets those datasets, open or not, that anybody may know of.
        """
        candidates, beside = self._candidates(inquiry, moment)
        listed = [each for each in candidates if each.listed]
        return self._gate.answer(
            inquiry.caller,
            action,
            candidates,
            lambda permitted: work(permitted, listed),
            honours=_HONOURED,
            beside=beside,
            question=inquiry.recorded,
            at=moment,
        )

    def _candidates(self, inquiry: Inquiry, moment: Moment) -> tuple[list[Dataset], list[Dataset]]:
        """The datasets the question is put to, by id: fake ones in test mode only, those named if any are.

        And the confidential ones that were not named: these are decided as well, so that naming one takes
        as long as naming what is not there.
        """
        asked, collection = inquiry.asked, inquiry.collection
        here = wanted = [each for each in self._register.all(moment) if each.test is asked.test]
        if collection is not None:
            wanted = [each for each in wanted if each.id == collection]
        if asked.datasets:
            wanted = [each for each in wanted if each.id in asked.datasets]
        named = {each.id for each in wanted}
        return wanted, [each for each in here if each.confidential and each.id not in named]

    def _answer(
        self, inquiry: Inquiry, question: Question, visible: Permitted, moment: Moment, said: list[str]
    ) -> Answer:
        loaded = self._loaded(visible, moment)
        answering = self._variants.answerable(list(loaded.values()), question)
        said += notes.of_assembly(question, answering)
        about = {each.dataset_id for each in answering}
        window = Window(inquiry.asked, self._case_level_limit)
        parts = []
        for decision in visible:
            release = loaded.get(decision.dataset.id)
            guard = self._disclosure.guard(inquiry.caller, decision, moment)
            if inquiry.names_somebody and (decision.given < Tier.RECORD or not guard.open):
                part = silent(inquiry, decision, notes.NAMELESS)
            elif release is None or release.dataset_id not in about:
                part = silent(inquiry, decision, None if release is None else notes.OTHER)
            else:
                part = self._part(inquiry, question, decision, release, window, guard=guard)
            parts.append(replace(part, obligations=decision.obligations))
            visible.told(decision, part.count, part.precision)
        given = max((part.given for part in parts), key=ORDER.index, default=Granularity.BOOLEAN)
        return Answer(given, parts, said)

    def _loaded(self, visible: Sequence[Decision], moment: Moment) -> dict[str, Release]:
        """The releases of the datasets that have one, in the order of the decisions."""
        releases = self._variants.releases(moment)
        ids = (decision.dataset.id for decision in visible)
        return {each: releases[each] for each in ids if each in releases}

    def _part(
        self,
        inquiry: Inquiry,
        question: Question,
        decision: Decision,
        release: Release,
        window: Window,
        *,
        guard: Guard,
    ) -> Part:
        given = inquiry.given(decision)
        if release.has_samples and not guard.open:
            route, identifier = inquiry.route, inquiry.identifier
            hidden = protected(self._variants, release, route, identifier, question, guard=guard)
            return protected_part(inquiry, decision, release, hidden, window)
        looking = search(self._variants, release, inquiry.route, inquiry.identifier, question)
        if given is Granularity.BOOLEAN:
            return Part(decision.dataset, given, looking.exists(), release=release)
        count = looking.count()
        records: Sequence[Sample | FoundVariant] = ()
        if given is Granularity.RECORD:
            records = [self._with_cases(each, release, window) for each in window.next(looking, count)]
        part = Part(decision.dataset, given, count > 0, count, records, release)
        # Who names somebody asks about them, not how many there are.
        if isinstance(looking, SampleSearch) and guard.step > 1 and not inquiry.names_somebody:
            return rounded_part(part, looking, guard)
        return part

    def _with_cases(
        self, found: Sample | FoundVariant, release: Release, window: Window
    ) -> Sample | FoundVariant:
        if not isinstance(found, FoundVariant) or not release.has_samples or window.cases <= 0:
            return found
        cases = self._variants.cases(release, found.row, 0, window.cases)
        window.cases -= len(cases)
        return replace(found, cases=cases)

    def _collected(
        self, inquiry: Inquiry, question: Question, visible: Permitted, moment: Moment
    ) -> list[tuple[FoundCollection, bool]]:
        """Every collection that this caller may know of, each with whether it has a match."""
        loaded = self._loaded(visible, moment)
        answering = self._variants.answerable(list(loaded.values()), question)
        notes.of_assembly(question, answering)
        anything = _asks_nothing(question)
        about = {each.dataset_id for each in answering}
        entry = inquiry.route.entry
        found = []
        for decision in visible:
            release = loaded.get(decision.dataset.id)
            guard = self._disclosure.guard(inquiry.caller, decision, moment)
            exists = anything or (
                release is not None and release.dataset_id in about and self._holds(release, question, guard)
            )
            if entry is EntryType.DATASET or (release is not None and release.has_samples):
                found.append((self._collection(entry, decision, release, guard), exists))
                visible.told(decision, int(exists))
        return found

    def _holds(self, release: Release, question: Question, guard: Guard) -> bool:
        """True where a dataset, as a collection, tells that it has what is asked."""
        if guard.open or not release.has_samples:
            return holds(self._variants, release, question)
        sought = EntryType.INDIVIDUAL if question.about_any() else EntryType.VARIANT
        route = Route(sought)
        return protected(self._variants, release, route, None, question, guard=guard).exists()

    def _collection(
        self, entry: EntryType, decision: Decision, release: Release | None, guard: Guard
    ) -> FoundCollection:
        dataset = decision.dataset
        identifier = dataset.id if entry is EntryType.DATASET else cohort_id(dataset.id)
        people = None
        if entry is EntryType.COHORT and release is not None and decision.given >= Tier.COUNT:
            people = self._variants.people(release)
        given = decision.given
        exact = guard.open and guard.step == 1
        if not exact and release is not None and release.has_samples:
            people = None if people is None else guard.size(people).value
            given = min(given, Tier.BOOLEAN)  # how much is loaded, and since when, tells who joined
        return FoundCollection(identifier, dataset, given, release, people)


def _visible(inquiry: Inquiry, permitted: Permitted, listed: Sequence[Dataset]) -> Permitted:
    """What policy permits, where that is enough to say anything at all.

    Raises:
        NoSuchCollection, NotAsked, NotGiven: it is not.
    """
    if permitted or inquiry.asked.test:
        return permitted
    refusal = notes.refused(inquiry, listed)
    if refusal is not None:
        raise refusal
    return permitted


def _asks_nothing(question: Question) -> bool:
    """True where collections themselves are asked for, not those that have something."""
    return question.about_any() and question.assembly is None and not question.sexes


def _closed(dataset: Dataset) -> FoundCollection:
    """A dataset that this caller may know of and have nothing of."""
    return FoundCollection(dataset.id, dataset, Tier.NONE, None)

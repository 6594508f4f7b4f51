"""Deciding on applications: ask back, approve, reject, end; and see what there is to decide."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from governance.audit.entries import moment
from governance.caller import Caller
from governance.datasets import Dataset
from governance.errors import NotForYou, WhoAreYou
from governance.gate import Permitted
from governance.policy.actions import Action
from passport_broker.applications.approving import approved
from passport_broker.applications.ending import revoked
from passport_broker.applications.errors import ApplicationUnknown, Overtaken, OwnApplication
from passport_broker.applications.parts import Parts
from passport_broker.applications.recording import on_record
from passport_broker.applications.seen import Seen
from passport_broker.domain.actors import Actor
from passport_broker.domain.applications import STEPS, Application, Side, State, Step, Taken, after
from passport_broker.domain.content import note
from passport_broker.store import applications as store
from passport_broker.visas.errors import NotYourDataset


@dataclass(frozen=True, slots=True)
class Decision:
    """A step of the committee. `number` is the step that was looked at, if it must still be the last.

    `against` says that it is approved although the terms of use deny the purpose.
    """

    step: Step
    why: str
    number: int | None = None
    against: bool = False


class Committee:
    """The use cases of those who decide. Safe between threads and processes.

    Who may is the policy's to say, for each dataset (`access:decide`); of an application that a caller has
    nothing to do with they learn nothing.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def see(self, caller: Caller, identifier: str) -> Seen:
        """An application, for who applied, takes part or decides.

        Raises:
            ApplicationUnknown: there is none, or it is none of the caller's business.
        """
        found = self._find(identifier)

        def work(permitted: Permitted) -> Seen:
            if caller.anonymous:
                raise WhoAreYou
            if found is None:
                raise ApplicationUnknown(identifier)
            own = bool(_subjects(caller, self._parts.issuer) & set(_who(found)))
            decides = bool(permitted) and found.last.state is not State.DRAFT
            if not own and not decides:
                raise ApplicationUnknown(identifier)
            with self._parts.database.unit_of_work() as work:
                history = store.history(work.connection, found.id)
            status, match = found.status(self._parts.clock()), self._parts.match(found)
            return Seen(found, status, history, match, own, decides)

        datasets = [] if found is None else self._parts.datasets(found.dataset)
        question = {"application": identifier[:64]}
        return self._parts.gate.answer(caller, Action.ACCESS_DECIDE, datasets, work, question=question)

    def to_review(self, caller: Caller, *, waiting: bool = True) -> list[tuple[Application, str]]:
        """Those that wait for this caller's decision, or all they may see; each with its status.

        Raises:
            NotForYou, WhoAreYou: there is no dataset that the caller decides on.
        """

        def work(permitted: Permitted) -> list[tuple[Application, str]]:
            if not permitted:
                raise WhoAreYou if caller.anonymous else NotForYou
            datasets = [each.dataset.id for each in permitted]
            with self._parts.database.unit_of_work() as work:
                found = store.of_datasets(work.connection, datasets, waiting=waiting)
            now = self._parts.clock()
            return [(each, each.status(now)) for each in found]

        return self._parts.gate.answer(caller, Action.ACCESS_DECIDE, self._parts.register.all(), work)

    def decide(self, caller: Caller, identifier: str, decision: Decision) -> Application:
        """The application after the decision, which took effect: an approval is visas.

        Raises:
            ApplicationUnknown: there is none, or it is none of the caller's business.
            ApplicationInvalid: no reason is given.
            NotNow: it cannot be decided so as it is; says why.
            Overtaken: somebody else was quicker.
            OwnApplication: the caller would decide for themselves.
            NotYourDataset: the grant opens another dataset, on which the caller does not decide.
        """
        found = self._find(identifier)

        def work(permitted: Permitted) -> Application:
            if found is None or not permitted or found.last.state is State.DRAFT:
                raise WhoAreYou if caller.anonymous else ApplicationUnknown(identifier)
            dataset = permitted[0].dataset
            if dataset.id != found.dataset:
                raise ApplicationUnknown(identifier)
            if len(permitted) < len(datasets):
                raise NotYourDataset
            _check_own(caller, found, self._parts.issuer)
            return self._decided(caller, found, decision, dataset)

        datasets = self._concerned(found, decision.step)
        question = {"application": identifier[:64], "step": decision.step}
        return self._parts.gate.answer(caller, Action.ACCESS_DECIDE, datasets, work, question=question)

    def _decided(
        self, caller: Caller, before: Application, decision: Decision, dataset: Dataset
    ) -> Application:
        now, step = self._parts.clock(), decision.step
        if STEPS[step][0] is not Side.COMMITTEE:
            raise ValueError(f"the committee does not {step}")
        why = note(decision.why, needed=True)
        if decision.number is not None and decision.number != before.last.number:
            raise Overtaken
        state = after(before.last.state, step, before.status(now))
        actor, match = Actor(caller.identity), self._parts.match(before)
        last = Taken(
            before.last.number + 1, moment(now), step, state, actor.kept(), before.content, why, match
        )
        made = replace(before, last=last)
        if step is Step.APPROVE:
            return approved(self._parts, made, dataset, actor, against=decision.against)
        ending = revoked(self._parts, before) if step is Step.END else None
        with on_record(self._parts, made, actor, ending.consequences if ending else ()) as work:
            store.add(work.connection, made.id, last)
            if ending:
                ending.carry_out(work.connection, actor, f"Application {made.id} ended: {why}")
            work.commit()
        return made

    def _concerned(self, found: Application | None, step: Step) -> Sequence[Dataset]:
        """The dataset, first; and those that an approval would open beside it."""
        datasets = [] if found is None else self._parts.datasets(found.dataset)
        if step is not Step.APPROVE:
            return datasets
        return [*datasets, *(other for each in datasets for other in self._parts.opened_with(each))]

    def _find(self, identifier: str) -> Application | None:
        with self._parts.database.unit_of_work() as work:
            return store.find(work.connection, identifier)


def _who(application: Application) -> tuple[str, ...]:
    """The subjects who may see it: members do once it is submitted."""
    drafted = application.last.state is State.DRAFT
    return (application.applicant,) if drafted else application.people


def _check_own(caller: Caller, application: Application, issuer: str) -> None:
    if _subjects(caller, issuer) & set(application.people):
        raise OwnApplication


def _subjects(caller: Caller, issuer: str) -> set[str]:
    """The caller's accounts at this broker: all that are linked are one person."""
    return {each.subject for each in caller.everybody if each.issuer == issuer}

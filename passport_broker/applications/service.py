"""Applying for access: begin, say what for, submit, withdraw, renew; and look at one's own."""

from dataclasses import replace
from datetime import UTC, datetime

from governance.caller import Caller
from governance.gate import Permitted
from governance.policy.actions import Action
from passport_broker.applications.errors import (
    ApplicationUnknown,
    DatasetNotOffered,
    NotNow,
    Overtaken,
)
from passport_broker.applications.moving import begun, taken
from passport_broker.applications.parts import Parts
from passport_broker.domain.actors import Actor
from passport_broker.domain.applications import Application, State, Step
from passport_broker.domain.content import Content, note
from passport_broker.store import applications as store


class Applications:
    """The use cases of those who want access. Safe between threads and processes."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def offered(self, caller: Caller) -> list[str]:
        """The ids of the datasets that this caller may apply for."""

        def work(permitted: Permitted) -> list[str]:
            self._parts.subject(caller)
            return [each.dataset.id for each in permitted]

        datasets = self._parts.register.all()
        return self._parts.gate.answer(caller, Action.ACCESS_APPLY, datasets, work)

    def begin(
        self, caller: Caller, dataset: str, content: Content, renews: Application | None = None
    ) -> Application:
        """The new draft.

        Raises:
            DatasetNotOffered: there is no such dataset for this caller.
        """

        def work(permitted: Permitted) -> Application:
            subject = self._parts.subject(caller)
            if not permitted:
                raise DatasetNotOffered(dataset)
            return begun(
                self._parts,
                Actor(caller.identity),
                subject=subject,
                dataset=dataset,
                content=content,
                renews=renews,
            )

        datasets = self._parts.datasets(dataset)
        return self._parts.gate.answer(
            caller, Action.ACCESS_APPLY, datasets, work, question={"step": Step.BEGIN, "dataset": dataset}
        )

    def edit(
        self, caller: Caller, identifier: str, content: Content, number: int | None = None
    ) -> Application:
        """The application, saying that now.

        Raises:
            ApplicationUnknown: there is none that is the caller's.
            NotNow: it is in the committee's hands, or decided.
            Overtaken: it is not at that step any more.
        """
        return self._step(caller, identifier, Step.EDIT, number, content=content)

    def submit(self, caller: Caller, identifier: str, number: int | None = None) -> Application:
        """The application, in the committee's hands.

        Raises:
            ApplicationInvalid: something is missing; says what.
            DatasetNotOffered, ApplicationUnknown, NotNow, Overtaken: as above.
        """
        return self._step(caller, identifier, Step.SUBMIT, number)

    def withdraw(
        self, caller: Caller, identifier: str, number: int | None = None, why: str = ""
    ) -> Application:
        """The application, withdrawn; the visas that came of it are revoked.

        Raises:
            ApplicationUnknown, NotNow, Overtaken: as above.
        """
        return self._step(caller, identifier, Step.WITHDRAW, number, why=why)

    def renew(self, caller: Caller, identifier: str, content: Content | None = None) -> Application:
        """A new draft that takes over from this one once it is approved; it says the same until edited.

        Raises:
            NotNow: there is nothing to renew.
        """
        before = self._own(caller, identifier)
        if before.last.state is not State.APPROVED:
            raise NotNow(f"An application that is {before.last.state.value} cannot be renewed.")
        return self.begin(caller, before.dataset, content or self._prolonged(before.content), before)

    def mine(self, caller: Caller) -> list[tuple[Application, str]]:
        """What the caller applied for or is a member of, each with its status; the newest first."""

        def work(_permitted: Permitted) -> list[tuple[Application, str]]:
            subject, now = self._parts.subject(caller), self._parts.clock()
            with self._parts.database.unit_of_work() as work:
                found = store.of_person(work.connection, subject)
            return [(each, each.status(now)) for each in found]

        return self._parts.gate.answer(caller, Action.ACCESS_APPLY, [], work)

    # --- steps

    def _step(
        self,
        caller: Caller,
        identifier: str,
        step: Step,
        number: int | None,
        *,
        content: Content | None = None,
        why: str = "",
    ) -> Application:
        found = self._find(identifier)
        datasets = [] if found is None else self._parts.datasets(found.dataset)

        def work(permitted: Permitted) -> Application:
            before = self._own(caller, identifier)
            if step is Step.SUBMIT and not permitted:
                raise DatasetNotOffered(before.dataset)
            if number is not None and number != before.last.number:
                raise Overtaken
            said, reason = content or before.content, note(why, needed=False)
            return taken(self._parts, Actor(caller.identity), before, step, content=said, why=reason)

        return self._parts.gate.answer(
            caller,
            Action.ACCESS_APPLY,
            datasets,
            work,
            question={"step": step, "application": identifier[:64]},
        )

    def _own(self, caller: Caller, identifier: str) -> Application:
        """The application that the caller made."""
        subject, found = self._parts.subject(caller), self._find(identifier)
        if found is None or found.applicant != subject:
            raise ApplicationUnknown(identifier)
        return found

    def _find(self, identifier: str) -> Application | None:
        with self._parts.database.unit_of_work() as work:
            return store.find(work.connection, identifier)

    def _prolonged(self, content: Content) -> Content:
        """The same from today, for as long as before."""
        today = datetime.fromtimestamp(self._parts.clock(), UTC).date()
        return replace(content, begins=today, ends=today + (content.ends - content.begins))

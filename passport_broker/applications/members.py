"""Members of applications: who is named as one says so, or is none."""

from collections.abc import Callable
from dataclasses import replace

from governance.audit.entries import moment
from governance.caller import Caller, Identity
from governance.gate import Permitted
from governance.policy.actions import Action
from passport_broker.applications.ending import revoked
from passport_broker.applications.errors import ApplicationUnknown, NotNow, Overtaken, YouApproved
from passport_broker.applications.moving import STEPS_MOST, still
from passport_broker.applications.parts import Parts
from passport_broker.applications.recording import Consequence, on_record
from passport_broker.domain.actors import Actor
from passport_broker.domain.applications import Application, State, Step, Taken, after
from passport_broker.domain.content import note
from passport_broker.domain.visas import Issued
from passport_broker.store import applications as store
from passport_broker.store import visas
from passport_broker.visas.desk import new_id, told


class Members:
    """The use cases of those whom an applicant names. Safe between threads and processes.

    Nobody gets access, nor is kept from deciding, because somebody else named them: only once they accept.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def invitations(self, caller: Caller) -> list[tuple[Application, str]]:
        """What names the caller, who has not answered, each with its status; the newest first."""

        def work(_permitted: Permitted) -> list[tuple[Application, str]]:
            subject, now = self._parts.subject(caller), self._parts.clock()
            with self._parts.database.unit_of_work() as work:
                found = store.inviting(work.connection, subject)
            return [(each, each.status(now)) for each in found]

        return self._parts.gate.answer(caller, Action.ACCESS_APPLY, [], work)

    def accept(self, caller: Caller, identifier: str, number: int | None = None) -> Application:
        """The application, of which the caller is a member now; where it is approved they get their visa.

        Raises:
            ApplicationUnknown: there is none that names the caller.
            NotNow: it is over, or they have accepted.
            Overtaken: it is not at that step any more.
            YouApproved: they would have decided for themselves.
            TooManyVisas: a passport could not carry another one.
        """

        def work(_permitted: Permitted) -> Application:
            subject, before = self._named(caller, identifier, number)
            if subject in before.last.accepted:
                raise NotNow("You have accepted that already.")
            if before.last.number >= STEPS_MOST:
                raise NotNow("This application has been changed too often: begin another.")
            self._check_approver(caller, before)
            actor, accepted = Actor(caller.identity), (*before.last.accepted, subject)
            made = self._made(before, Step.ACCEPT, actor, accepted)
            given = self._given(before, subject)
            also = [Consequence("visa.issued", each.subject, told(each)) for each in given]
            with on_record(self._parts, made, actor, also) as work:
                store.add(work.connection, made.id, made.last)
                for each in given:
                    self._parts.desk.insert(work.connection, each)
                work.commit()
            return made

        return self._answer(caller, identifier, Step.ACCEPT, work)

    def leave(self, caller: Caller, identifier: str, number: int | None = None, why: str = "") -> Application:
        """The application, which does not name the caller any more; their visa of it is revoked.

        Raises:
            ApplicationUnknown, NotNow, Overtaken: as above.
        """

        def work(_permitted: Permitted) -> Application:
            subject, before = self._named(caller, identifier, number)
            reason, actor = note(why, needed=False), Actor(caller.identity)
            members = tuple(each for each in before.content.members if each != subject)
            content = replace(before.content, members=members)
            made = self._made(before, Step.LEAVE, actor, still(before.last.accepted, content))
            made = replace(made, last=replace(made.last, content=content, note=reason))
            ending = revoked(self._parts, before, actor, f"A member left application {made.id}", subject)
            with on_record(self._parts, made, actor, ending.consequences) as work:
                store.add(work.connection, made.id, made.last)
                ending.carry_out(work.connection)
                work.commit()
            return made

        return self._answer(caller, identifier, Step.LEAVE, work)

    def _answer(
        self, caller: Caller, identifier: str, step: Step, work: Callable[[Permitted], Application]
    ) -> Application:
        question = {"step": step, "application": identifier[:64]}
        return self._parts.gate.answer(caller, Action.ACCESS_APPLY, [], work, question=question)

    def _named(self, caller: Caller, identifier: str, number: int | None) -> tuple[str, Application]:
        subject = self._parts.subject(caller)
        with self._parts.database.unit_of_work() as work:
            found = store.find(work.connection, identifier)
        if found is None or found.last.state is State.DRAFT or subject == found.applicant:
            raise ApplicationUnknown(identifier)
        if subject not in found.content.members:
            raise ApplicationUnknown(identifier)
        if number is not None and number != found.last.number:
            raise Overtaken
        return subject, found

    def _made(self, before: Application, step: Step, actor: Actor, accepted: tuple[str, ...]) -> Application:
        now = self._parts.clock()
        last = Taken(
            number=before.last.number + 1,
            at=moment(now),
            step=step,
            state=after(before.last.state, step, before.status(now)),
            by=actor.kept(),
            content=before.content,
            accepted=accepted,
        )
        return replace(before, last=last)

    def _check_approver(self, caller: Caller, application: Application) -> None:
        """Whoever approved it does not join it afterwards, with whichever account."""
        with self._parts.database.unit_of_work() as work:
            history = store.history(work.connection, application.id)
        approvers = [each.by for each in history if each.step is Step.APPROVE]
        whose = {Identity(each["issuer"], each["subject"]) for each in approvers if "subject" in each}
        if self._parts.joined(whose) & self._parts.joined(caller.everybody):
            raise YouApproved

    def _given(self, application: Application, subject: str) -> list[Issued]:
        """The visa that the approval would have given them: as the others' of it that hold."""
        if application.last.state is not State.APPROVED:
            return []
        with self._parts.database.unit_of_work() as work:
            standing = visas.of_application(work.connection, application.id)
        if any(each.subject == subject for each in standing):
            return []
        if not standing:
            raise NotNow("The visas of this application are revoked.")
        at = moment(self._parts.clock())
        return [replace(standing[0], id=new_id(), subject=subject, at=at)]

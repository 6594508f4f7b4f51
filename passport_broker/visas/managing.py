"""Issuing and revoking visas over HTTP: the desk, behind the gate."""

from collections.abc import Sequence

from governance.caller import Caller
from governance.datasets import Dataset
from governance.gate import Permitted
from governance.policy.actions import Action
from passport_broker.applications.parts import GRANTS, Parts
from passport_broker.domain.actors import Actor
from passport_broker.domain.visas import Issued
from passport_broker.store.visas import Hidden
from passport_broker.visas.desk import Wanted
from passport_broker.visas.errors import (
    LinksAreProven,
    NotForOneself,
    NotYourDataset,
    OpensNothing,
    VisaUnknown,
)

LINKED = "LinkedIdentities"


class Managing:
    """The desk for callers. Policy says who may (`visa:manage`).

    A visa that opens datasets is issued only by who decides on access to each of them (`access:decide`), and
    revoked by who decides on one: there is no way around an application that a site's rules have closed, and
    none opens what is not there yet. Links between accounts are their holder's to prove.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._desk = parts.desk
        self._gate = parts.gate

    def issue(self, caller: Caller, wanted: Wanted) -> Issued:
        """The assertion.

        Raises:
            NotForYou, WhoAreYou: policy says no.
            NotYourDataset: it opens a dataset that the caller does not decide on.
            OpensNothing: it is a grant, and there is nothing that it opens yet.
            LinksAreProven: it would say that accounts are one person's.
            NotForOneself: it is about the caller, whichever of their accounts that is.
            VisaInvalid, AccountUnknown, TooManyVisas, CannotRecord: as `Desk.issue`.
        """
        said = wanted.assertion

        def work() -> Issued:
            if said.type == LINKED:
                raise LinksAreProven
            concerned = self._parts.concerned(said.type, said.value)
            if said.type == GRANTS and not concerned:
                raise OpensNothing(said.value)
            if self._permitted(caller, concerned) < len(concerned):
                raise NotYourDataset
            if self._parts.of_one(caller, [wanted.subject]):
                raise NotForOneself
            return self._desk.issue(wanted, Actor(caller.identity))

        return self._gate.on_site(caller, Action.VISA_MANAGE, work, question={"issue": said.type[:255]})

    def revoke(self, caller: Caller, identifier: str, why: str) -> Issued:
        """The assertion, revoked; of what opens datasets, by who decides on one of them.

        Raises:
            NotForYou, WhoAreYou, LinksAreProven: as above.
            NotYourDataset: it opens datasets, and the caller decides on none.
            VisaUnknown, VisaRevoked, VisaInvalid, CannotRecord: as `Desk.revoke`.
        """

        def work() -> Issued:
            found = self._desk.get(identifier).assertion
            if found.type == LINKED:
                raise LinksAreProven
            concerned = self._parts.concerned(found.type, found.value)
            if concerned and not self._permitted(caller, concerned):
                raise NotYourDataset
            return self._desk.revoke(identifier, why, Actor(caller.identity))

        return self._gate.on_site(caller, Action.VISA_MANAGE, work, question={"revoke": identifier[:64]})

    def get(self, caller: Caller, identifier: str) -> Issued:
        """The assertion of that id.

        Raises:
            NotForYou, WhoAreYou: policy says no.
            VisaUnknown: there is none that the caller has to do with.
        """

        def work() -> Issued:
            found = self._desk.get(identifier)
            hidden, said = self._hidden(caller), found.assertion
            if said.type == LINKED or (said.type, said.value) in hidden:
                raise VisaUnknown(identifier)
            return found

        question = {"get": identifier[:64]}
        return self._gate.on_site(caller, Action.VISA_MANAGE, work, question=question)

    def listed(self, caller: Caller, subject: str | None, before: str | None, most: int) -> Sequence[Issued]:
        """What was ever asserted, the newest first; not links, nor what opens datasets of others.

        Raises:
            NotForYou, WhoAreYou: policy says no.
        """

        def work() -> Sequence[Issued]:
            hidden = Hidden(LINKED, tuple(sorted(self._hidden(caller))))
            return self._desk.listed(subject=subject, before=before, most=most, hidden=hidden)

        question = {"list": "all" if subject is None else "of one account"}
        return self._gate.on_site(caller, Action.VISA_MANAGE, work, question=question)

    def _hidden(self, caller: Caller) -> set[tuple[str, str]]:
        """The types and values of visas that open datasets of which the caller decides on none."""
        everything = self._parts.register.all()

        def work(permitted: Permitted) -> set[str]:
            return {each.dataset.id for each in permitted}

        decided = self._gate.answer(caller, Action.ACCESS_DECIDE, everything, work)
        return {
            (kind, value)
            for kind, value in self._parts.opening()
            if (opened := {each.id for each in self._parts.concerned(kind, value)}) and not decided & opened
        }

    def _permitted(self, caller: Caller, concerned: Sequence[Dataset]) -> int:
        """On how many of these datasets the caller decides."""
        if not concerned:
            return 0
        return self._gate.answer(caller, Action.ACCESS_DECIDE, concerned, len)

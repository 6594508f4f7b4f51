"""One short function for each operation of `openapi/passport.yaml`."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from governance.caller import Caller
from passport_broker import wire
from passport_broker.applications.committee import Committee, Decision
from passport_broker.applications.members import Members
from passport_broker.applications.service import Applications
from passport_broker.domain.applications import STEPS, Side, Step
from passport_broker.domain.scopes import APPLY, DECIDE, MANAGE
from passport_broker.errors import ScopeMissing
from passport_broker.visas.managing import Managing
from serving.reply import Reply

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Operations:
    """The functions over one broker. Holds no state of a request.

    Each wants a scope that says what its person lets a program do; whether they may do it policy says.
    """

    visas: Managing
    applications: Applications
    committee: Committee
    members: Members
    clock: Callable[[], float] = time.time

    def by_id(self) -> Mapping[str, Callable[..., Any]]:
        """Every function, by operationId."""
        return {
            "listVisas": self.list_visas,
            "issueVisa": self.issue_visa,
            "getVisa": self.get_visa,
            "revokeVisa": self.revoke_visa,
            "listOffers": self.list_offers,
            "listApplications": self.list_applications,
            "beginApplication": self.begin,
            "getApplication": self.get_application,
            "editApplication": self.edit,
            "moveApplication": self.move,
        }

    def list_visas(self, caller: Caller, subject: str | None, before: str | None, limit: int) -> Json:
        """What is asserted, the newest first."""
        _demand(caller, MANAGE)
        found = self.visas.listed(caller, subject, before, limit)
        return {"visas": [wire.visa(each, self.clock()) for each in found]}

    def issue_visa(self, caller: Caller, body: Json) -> Reply:
        """The new assertion."""
        _demand(caller, MANAGE)
        made = self.visas.issue(caller, wire.wanted(body, self.clock()))
        return Reply(wire.visa(made, self.clock()), 201)

    def get_visa(self, caller: Caller, id_: str) -> Json:
        """An assertion."""
        _demand(caller, MANAGE)
        return wire.visa(self.visas.get(caller, id_), self.clock())

    def revoke_visa(self, caller: Caller, id_: str, body: Json) -> Json:
        """The assertion, revoked."""
        _demand(caller, MANAGE)
        return wire.visa(self.visas.revoke(caller, id_, body["why"]), self.clock())

    def list_offers(self, caller: Caller) -> Json:
        """The datasets to apply for."""
        _demand(caller, APPLY)
        return {"datasets": self.applications.offered(caller)}

    def list_applications(self, caller: Caller, view: str) -> Json:
        """The caller's own, or those that they decide on."""
        _demand(caller, APPLY if view in ("mine", "invited") else DECIDE)
        if view == "mine":
            found = self.applications.mine(caller)
        elif view == "invited":
            return {"applications": [wire.invitation(*each) for each in self.members.invitations(caller)]}
        else:
            found = self.committee.to_review(caller, waiting=view == "waiting")
        return {"applications": [wire.application(*each) for each in found]}

    def begin(self, caller: Caller, body: Json) -> Reply:
        """The new draft; one that renews another says the same unless it says otherwise."""
        _demand(caller, APPLY)
        content = wire.content(body) if "ends" in body else None
        if "renews" in body:
            made = self.applications.renew(caller, body["renews"], content)
        else:
            made = self.applications.begin(caller, body.get("dataset", ""), content or wire.content(body))
        return Reply(wire.application(made, made.status(self.clock())), 201)

    def get_application(self, caller: Caller, id_: str) -> Json:
        """An application with its history."""
        _demand(caller, APPLY, DECIDE)
        return wire.seen(self.committee.see(caller, id_))

    def edit(self, caller: Caller, id_: str, body: Json) -> Json:
        """The application, saying something else."""
        _demand(caller, APPLY)
        made = self.applications.edit(caller, id_, wire.content(body), body.get("number"))
        return wire.application(made, made.status(self.clock()))

    def move(self, caller: Caller, id_: str, body: Json) -> Json:
        """The application after a step of the applicant's, a member's or the committee's."""
        step, number, why = Step(body["step"]), body.get("number"), body.get("why", "")
        deciding = STEPS[step][0] is Side.COMMITTEE
        _demand(caller, DECIDE if deciding else APPLY)
        if deciding:
            decision = Decision(step, why, number, against=body.get("against", False))
            made = self.committee.decide(caller, id_, decision)
        elif step is Step.ACCEPT:
            made = self.members.accept(caller, id_, number)
        elif step is Step.LEAVE:
            made = self.members.leave(caller, id_, number, why)
        elif step is Step.SUBMIT:
            made = self.applications.submit(caller, id_, number)
        else:
            made = self.applications.withdraw(caller, id_, number, why)
        return wire.application(made, made.status(self.clock()))


def _demand(caller: Caller, *one_of: str) -> None:
    """Returns where the caller's token has one of the scopes; of nobody the gate says what is missing.

    Raises:
        ScopeMissing: it has none of them.
    """
    if not caller.anonymous and caller.scopes.isdisjoint(one_of):
        raise ScopeMissing(one_of[0])

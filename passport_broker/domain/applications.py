"""Access applications: their states, who may take which step, and what follows from the time.

An application is what its steps made of it. Nothing of it is changed; a step is added.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from governance.policy.duo import Match
from passport_broker.applications.errors import NotNow
from passport_broker.domain.content import Content


class State(StrEnum):
    """What the steps made of an application."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"
    RENEWED = "renewed"


class Step(StrEnum):
    """What somebody does to an application."""

    BEGIN = "begin"
    EDIT = "edit"
    SUBMIT = "submit"
    ASK = "ask"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    END = "end"
    RENEW = "renew"
    ACCEPT = "accept"
    LEAVE = "leave"


class Side(StrEnum):
    """Who takes a step: who wants access, a member, those who decide, or another step in consequence."""

    APPLICANT = "applicant"
    MEMBER = "member"
    COMMITTEE = "committee"
    CONSEQUENCE = "consequence"


_WITH_MEMBERS = {each: each for each in (State.SUBMITTED, State.RETURNED, State.APPROVED)}

STEPS: Mapping[Step, tuple[Side, Mapping[State, State]]] = {
    Step.EDIT: (Side.APPLICANT, {State.DRAFT: State.DRAFT, State.RETURNED: State.RETURNED}),
    Step.SUBMIT: (Side.APPLICANT, {State.DRAFT: State.SUBMITTED, State.RETURNED: State.SUBMITTED}),
    Step.ASK: (Side.COMMITTEE, {State.SUBMITTED: State.RETURNED}),
    Step.APPROVE: (Side.COMMITTEE, {State.SUBMITTED: State.APPROVED}),
    Step.REJECT: (Side.COMMITTEE, {State.SUBMITTED: State.REJECTED}),
    Step.WITHDRAW: (
        Side.APPLICANT,
        dict.fromkeys((State.DRAFT, State.SUBMITTED, State.RETURNED, State.APPROVED), State.WITHDRAWN),
    ),
    Step.END: (Side.COMMITTEE, {State.APPROVED: State.ENDED}),
    Step.RENEW: (Side.CONSEQUENCE, {State.APPROVED: State.RENEWED}),
    Step.ACCEPT: (Side.MEMBER, _WITH_MEMBERS),
    Step.LEAVE: (Side.MEMBER, _WITH_MEMBERS),
}
"""Each step: who takes it, and where it leads from which state. What is not here cannot be done."""

NEEDS_NOTE = (Step.ASK, Step.APPROVE, Step.REJECT, Step.END)
"""Steps that have to say why."""

_CANNOT = {
    Step.EDIT: "changed",
    Step.SUBMIT: "submitted",
    Step.ASK: "returned",
    Step.APPROVE: "approved",
    Step.ACCEPT: "accepted",
    Step.LEAVE: "left",
    Step.REJECT: "rejected",
    Step.WITHDRAW: "withdrawn",
    Step.END: "ended",
    Step.RENEW: "renewed",
}


def after(state: State, step: Step, status: str | None = None) -> State:
    """The state that a step leads to; `status` is what the time made of the state.

    Raises:
        NotNow: the step cannot be taken from there.
    """
    leads = STEPS[step][1] if step in STEPS else {}
    if state not in leads or status == "expired":
        word = _CANNOT.get(step, step.value)
        raise NotNow(f"An application that is {status or state.value} cannot be {word}.")
    return leads[state]


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was taken: by whom (an account: `issuer`, `subject`), when and why.

    `match` is how the purpose fitted the dataset's terms of use when it was decided. `accepted` are the
    members who have said so far that they are.
    """

    number: int
    at: datetime
    step: Step
    state: State
    by: Mapping[str, Any]
    content: Content
    note: str = ""
    match: Match | None = None
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Application:
    """An application as its last step left it. `applicant` is the subject of an account of this broker."""

    id: str
    dataset: str
    applicant: str
    renews: str | None
    made: datetime
    last: Taken

    @property
    def content(self) -> Content:
        """What is applied for."""
        return self.last.content

    @property
    def people(self) -> tuple[str, ...]:
        """The subjects of the applicant, first, and of all whom they name as members."""
        return tuple(dict.fromkeys((self.applicant, *self.content.members)))

    @property
    def holders(self) -> tuple[str, ...]:
        """The subjects of those who would get access: the applicant, first, and members who accepted."""
        return tuple(each for each in self.people if each == self.applicant or each in self.last.accepted)

    @property
    def invited(self) -> tuple[str, ...]:
        """The subjects of those who are named as members, and have not said that they are."""
        return tuple(each for each in self.people if each not in self.holders)

    def status(self, now: float) -> str:
        """The state, and of an approved one what the time makes of it: `approved`, `active` or `expired`."""
        if self.last.state is not State.APPROVED or now < self.content.begins_at:
            return self.last.state.value
        return "active" if now < self.content.ends_at else "expired"

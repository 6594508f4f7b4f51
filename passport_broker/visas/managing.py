"""Issuing and revoking visas over HTTP: the desk, behind the gate."""

from collections.abc import Sequence

from governance.caller import Caller, Identity
from governance.gate import Gate, Permitted
from governance.policy.actions import Action
from governance.register import DatasetRegister
from passport_broker.domain.actors import Actor
from passport_broker.domain.visas import Issued
from passport_broker.visas.desk import Desk, Wanted
from passport_broker.visas.errors import NotForOneself, NotYourDataset

_GRANTS = "ControlledAccessGrants"


class Managing:
    """The desk for callers. Policy says who may (`visa:manage`).

    A visa that opens datasets is issued and revoked only by who decides on access to each of them
    (`access:decide`): there is no way around an application that a site's rules have closed.
    """

    def __init__(self, desk: Desk, gate: Gate, register: DatasetRegister) -> None:
        self._desk = desk
        self._gate = gate
        self._register = register

    def issue(self, caller: Caller, wanted: Wanted) -> Issued:
        """The assertion.

        Raises:
            NotForYou, WhoAreYou: policy says no.
            NotYourDataset: it opens a dataset that the caller does not decide on.
            NotForOneself: it is about the caller.
            VisaInvalid, AccountUnknown, TooManyVisas, CannotRecord: as `Desk.issue`.
        """
        said = wanted.assertion

        def work() -> Issued:
            self._check(caller, said.type, said.value)
            if Identity(self._desk.issuer, wanted.subject) in caller.everybody:
                raise NotForOneself
            return self._desk.issue(wanted, Actor(caller.identity))

        return self._gate.on_site(caller, Action.VISA_MANAGE, work, question={"issue": said.type[:255]})

    def revoke(self, caller: Caller, identifier: str, why: str) -> Issued:
        """The assertion, revoked.

        Raises:
            NotForYou, WhoAreYou, NotYourDataset: as above.
            VisaUnknown, VisaRevoked, VisaInvalid, CannotRecord: as `Desk.revoke`.
        """

        def work() -> Issued:
            found = self._desk.get(identifier).assertion
            self._check(caller, found.type, found.value)
            return self._desk.revoke(identifier, why, Actor(caller.identity))

        return self._gate.on_site(caller, Action.VISA_MANAGE, work, question={"revoke": identifier[:64]})

    def get(self, caller: Caller, identifier: str) -> Issued:
        """The assertion of that id.

        Raises:
            NotForYou, WhoAreYou: policy says no.
            VisaUnknown: there is none.
        """
        question = {"get": identifier[:64]}
        return self._gate.on_site(
            caller, Action.VISA_MANAGE, lambda: self._desk.get(identifier), question=question
        )

    def listed(self, caller: Caller, subject: str | None, before: str | None, most: int) -> Sequence[Issued]:
        """What was ever asserted, the newest first.

        Raises:
            NotForYou, WhoAreYou: policy says no.
        """
        return self._gate.on_site(
            caller,
            Action.VISA_MANAGE,
            lambda: self._desk.listed(subject=subject, before=before, most=most),
            question={"list": "all" if subject is None else "of one account"},
        )

    def _check(self, caller: Caller, kind: str, value: str) -> None:
        opened = [each for each in self._register.all() if kind == _GRANTS and value in each.grants]

        def work(permitted: Permitted) -> None:
            if len(permitted) < len(opened):
                raise NotYourDataset

        if opened:
            self._gate.answer(caller, Action.ACCESS_DECIDE, opened, work)

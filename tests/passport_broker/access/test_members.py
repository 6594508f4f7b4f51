"""Members say so themselves; nobody gives access to themselves, with whichever of their accounts."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from governance.audit.errors import CannotRecord
from governance.audit.reading import Wanted as Searched
from governance.audit.reading import newest
from governance.caller import Identity, Role
from governance.passport.linked import link
from governance.passport.tokens import VISAS_MOST
from passport_broker.applications.committee import Decision
from passport_broker.applications.errors import (
    ApplicationInvalid,
    ApplicationUnknown,
    NotNow,
    Overtaken,
    OwnApplication,
    YouApproved,
)
from passport_broker.applications.recording import digest
from passport_broker.domain.actors import OPERATOR
from passport_broker.domain.applications import State, Step
from passport_broker.domain.visas import Assertion
from passport_broker.proving import faults
from passport_broker.store import applications as store
from passport_broker.visas.errors import NotForOneself, NotYourDataset
from passport_broker.visas.managing import Managing
from tests.passport_broker.access.applying import DAC, Desks, content
from tests.passport_broker.access.saying import DATA, SOURCE, wanted


def linked(desks: Desks, subject: str, *others: Identity) -> str:
    """A LinkedIdentities of that account; its id."""
    value = ";".join(link(each) for each in others)
    said = Assertion("LinkedIdentities", value, SOURCE, "system", int(desks.office.clock()))
    return desks.office.desk.issue(replace(wanted(subject), assertion=said), OPERATOR).id


@pytest.mark.parametrize("way", ["applicant", "member", "approver", "chain", "before"])
def test_nobody_approves_for_another_account_of_theirs(desks: Desks, way: str) -> None:
    """Whichever side the link is of; also one in the middle, or one that was taken back for the purpose."""
    here, made = partial(Identity, desks.office.issuer), desks.joined()
    match way:
        case "applicant":
            linked(desks, "ada", DAC)
        case "member":
            linked(desks, "ben", DAC)
        case "approver":
            linked(desks, "x", DAC, here("ada"))
        case "chain":
            linked(desks, "ada", here("x"))
            linked(desks, "y", DAC, here("x"))
        case "before":
            desks.office.desk.revoke(linked(desks, "ada", DAC), "parted", OPERATOR)
    assert desks.committee.see(desks.dora, made.id).own
    with pytest.raises(OwnApplication):
        desks.decide(made.id, Step.APPROVE)
    with pytest.raises(NotForOneself):
        Managing(desks.parts).issue(desks.dora, wanted("ben" if way == "member" else "ada"))
    approval = Decision(Step.APPROVE, "because", made.last.number)
    assert desks.committee.decide(desks.dan, made.id, approval).last.state is State.APPROVED


def test_an_account_that_the_caller_s_token_links_is_theirs(desks: Desks) -> None:
    made = desks.joined()
    dora = replace(desks.dora, accounts=frozenset({DAC, Identity(desks.office.issuer, "ben")}))
    with pytest.raises(OwnApplication):
        desks.committee.decide(dora, made.id, Decision(Step.APPROVE, "because", made.last.number))


def test_who_is_named_without_being_asked_decides_as_before(desks: Desks) -> None:
    """Else an applicant would choose the judges by naming all others."""
    gate = desks.parts.gate
    gate._roles = lambda *_: frozenset({Role.COMMITTEE})
    for step in (Step.ASK, Step.REJECT):
        made = desks.submitted()
        decision = Decision(step, "because", made.last.number)
        assert desks.committee.decide(desks.caller("ben"), made.id, decision).id == made.id


def test_who_approved_does_not_become_a_member_afterwards(desks: Desks) -> None:
    gate = desks.parts.gate
    gate._roles = lambda *_: frozenset({Role.COMMITTEE})
    made = desks.submitted(members=["ben", "eve", "zoe"])
    linked(desks, "eve", Identity(desks.office.issuer, "ben"))
    desks.committee.decide(desks.caller("ben"), made.id, Decision(Step.APPROVE, "because", made.last.number))
    for each in ("ben", "eve"):
        with pytest.raises(YouApproved):
            desks.members.accept(desks.caller(each), made.id)
        assert DATA not in desks.values(each)
    desks.members.accept(desks.caller("zoe"), made.id)
    assert desks.values("zoe") == [DATA]


def test_a_member_gets_a_visa_when_they_accept_and_loses_it_when_they_leave(desks: Desks) -> None:
    made = desks.submitted(members=["ben", "eve"])
    desks.members.accept(desks.caller("ben"), made.id, made.last.number)
    approved = desks.decide(made.id, Step.APPROVE)
    assert (approved.holders, approved.invited) == (("ada", "ben"), ("eve",))
    assert (desks.values("ada"), desks.values("ben"), desks.values("eve")) == ([DATA], [DATA], [])
    with pytest.raises(Overtaken):
        desks.members.accept(desks.caller("eve"), made.id, made.last.number)
    desks.members.accept(desks.caller("eve"), made.id)
    [first] = desks.office.desk.listed(subject="ben")
    [late] = desks.office.desk.listed(subject="eve")
    assert (late.assertion, late.span, late.application) == (first.assertion, first.span, made.id)
    for each in ("eve", "ada", "zoe"):
        with pytest.raises((NotNow, ApplicationUnknown)):
            desks.members.accept(desks.caller(each), made.id)
    desks.members.leave(desks.caller("ben"), made.id)
    assert (desks.values("ada"), desks.values("ben"), desks.values("eve")) == ([DATA], [], [DATA])
    with pytest.raises(ApplicationUnknown):
        desks.members.leave(desks.caller("ben"), made.id)
    assert list(faults(desks.office.database, desks.office.clock)) == []


def test_who_has_left_is_asked_again_before_they_count(desks: Desks) -> None:
    made = desks.joined()
    desks.members.leave(desks.caller("ben"), made.id, why="Not mine.")
    back = desks.decide(made.id, Step.ASK)
    assert back.content.members == ()
    desks.applications.edit(desks.ada, made.id, content())
    desks.applications.submit(desks.ada, made.id)
    assert desks.decide(made.id, Step.APPROVE).holders == ("ada",)
    assert desks.values("ben") == []


def test_a_decision_says_which_step_was_looked_at(desks: Desks) -> None:
    made = desks.submitted()
    for step in (Step.ASK, Step.APPROVE, Step.REJECT):
        with pytest.raises(ApplicationInvalid, match="number"):
            desks.decide(made.id, step, number=None)
    desks.applications.withdraw(desks.ada, made.id)


def test_access_is_ended_by_who_decides_on_one_of_what_it_opens(desks: Desks) -> None:
    made = desks.approved()
    desks.parts.register.remove("cohort-1")
    with pytest.raises((ApplicationUnknown, NotYourDataset)):
        desks.decide(made.id, Step.ASK)
    assert desks.decide(made.id, Step.END).last.state is State.ENDED


def test_a_period_that_no_visa_can_have_is_refused_before_anybody_judges_it(desks: Desks) -> None:
    made = desks.applications.begin(desks.ada, "cohort-1", content(begins="2150-01-01", ends="2150-12-31"))
    with pytest.raises(ApplicationInvalid, match="years"):
        desks.applications.submit(desks.ada, made.id)


def test_a_full_passport_does_not_keep_anybody_from_a_renewal(desks: Desks) -> None:
    before = desks.approved(members=[])
    for number in range(VISAS_MOST - 1):
        desks.office.desk.issue(wanted("ada", value=f"{DATA}/{number}"), OPERATOR)
    again = desks.applications.renew(desks.ada, before.id)
    desks.applications.submit(desks.ada, again.id)
    assert desks.decide(again.id, Step.APPROVE).last.state is State.APPROVED
    assert DATA in desks.values("ada")


@pytest.mark.parametrize("broken", ["application.approved", "visa.issued"])
def test_what_is_done_is_never_recorded_as_failed(
    desks: Desks, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """Not even where the end of a part cannot be recorded: the access is there, and the answer says so."""
    made, real = desks.joined(), desks.office.trail.record

    def record(entry: object) -> None:
        if (getattr(entry, "what", ""), getattr(entry, "outcome", "")) == (broken, "done"):
            raise CannotRecord
        real(entry)

    monkeypatch.setattr(desks.office.trail, "record", record)
    assert desks.decide(made.id, Step.APPROVE).last.state is State.APPROVED
    monkeypatch.undo()
    acts = list(newest(desks.office.database, Searched(kind="act"), 50))
    assert not [each for each in acts if each["outcome"].startswith("failed")]
    done = {each["what"] for each in acts if each["outcome"] == "done"}
    assert {"application.approved", "visa.issued"} - done == {broken}
    assert list(faults(desks.office.database, desks.office.clock)) == []


@pytest.mark.parametrize("lost", [True, False])
def test_a_commit_whose_answer_is_lost_is_looked_up(
    desks: Desks, monkeypatch: pytest.MonkeyPatch, *, lost: bool
) -> None:
    from database.engine import UnitOfWork

    made, real, add, added = desks.joined(), UnitOfWork.commit, store.add, []

    def commit(work: UnitOfWork) -> None:
        if work.connection not in added or lost:
            real(work)
        if work.connection in added:
            raise ConnectionError

    def noted(connection: Any, *taken: Any) -> None:
        added.append(connection)
        add(connection, *taken)

    with monkeypatch.context() as broken:
        broken.setattr(store, "add", noted)
        broken.setattr(UnitOfWork, "commit", commit)
        with pytest.raises(ConnectionError):
            desks.decide(made.id, Step.APPROVE)
    acts = [each for each in newest(desks.office.database, Searched(kind="act"), 6)
            if each["details"].get("application") == made.id and each["outcome"] != "begun"]  # fmt: skip
    seen = desks.committee.see(desks.dora, made.id).application
    assert (seen.last.state is State.APPROVED) is lost
    outcomes = {each["outcome"] for each in acts if each["details"].get("digest") != digest(made)}
    assert outcomes == ({"done"} if lost else {"failed: ConnectionError"})

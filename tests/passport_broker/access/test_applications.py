"""Applying, deciding, what comes of it, and what nobody can do."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import exc, text

from governance.audit.reading import Wanted as Searched
from governance.audit.reading import newest
from governance.caller import ANONYMOUS, Caller, Identity, Role
from governance.datasets import Tier
from governance.errors import NotForYou, WhoAreYou
from governance.policy.engine import Policy
from passport_broker.applications.committee import Decision
from passport_broker.applications.due import Plan, due
from passport_broker.applications.errors import (
    ApplicationInvalid,
    ApplicationUnknown,
    DatasetNotOffered,
    NotNow,
    NotOfThisBroker,
    Overtaken,
    OwnApplication,
    TooMany,
)
from passport_broker.applications.recording import digest
from passport_broker.domain.applications import Side, State, Step
from passport_broker.domain.content import said
from passport_broker.store import applications as store
from passport_broker.visas.errors import NotYourDataset
from tests.passport_broker.access.applying import DAC, HMB, NCU, Desks, content
from tests.passport_broker.access.saying import DATA

DAY = 86_400


def trail_of(desks: Desks) -> list[dict]:
    return list(newest(desks.office.database, Searched(kind="act"), 200))


def done(desks: Desks) -> list[str]:
    return [each["what"] for each in trail_of(desks)[::-1] if each["outcome"] == "done"]


def test_from_an_application_to_visas(desks: Desks) -> None:
    draft = desks.applications.begin(desks.ada, "cohort-1", content())
    assert draft.status(desks.office.clock()) == "draft"
    edited = desks.applications.edit(desks.ada, draft.id, content(title="Hearts of mice and men"))
    submitted = desks.applications.submit(desks.ada, draft.id)
    assert [each.id for each, _ in desks.committee.to_review(desks.dora)] == [draft.id]
    seen = desks.committee.see(desks.dora, draft.id)
    assert (seen.own, seen.decides, seen.match.fit) == (False, True, "permit")
    assert seen.match.reasons == ("HMB permits health, medical or biomedical research", "NCU is declared")
    approved = desks.decide(draft.id, Step.APPROVE, "A fine question.")
    assert approved.status(desks.office.clock()) == "active"
    assert desks.values("ada") == desks.values("ben") == [DATA]
    [visa] = desks.office.desk.listed(subject="ben")
    assert (visa.assertion.by, visa.assertion.source) == ("dac", "https://dac.example/committee")
    assert visa.span.ends == content().ends_at
    assert visa.why == f"Application {draft.id}: A fine question."
    assert visa.by == {"issuer": DAC.issuer, "subject": DAC.subject}
    assert visa.application == draft.id
    seen = desks.committee.see(desks.ada, draft.id)
    assert [each.step.value for each in seen.history] == ["begin", "edit", "submit", "approve"]
    assert seen.history[-1].match.fit == "permit"
    assert [each.number for each in (draft, edited, submitted, approved) for each in (each.last,)] == [
        1,
        2,
        3,
        4,
    ]
    assert [(each.id, status) for each, status in desks.applications.mine(desks.caller("ben"))] == [
        (draft.id, "active")
    ]
    desks.office.clock.now = content().ends_at
    assert desks.values("ada") == []
    assert desks.committee.see(desks.ada, draft.id).status == "expired"


def test_a_question_back_is_answered_and_submitted_again(desks: Desks) -> None:
    made = desks.submitted(purpose=["HMB"])
    assert desks.committee.see(desks.dora, made.id).match.fit == "deny"
    back = desks.decide(made.id, Step.ASK, "Is it commercial?")
    assert back.last.state is State.RETURNED
    assert desks.committee.to_review(desks.dora) == []
    desks.applications.edit(desks.ada, made.id, content(purpose=["HMB", "NCU"]))
    desks.applications.submit(desks.ada, made.id)
    assert desks.committee.see(desks.dora, made.id).match.fit == "permit"
    desks.decide(made.id, Step.REJECT, "Still, no.")
    assert desks.values("ada") == []
    with pytest.raises(NotNow, match="rejected cannot be submitted"):
        desks.applications.submit(desks.ada, made.id)


def test_what_the_terms_deny_is_approved_only_by_who_says_so(desks: Desks) -> None:
    made = desks.submitted(purpose=["HMB"])
    with pytest.raises(NotNow, match="NCU is not declared"):
        desks.decide(made.id, Step.APPROVE)
    assert desks.values("ada") == []
    desks.decide(made.id, Step.APPROVE, "The sponsor is a charity.", against=True)
    assert desks.values("ada") == [DATA]
    seen = desks.committee.see(desks.dora, made.id)
    assert seen.history[-1].match.fit == "deny"


@pytest.mark.parametrize(
    ("fit", "purpose"),
    [("permit", ["HMB", "NCU"]), ("refer", ["HMB", "NCU", "AGE"]), ("deny", ["CC", "NCU"])],
)
def test_the_committee_sees_how_the_purpose_fits(desks: Desks, fit: str, purpose: list[str]) -> None:
    match = desks.committee.see(desks.dora, desks.submitted(purpose=purpose).id).match
    assert match.fit == fit
    assert match.reasons


def test_a_decision_needs_a_reason(desks: Desks) -> None:
    made = desks.submitted()
    for step in (Step.ASK, Step.APPROVE, Step.REJECT):
        with pytest.raises(ApplicationInvalid, match="Say why"):
            desks.decide(made.id, step, " \n")
    assert desks.committee.see(desks.dora, made.id).application.last.state is State.SUBMITTED


def test_what_is_withdrawn_or_ended_is_revoked(desks: Desks) -> None:
    first, second = desks.approved(), desks.approved(members=["eve"])
    assert desks.values("ada") == [DATA, DATA]
    desks.applications.withdraw(desks.ada, first.id, why="We are done.")
    assert desks.values("ada") == [DATA]
    assert desks.values("ben") == []
    desks.decide(second.id, Step.END, "They shared the data.")
    assert desks.values("ada") == desks.values("eve") == []
    assert {each.revocation.why for each in desks.office.desk.listed(subject="eve")} == {
        f"Application {second.id} ended: They shared the data."
    }
    for step in (Step.END, Step.APPROVE):
        with pytest.raises(NotNow):
            desks.decide(second.id, step)
    with pytest.raises(NotNow):
        desks.applications.withdraw(desks.ada, first.id)


def test_a_renewal_takes_over_when_it_is_approved(desks: Desks) -> None:
    before = desks.approved(ends="2027-03-31")
    desks.office.clock.now += 30 * DAY
    again = desks.applications.renew(desks.ada, before.id)
    assert (again.renews, again.content.begins.isoformat()) == (before.id, "2027-02-14")
    later = replace(again.content, begins=before.content.ends, members=("eve",))
    desks.applications.edit(desks.ada, again.id, later)
    desks.applications.submit(desks.ada, again.id)
    assert desks.values("ada") == desks.values("ben") == [DATA]
    renewed = desks.decide(again.id, Step.APPROVE)
    assert renewed.content.begins.isoformat() == "2027-02-14"  # at once: what it takes over from ends
    assert desks.values("ada") == desks.values("eve") == [DATA]
    assert desks.values("ben") == []
    assert desks.committee.see(desks.ada, before.id).status == "renewed"
    with pytest.raises(NotNow):
        desks.applications.withdraw(desks.ada, before.id)
    desks.applications.withdraw(desks.ada, again.id)
    assert desks.values("ada") == desks.values("eve") == []


def test_what_has_run_out_can_be_renewed_and_not_withdrawn(desks: Desks) -> None:
    before = desks.approved(ends="2027-02-01")
    desks.office.clock.now += 60 * DAY
    with pytest.raises(NotNow, match="expired"):
        desks.applications.withdraw(desks.ada, before.id)
    again = desks.applications.renew(desks.ada, before.id)
    desks.applications.submit(desks.ada, again.id)
    desks.decide(again.id, Step.APPROVE)
    assert desks.values("ada") == [DATA]


def test_a_draft_or_a_refusal_is_nothing_to_renew(desks: Desks) -> None:
    made = desks.submitted()
    with pytest.raises(NotNow):
        desks.applications.renew(desks.ada, made.id)


def test_a_period_that_is_to_come_gives_nothing_yet(desks: Desks) -> None:
    made = desks.approved(begins="2027-02-01")
    assert desks.committee.see(desks.ada, made.id).status == "approved"
    assert desks.values("ada") == []
    desks.office.clock.now = made.content.begins_at
    assert desks.values("ada") == [DATA]


def test_nobody_sees_what_is_not_theirs(desks: Desks) -> None:
    draft = desks.applications.begin(desks.ada, "cohort-1", content())
    other = Caller(identity=Identity("https://elsewhere.example", "ada"))
    for each in (desks.caller("eve"), desks.caller("ben"), desks.dora, other):
        with pytest.raises(ApplicationUnknown):
            desks.committee.see(each, draft.id)
    with pytest.raises(WhoAreYou):
        desks.committee.see(ANONYMOUS, draft.id)
    desks.applications.submit(desks.ada, draft.id)
    assert desks.committee.see(desks.caller("ben"), draft.id).own
    for each in (desks.caller("eve"), other):
        with pytest.raises(ApplicationUnknown):
            desks.committee.see(each, draft.id)
        with pytest.raises(ApplicationUnknown):
            desks.committee.decide(each, draft.id, Decision(Step.APPROVE, "I say so"))
        with pytest.raises(NotForYou):
            desks.committee.to_review(each)
    for act in (desks.applications.submit, desks.applications.withdraw):
        with pytest.raises(ApplicationUnknown):
            act(desks.caller("ben"), draft.id)  # a member looks, and does nothing
    with pytest.raises(WhoAreYou):
        desks.committee.decide(ANONYMOUS, draft.id, Decision(Step.APPROVE, "I say so"))
    with pytest.raises(ApplicationUnknown):
        desks.committee.see(desks.dora, "no-such-application")


def test_nobody_decides_for_themselves(desks: Desks) -> None:
    roles = {Identity(desks.office.issuer, "ada"), Identity(desks.office.issuer, "ben")}
    gate = desks.parts.gate
    gate._roles = lambda identity, _: frozenset({Role.COMMITTEE}) if identity in roles else frozenset()
    made = desks.submitted()
    for each in (desks.ada, desks.caller("ben")):
        for step in (Step.APPROVE, Step.REJECT, Step.ASK):
            with pytest.raises(OwnApplication):
                desks.committee.decide(each, made.id, Decision(step, "because"))


@pytest.mark.parametrize("dataset", ["secret", "free", "absent", "cohort-1' OR 1=1", ""])
def test_one_applies_for_what_is_offered(desks: Desks, dataset: str) -> None:
    assert desks.applications.offered(desks.ada) == ["cohort-1", "no-grant", "plain"]
    with pytest.raises(DatasetNotOffered):
        desks.applications.begin(desks.ada, dataset, content())


def test_who_applies_has_an_account_of_this_broker(desks: Desks) -> None:
    with pytest.raises(WhoAreYou):
        desks.applications.begin(ANONYMOUS, "cohort-1", content())
    with pytest.raises(NotOfThisBroker):
        desks.applications.begin(desks.dora, "cohort-1", content())
    made = desks.applications.begin(desks.ada, "cohort-1", content(members=["nobody-1"]))
    with pytest.raises(ApplicationInvalid, match="nobody-1"):
        desks.applications.submit(desks.ada, made.id)


def test_without_a_grant_there_is_nothing_to_approve(desks: Desks) -> None:
    made = desks.applications.begin(desks.ada, "no-grant", content())
    desks.applications.submit(desks.ada, made.id)
    with pytest.raises(NotNow, match="--grant"):
        desks.decide(made.id, Step.APPROVE)


def test_a_dataset_that_is_gone_is_nobody_s_to_decide_on(desks: Desks) -> None:
    made = desks.submitted()
    desks.parts.register.remove("cohort-1")
    with pytest.raises(ApplicationUnknown):
        desks.decide(made.id, Step.APPROVE)
    seen = desks.committee.see(desks.ada, made.id)
    assert (seen.status, seen.match) == ("submitted", None)
    desks.applications.withdraw(desks.ada, made.id)


def test_who_approves_decides_on_all_that_the_grant_opens(desks: Desks, tmp_path: Path) -> None:
    desks.parts.register.add("cohort-1b", "GRCh38", controlled=Tier.RECORD, grants=(DATA,))
    made = desks.submitted()
    (tmp_path / "rules").mkdir()
    rules = tmp_path / "rules" / "site.cedar"
    for hidden in ("cohort-1b", "cohort-1"):
        rules.write_text(
            f'forbid (principal, action == Action::"access:decide", resource == Dataset::"{hidden}");'
        )
        desks.parts.gate._policy = Policy(rules.parent, clock=desks.office.clock)
        with pytest.raises(NotYourDataset if hidden == "cohort-1b" else ApplicationUnknown):
            desks.decide(made.id, Step.APPROVE)
    assert desks.values("ada") == []
    rules.write_text("")
    desks.parts.gate._policy = Policy(rules.parent, clock=desks.office.clock)
    desks.decide(made.id, Step.APPROVE)
    assert desks.values("ada") == [DATA]


def test_nobody_fills_the_tables_with_drafts_or_changes(
    desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    from passport_broker.applications import moving

    monkeypatch.setattr(moving, "OPEN_MOST", 3)
    monkeypatch.setattr(moving, "STEPS_MOST", 3)
    made = [desks.applications.begin(desks.ada, "cohort-1", content()) for _ in range(3)]
    with pytest.raises(TooMany):
        desks.applications.begin(desks.ada, "cohort-1", content())
    desks.applications.begin(desks.caller("eve"), "cohort-1", content(members=["ada"]))
    for _ in range(2):
        desks.applications.edit(desks.ada, made[0].id, content())
    for act in (desks.applications.submit, partial(desks.applications.edit, content=content())):
        with pytest.raises(NotNow, match="too often"):
            act(desks.ada, made[0].id)
    desks.applications.withdraw(desks.ada, made[0].id)
    desks.applications.begin(desks.ada, "cohort-1", content())


def test_who_is_not_known_cannot_tell_what_there_is(desks: Desks) -> None:
    made = desks.submitted()
    for identifier in (made.id, "no-such-application"):
        with pytest.raises(WhoAreYou):
            desks.committee.see(ANONYMOUS, identifier)
        with pytest.raises(WhoAreYou):
            desks.committee.decide(ANONYMOUS, identifier, Decision(Step.APPROVE, "because"))
        for act in (desks.applications.submit, desks.applications.withdraw, desks.applications.renew):
            with pytest.raises(WhoAreYou):
                act(ANONYMOUS, identifier)
            with pytest.raises(NotOfThisBroker):
                act(desks.dora, identifier)


def test_a_member_whose_account_is_closed_meanwhile_gets_nothing(desks: Desks) -> None:
    made = desks.submitted(members=["ben", "eve"])
    closing = replace(desks.parts, exists=lambda subject: subject != "eve")
    from passport_broker.applications.committee import Committee

    with pytest.raises(NotNow, match="eve is closed"):
        Committee(closing).decide(desks.dora, made.id, Decision(Step.APPROVE, "because"))
    assert desks.values("ada") == []


def test_of_two_who_decide_at_once_one_does(desks: Desks) -> None:
    for _ in range(5):
        made = desks.submitted()
        start = threading.Barrier(4)

        def decide(who: Caller, step: Step, made=made, start=start) -> object:
            start.wait()
            try:
                return desks.committee.decide(who, made.id, Decision(step, "because")).last.state
            except (Overtaken, NotNow) as error:
                return type(error)

        asked = [
            (desks.dora, Step.APPROVE),
            (desks.dan, Step.REJECT),
            (desks.dora, Step.APPROVE),
            (desks.dan, Step.ASK),
        ]
        with ThreadPoolExecutor(4) as pool:
            said = list(pool.map(lambda each: decide(*each), asked))
        states = [each for each in said if isinstance(each, State)]
        [state] = states
        seen = desks.committee.see(desks.dora, made.id)
        assert seen.application.last.state is state
        assert len(seen.history) == 3
        visas = [each for each in desks.office.desk.listed(subject="ada") if each.application == made.id]
        assert len(visas) == (state is State.APPROVED)


def test_who_looked_at_an_older_step_decides_nothing(desks: Desks) -> None:
    made = desks.submitted()
    desks.committee.decide(desks.dan, made.id, Decision(Step.ASK, "Why mice?", made.last.number))
    desks.applications.submit(desks.ada, made.id)
    with pytest.raises(Overtaken):
        desks.committee.decide(desks.dora, made.id, Decision(Step.APPROVE, "because", made.last.number))
    with pytest.raises(Overtaken):
        desks.applications.edit(desks.ada, made.id, content(), 1)


def test_a_renewal_and_a_withdrawal_at_once_leave_no_visa_of_both(desks: Desks) -> None:
    for _ in range(4):
        before = desks.approved()
        again = desks.applications.renew(desks.ada, before.id)
        desks.applications.submit(desks.ada, again.id)
        start = threading.Barrier(2)

        def attempt(act, start=start) -> bool:
            start.wait()
            try:
                act()
            except (Overtaken, NotNow):
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            renewed = pool.submit(attempt, partial(desks.decide, again.id, Step.APPROVE))
            withdrawn = pool.submit(attempt, partial(desks.applications.withdraw, desks.ada, before.id))
        assert renewed.result() or withdrawn.result()
        assert len(desks.values("ada")) == renewed.result()
        if renewed.result():
            desks.applications.withdraw(desks.ada, again.id)
        assert desks.values("ada") == []


def test_every_step_is_on_record_with_a_proof_and_no_names(desks: Desks) -> None:
    made = desks.approved()
    desks.applications.withdraw(desks.ada, made.id, why="Enough of mice.")
    assert done(desks) == [
        "application.begun",
        "application.submitted",
        "visa.issued",
        "visa.issued",
        "application.approved",
        "visa.revoked",
        "visa.revoked",
        "application.withdrawn",
    ]
    acts = [
        each
        for each in trail_of(desks)[::-1]
        if each["what"].startswith("application") and each["outcome"] == "begun"
    ]
    history = desks.committee.see(desks.ada, made.id).history
    assert [each["details"]["digest"] for each in acts] == [digest(made.id, each) for each in history]
    assert acts[2]["details"]["fit"] == "permit"
    assert acts[2]["dataset"] == "cohort-1"
    assert acts[2]["actor"] != acts[2]["subject"] == acts[0]["actor"]
    written = str(trail_of(desks))
    for each in ("Hearts", "mice", "because", "dora", "'ada'", "'ben'"):
        assert each not in written


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE passport_broker.application_step SET note = 'as if'",
        "DELETE FROM passport_broker.application_step",
        "DELETE FROM passport_broker.application",
        "UPDATE passport_broker.application SET applicant = 'eve'",
        "TRUNCATE passport_broker.application_step",
    ],
)
def test_the_history_is_not_rewritten(desks: Desks, statement: str) -> None:
    desks.approved()
    with (
        pytest.raises(exc.ProgrammingError, match="only ever added"),
        desks.office.database.unit_of_work() as work,
    ):
        work.connection.execute(text(statement))


def test_who_owns_the_tables_and_rewrites_a_step_does_not_match_the_trail(desks: Desks) -> None:
    made = desks.approved()
    proofs = {each["details"].get("digest") for each in trail_of(desks)}
    with desks.office.database.unit_of_work() as work:
        work.connection.execute(text("ALTER TABLE passport_broker.application_step DISABLE TRIGGER USER"))
        work.connection.execute(
            text("UPDATE passport_broker.application_step SET note = 'no' WHERE number = 3")
        )
        work.connection.execute(text("ALTER TABLE passport_broker.application_step ENABLE TRIGGER USER"))
        work.commit()
    with desks.office.database.unit_of_work() as work:
        history = store.history(work.connection, made.id)
    assert [digest(made.id, each) in proofs for each in history] == [True, True, False]


def test_what_cannot_be_recorded_is_not_done(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    from governance.audit.errors import CannotRecord

    made = desks.submitted()
    kept, real = [], desks.office.trail.record

    def full(entry: object) -> None:
        if getattr(entry, "what", "").startswith("visa"):
            raise CannotRecord
        kept.append(entry)
        real(entry)

    monkeypatch.setattr(desks.office.trail, "record", full)
    with pytest.raises(CannotRecord):
        desks.decide(made.id, Step.APPROVE)
    monkeypatch.undo()
    assert desks.values("ada") == []
    assert desks.committee.see(desks.dora, made.id).application.last.state is State.SUBMITTED


def test_reminders_say_what_is_due_and_nothing_twice(desks: Desks) -> None:
    made = desks.approved(ends="2027-04-30")
    waiting, clock = desks.submitted(), desks.office.clock

    def said() -> dict[str, str]:
        found = due(desks.office.database, clock(), Plan())
        return {f"{each.what} {each.days} {each.side}": each.key for each in found}

    assert said() == {}
    clock.now += 7 * DAY
    assert list(said()) == ["waits 7 committee"]
    desks.decide(waiting.id, Step.REJECT)
    clock.now = made.content.ends_at - 60 * DAY
    first = said()
    assert list(first) == [f"ends 60 {Side.APPLICANT}"]
    clock.now += DAY
    assert list(said().values()) == list(first.values())
    clock.now = made.content.ends_at - 20 * DAY
    assert list(said()) == ["ends 20 applicant"]
    assert list(said().values()) != list(first.values())
    clock.now = made.content.ends_at + DAY
    assert list(said()) == ["ended 1 applicant"]
    clock.now += 7 * DAY
    assert said() == {}


@pytest.mark.parametrize(
    "odd",
    [
        {"title": "x" * 201},
        {"title": "a\0b"},
        {"title": "a\x1b[31m"},
        {"project": "x" * 10_001},
        {"purpose": ["DUO:9999999"]},
        {"purpose": ["<script>"]},
        {"purpose": ["DS=<b>"]},
        {"purpose": ["DS=cancer"]},
        {"purpose": [f"GS={number}" for number in range(31)]},
        {"members": ["a b"]},
        {"members": ["é"]},
        {"members": [""]},
        {"members": [str(number) for number in range(51)]},
        {"begins": "tomorrow"},
        {"begins": "2027-02-30"},
        {"begins": "0001-01-01"},
        {"ends": "9999-12-31"},
        {"ends": "2027-01-14"},
        {"ends": "2033-12-31"},
        {"begins": "20270115T00"},
    ],
)
def test_what_could_not_be_judged_is_refused(odd: dict) -> None:
    with pytest.raises(ApplicationInvalid) as refused:
        content(**odd)
    assert refused.value.field
    assert refused.value.public.isprintable()


@pytest.mark.parametrize(
    "missing",
    [{"title": ""}, {"project": " "}, {"purpose": []}, {"begins": "2026-01-01", "ends": "2027-01-14"}],
)
def test_a_draft_may_be_incomplete_and_is_not_submitted_then(desks: Desks, missing: dict) -> None:
    made = desks.applications.begin(desks.ada, "cohort-1", content(**missing))
    with pytest.raises(ApplicationInvalid):
        desks.applications.submit(desks.ada, made.id)


def test_a_purpose_is_kept_in_duo_s_ids() -> None:
    found = content(purpose=["hmb", "NCU", "DUO:0000006", "ds=MONDO:0005148"])
    assert found.purpose == (HMB, NCU, "DUO:0000007=MONDO:0005148")
    assert said(**found.kept()) == found

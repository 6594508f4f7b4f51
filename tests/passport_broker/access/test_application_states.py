"""The states of an application: nothing leaves the graph, and visas are there exactly while it is active."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from passport_broker.applications.errors import NotNow
from passport_broker.domain.applications import STEPS, Side, State, Step, after
from serving.reasons import Reason
from tests.passport_broker.access.applying import Desks, content
from tests.passport_broker.access.saying import DATA

DAY = 86_400
FINAL = {State.REJECTED, State.WITHDRAWN, State.ENDED, State.RENEWED}


@given(st.lists(st.sampled_from(Step), max_size=30))
def test_no_series_of_steps_leaves_the_graph(steps: list[Step]) -> None:
    state = State.DRAFT
    for step in steps:
        try:
            reached = after(state, step)
        except NotNow:
            continue
        assert state not in FINAL
        assert reached is STEPS[step][1][state]
        assert (reached is State.APPROVED and state is not reached) == (step is Step.APPROVE)
        state = reached


@given(st.sampled_from(State), st.sampled_from(Step))
def test_what_has_run_out_moves_no_more(state: State, step: Step) -> None:
    try:
        after(state, step, "expired")
    except NotNow:
        return
    raise AssertionError


def test_an_approval_is_only_ever_a_step_of_the_committee_after_a_submission() -> None:
    assert STEPS[Step.APPROVE] == (Side.COMMITTEE, {State.SUBMITTED: State.APPROVED})
    assert {step for step, (side, _) in STEPS.items() if side is Side.COMMITTEE} == {
        Step.ASK, Step.APPROVE, Step.REJECT, Step.END,
    }  # fmt: skip
    assert {reached for _, leads in STEPS.values() for reached in leads.values()} == set(State)


def machine(desks: Desks) -> type[RuleBasedStateMachine]:
    """One application and its renewal, moved by everybody at random, beside a model of them."""

    class Machine(RuleBasedStateMachine):
        """`model` is the state that each should have; `steps` how many were taken."""

        @initialize()
        def begin(self) -> None:
            self.person = f"p{next(_NUMBERS)}"
            self.now0 = desks.office.clock.now
            self.model: dict[str, State] = {}
            self.steps: dict[str, int] = {}
            self.renews: dict[str, str] = {}
            self.add(desks.applications.begin(self.caller, "cohort-1", self.said()))

        @property
        def caller(self) -> Any:
            return desks.caller(self.person)

        def said(self) -> Any:
            from datetime import UTC, datetime, timedelta

            today = datetime.fromtimestamp(desks.office.clock.now, UTC).date()
            return content(
                begins=today.isoformat(), ends=(today + timedelta(days=10)).isoformat(), members=[]
            )

        def add(self, made: Any) -> None:
            self.model[made.id], self.steps[made.id] = State.DRAFT, 1

        def take(self, data: Any, step: Step, act: Callable[[str], Any]) -> None:
            """Takes a step; it succeeds just where the model says so, and a refusal changes nothing."""
            each = data.draw(st.sampled_from(sorted(self.model)))
            status = self.seen(each).status
            try:
                expected: State | None = after(self.model[each], step, status)
            except NotNow:
                expected = None
            try:
                act(each)
            except Reason:
                assert expected is None or (
                    step is Step.SUBMIT or (step is Step.APPROVE and status == "submitted")
                )
                return
            assert expected is not None
            self.model[each] = expected
            self.steps[each] += 1
            before = self.renews.get(each)
            if step is Step.APPROVE and before and self.model[before] is State.APPROVED:
                self.model[before] = State.RENEWED
                self.steps[before] += 1

        def seen(self, each: str) -> Any:
            return desks.committee.see(self.caller, each)

        @rule(data=st.data())
        def edit(self, data: Any) -> None:
            self.take(data, Step.EDIT, lambda each: desks.applications.edit(self.caller, each, self.said()))

        @rule(data=st.data())
        def submit(self, data: Any) -> None:
            self.take(data, Step.SUBMIT, lambda each: desks.applications.submit(self.caller, each))

        @rule(data=st.data())
        def withdraw(self, data: Any) -> None:
            self.take(data, Step.WITHDRAW, lambda each: desks.applications.withdraw(self.caller, each))

        @rule(
            data=st.data(),
            step=st.sampled_from([Step.ASK, Step.APPROVE, Step.APPROVE, Step.REJECT, Step.END]),
        )
        def decide(self, data: Any, step: Step) -> None:
            self.take(
                data, step, lambda each: desks.decide(each, step)
            )

        @rule(data=st.data())
        def renew(self, data: Any) -> None:
            each = data.draw(st.sampled_from(sorted(self.model)))
            if len(self.model) < 4:
                try:
                    made = desks.applications.renew(self.caller, each)
                except NotNow:
                    assert self.model[each] is not State.APPROVED
                    return
                self.add(made)
                self.renews[made.id] = each

        @rule(days=st.integers(1, 7))
        def time_passes(self, days: int) -> None:
            desks.office.clock.now += days * DAY

        @invariant()
        def visas_are_there_exactly_while_it_is_active(self) -> None:
            active = 0
            for each, state in self.model.items():
                seen = self.seen(each)
                assert seen.application.last.state is state
                assert [one.number for one in seen.history] == list(range(1, self.steps[each] + 1))
                active += seen.status == "active"
            assert desks.values(self.person) == [DATA] * active

        def teardown(self) -> None:
            desks.office.clock.now = self.now0

    return Machine


_NUMBERS = iter(range(10**6))


def test_visas_are_there_exactly_while_an_application_is_active(desks: Desks) -> None:
    run_state_machine_as_test(
        machine(desks),
        settings=settings(
            max_examples=12, stateful_step_count=16, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )

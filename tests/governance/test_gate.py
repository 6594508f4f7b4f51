"""The gate: what opens, what stays shut, and what is written down."""

import json
import logging
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.caller import ANONYMOUS, Caller, identify
from governance.datasets import Dataset, Tier
from governance.gate import Gate
from governance.policy.actions import Action
from governance.policy.engine import decide
from serving.access import decision_recorded, in_own_context
from serving.reasons import Unauthenticated

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def dataset(identifier: str, anonymous: Tier) -> Dataset:
    return Dataset(identifier, "GRCh37", anonymous, identifier, "", NOW, NOW)


SOME = [dataset("open", Tier.RECORD), dataset("shut", Tier.NONE), dataset("counts", Tier.COUNT)]


@given(st.sampled_from(Action), st.lists(st.sampled_from(Tier)), st.none() | st.text())
def test_no_decision_gives_more_than_was_asked_or_than_the_dataset_gives(action, tiers, subject):
    datasets = [dataset(str(number), tier) for number, tier in enumerate(tiers)]
    decisions = decide(Caller(subject), action, datasets)
    assert [each.dataset for each in decisions] == datasets
    assert all(each.given <= min(action.tier, each.dataset.anonymous) for each in decisions)


def test_work_sees_only_what_is_open():
    seen = Gate().answer(ANONYMOUS, Action.BEACON_RECORD, SOME, lambda decisions: decisions)
    assert [(each.dataset.id, each.given) for each in seen] == [("open", Tier.RECORD), ("counts", Tier.COUNT)]


def test_work_is_told_of_nothing_where_nothing_is_open():
    assert Gate().answer(ANONYMOUS, Action.BEACON_BOOLEAN, [SOME[1]], lambda decisions: decisions) == []


def test_every_decision_is_on_record_as_one_line_before_the_answer_leaves(caplog):
    caplog.set_level(logging.INFO, logger="insitu.audit")
    seen_by_work = in_own_context(
        "request-1",
        lambda: Gate().answer(ANONYMOUS, Action.BEACON_COUNT, SOME, lambda _: len(caplog.records)),
    )
    [line] = [each.getMessage() for each in caplog.records]
    assert seen_by_work == 0
    assert "\n" not in line
    written = json.loads(line)
    assert (written["request"], written["caller"], written["action"]) == ("request-1", None, "beacon:count")
    assert written["outcome"] == "answered"
    assert [(each["dataset"], each["given"]) for each in written["decisions"]] == [
        ("open", "count"),
        ("shut", "none"),
        ("counts", "count"),
    ]


def test_work_that_fails_is_on_record_too():
    entries = []

    def fail(_decisions):
        raise LookupError("the disk is gone")

    with pytest.raises(LookupError):
        Gate(entries.append).answer(ANONYMOUS, Action.BEACON_COUNT, SOME, fail)
    assert [each.outcome for each in entries] == ["failed: LookupError"]


def test_nothing_is_answered_that_cannot_be_recorded():
    def full(_entry):
        raise OSError("no space left")

    def ask():
        with pytest.raises(OSError, match="no space"):
            Gate(full).answer(ANONYMOUS, Action.BEACON_COUNT, SOME, lambda _: "a secret")
        return decision_recorded()

    assert in_own_context("r", ask) is False


def test_what_protect_makes_of_the_answer_is_what_leaves():
    def rounded(count, decisions):
        return count - count % 10 if decisions else count

    assert Gate().answer(ANONYMOUS, Action.BEACON_COUNT, SOME, lambda _: 123, rounded) == 120


def test_the_note_belongs_to_its_request_alone():
    def ask():
        Gate().answer(ANONYMOUS, Action.BEACON_COUNT, SOME, len)
        return decision_recorded()

    assert in_own_context("one", ask) is True
    assert in_own_context("two", decision_recorded) is False


@pytest.mark.parametrize("credentials", ["Bearer x", "Basic YTpi", "nonsense"])
def test_credentials_nobody_can_check_are_never_an_anonymous_call(credentials):
    with pytest.raises(Unauthenticated):
        identify(credentials)


def test_a_call_without_credentials_is_anonymous():
    assert identify(None) is ANONYMOUS
    assert identify("  ") is ANONYMOUS

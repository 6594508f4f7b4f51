"""Decisions are kept while they hold, and not a moment longer."""

from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from governance.caller import ANONYMOUS, Caller, Role
from governance.datasets import Tier
from governance.policy import engine
from governance.policy.actions import Action
from governance.policy.cache import Kept
from governance.policy.context import Context
from governance.policy.engine import Policy
from tests.governance.policy.making import (
    ADA,
    NOW,
    Clock,
    controlled,
    dataset,
    person,
    researcher,
    site,
    visa,
)  # fmt: skip


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many cases were put to Cedar, call by call."""
    counts: list[int] = []
    real = engine.judge

    def counting(book, asker, cases):
        counts.append(len(cases))
        return real(book, asker, cases)

    monkeypatch.setattr(engine, "judge", counting)
    return counts


def test_the_same_question_is_put_to_the_rules_once(judged: list[int]) -> None:
    policy = Policy(clock=Clock())
    caller = person(visa())
    first = policy.decide(caller, Action.BEACON_RECORD, [controlled(), dataset("two")])
    asked = len(judged)
    assert policy.decide(caller, Action.BEACON_RECORD, [controlled(), dataset("two")]) == first
    assert policy.decide(caller, Action.BEACON_COUNT, [dataset("two")])[0].given is Tier.NONE
    assert len(judged) == asked


def test_a_visa_that_ends_ends_what_it_opened() -> None:
    clock = Clock()
    policy = Policy(clock=clock)
    caller = person(visa(expires=NOW + 100))
    [decision] = policy.decide(caller, Action.BEACON_RECORD, [controlled()])
    assert (decision.given, decision.expires) == (Tier.RECORD, NOW + 100)
    clock.now = NOW + 99.9
    assert policy.decide(caller, Action.BEACON_RECORD, [controlled()])[0].permits
    clock.now = NOW + 100
    assert not policy.decide(caller, Action.BEACON_RECORD, [controlled()])[0].permits


def test_a_decision_ends_with_the_visas_it_needs_and_no_others() -> None:
    policy = Policy(clock=Clock())
    grants = (visa(expires=NOW + 300), visa(expires=NOW + 200), visa(value="https://other", expires=NOW + 10))
    caller = replace(researcher(NOW + 50, NOW + 90), expires=int(NOW) + 1000)
    both = replace(caller, visas=(*caller.visas, *grants))
    found = controlled(registered=Tier.COUNT)

    def end(who: Caller, action: Action, data=found) -> float | None:
        return policy.decide(who, action, [data])[0].expires

    assert end(caller, Action.BEACON_COUNT) == NOW + 50  # both halves are needed
    assert end(both, Action.BEACON_RECORD) == NOW + 300  # either grant will do
    assert end(both, Action.BEACON_RECORD, dataset(anonymous=Tier.RECORD)) is None  # nobody needs a visa
    assert end(person(expires=int(NOW) + 70), Action.BEACON_RECORD, dataset(anonymous=Tier.COUNT)) is None
    assert end(ANONYMOUS, Action.BEACON_RECORD) is None
    assert policy.decide_site(
        person(roles=(Role.AUDITOR,), expires=int(NOW) + 70), Action.AUDIT_READ
    ).expires == (NOW + 70)


def test_a_visa_that_lifts_another_visa_s_prohibition_counts_until_it_ends(tmp_path: Path) -> None:
    """Suspended and reinstated: without both, and with both, all is open; with the first alone it is not."""
    clock = Clock()
    policy = site(
        tmp_path,
        '@id("suspended") forbid(principal, action, resource is Dataset)'
        ' when { principal.terms.contains("https://suspended") }'
        ' unless { principal.terms.contains("https://reinstated") };',
        clock,
    )
    suspended = visa("AcceptedTermsAndPolicies", "https://suspended", expires=NOW + 900)
    reinstated = visa("AcceptedTermsAndPolicies", "https://reinstated", expires=NOW + 30)
    caller = person(visa(), suspended, reinstated)
    [decision] = policy.decide(caller, Action.BEACON_RECORD, [controlled()])
    assert (decision.permits, decision.expires) == (True, NOW + 30)
    clock.now = NOW + 30
    assert not policy.decide(caller, Action.BEACON_RECORD, [controlled()])[0].permits


def test_many_visas_end_a_decision_early_rather_than_late() -> None:
    policy = Policy(clock=Clock())
    many = [visa(source=f"https://s/{number}", expires=NOW + 10 + number) for number in range(40)]
    [decision] = policy.decide(person(*many), Action.BEACON_RECORD, [controlled()])
    assert decision.permits
    assert NOW < decision.expires <= NOW + 49


def test_whoever_differs_in_anything_is_asked_anew() -> None:
    """Each pair differs in one thing that a rule can see; no answer of the one is the other's."""
    policy = Policy(clock=Clock())
    found = controlled(sources=("https://example.org/committee",))
    assert policy.decide(person(visa()), Action.BEACON_RECORD, [found])[0].permits
    for other in (
        person(),
        person(visa(source="https://else")),
        person(visa(by="self")),
        person(visa(kind="LinkedIdentities")),
        person(visa(value="https://else")),
    ):
        assert not policy.decide(other, Action.BEACON_RECORD, [found])[0].permits
    same_digest = replace(visa(value="https://else"), digest=visa().digest)
    assert not policy.decide(person(same_digest), Action.BEACON_RECORD, [found])[0].permits
    assert not policy.decide(Caller(ADA), Action.BEACON_RECORD, [found])[0].permits


def test_a_change_of_the_register_is_seen_at_once() -> None:
    policy = Policy(clock=Clock())
    caller = person(visa())
    assert policy.decide(caller, Action.BEACON_RECORD, [controlled()])[0].given is Tier.RECORD
    for changed in (
        controlled(grants=()),
        controlled(controlled=Tier.NONE),
        controlled(sources=("https://elsewhere",)),
        controlled(duo=("DUO:0000025=2020-01-01",)),
    ):
        assert policy.decide(caller, Action.BEACON_RECORD, [changed])[0].given is Tier.NONE
    assert policy.decide(caller, Action.BEACON_RECORD, [controlled()])[0].given is Tier.RECORD


def test_purpose_and_network_belong_to_the_question(tmp_path: Path) -> None:
    policy = site(
        tmp_path, 'forbid(principal, action, resource is Dataset) when { context.network == "foreign" };'
    )
    found = dataset(anonymous=Tier.RECORD, duo=("DUO:0000006",))

    def given(**context) -> Tier:
        return policy.decide(ANONYMOUS, Action.BEACON_RECORD, [found], Context(**context))[0].given

    assert given() is Tier.COUNT
    assert given(purpose=("DUO:0000006",)) is Tier.RECORD
    assert given(purpose=("DUO:0000006",), network="foreign") is Tier.NONE
    assert given(purpose=("DUO:0000011",)) is Tier.NONE
    assert given() is Tier.COUNT


def test_a_date_in_the_terms_ends_a_decision() -> None:
    day = 20_834 * 86_400.0  # 2027-01-16, the day after NOW
    clock = Clock()
    policy = Policy(clock=clock)
    limited = controlled(duo=("DUO:0000042", "DUO:0000025=2027-01-16"))
    [decision] = policy.decide(person(visa(expires=NOW + 10**6)), Action.BEACON_RECORD, [limited])
    assert (decision.permits, decision.expires) == (True, day)
    clock.now = day
    [decision] = policy.decide(person(visa(expires=NOW + 10**6)), Action.BEACON_COUNT, [limited])
    assert (decision.permits, decision.rule) == (False, "base.cedar#duo-deny")


def test_no_more_is_kept_than_was_said() -> None:
    kept: Kept[int] = Kept(3)
    for number in range(5):
        kept.put(number, number, None)
        kept.get(2, NOW)
    assert [kept.get(number, NOW) for number in range(5)] == [None, None, 2, 3, 4]
    kept.put("ends", 1, NOW)
    assert kept.get("ends", NOW - 1) == 1
    assert kept.get("ends", NOW) is None
    assert len(kept) == 2


def test_threads_get_their_own_answers() -> None:
    policy = Policy(clock=Clock())
    found = [controlled(f"d{number}", grants=(f"https://g/{number}",)) for number in range(8)]
    wrong: list[object] = []

    def ask(number: int) -> None:
        caller = person(visa(value=f"https://g/{number}"))
        for _ in range(50):
            given = [each.permits for each in policy.decide(caller, Action.BEACON_RECORD, found)]
            if given != [each == number for each in range(8)]:
                wrong.append((number, given))

    threads = [Thread(target=ask, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert wrong == []

"""What tiers give to whom, against a few lines of Python written from the register's meaning alone."""

from itertools import product

import pytest

from governance.caller import ANONYMOUS, Caller, Role
from governance.datasets import Dataset, Tier
from governance.policy.actions import Action
from governance.policy.engine import Policy
from tests.governance.policy.making import (
    ADA,
    GRANT,
    NOW,
    REGISTERED,
    SOURCE,
    Clock,
    controlled,
    dataset,
    person,
    researcher,
    visa,
)  # fmt: skip

BEACON = (Action.BEACON_BOOLEAN, Action.BEACON_COUNT, Action.BEACON_RECORD)
POLICY = Policy(clock=Clock())

ACCEPTED = visa()
CALLERS = {
    "nobody": ANONYMOUS,
    "signed in": person(),
    "registered": researcher(),
    "holder": person(ACCEPTED),
    "holder and registered": Caller(ADA, ADA, visas=(*researcher().visas, ACCEPTED), registered=True),
    "by a system": person(visa(by="system")),
    "by themselves": person(visa(by="self")),
    "by a friend": person(visa(by="peer")),
    "by nobody": person(visa(by=None)),
    "another grant": person(visa(value=GRANT + "/")),
    "other case": person(visa(value=GRANT.upper())),
    "beginning of it": person(visa(value=GRANT[:-1])),
    "other source": person(visa(source="https://example.org/elsewhere")),
    "other type": person(visa(kind="AffiliationAndRole")),
    "ended": person(visa(expires=NOW)),
    "every role": person(roles=tuple(Role)),
    "half registered": Caller(ADA, ADA, visas=researcher(expires=NOW - 1).visas, registered=True),
}


def expected(caller: Caller, found: Dataset) -> tuple[Tier, bool]:
    """The most a caller may have of a dataset, and whether every record is among it by grant or openness."""
    most = found.anonymous
    alive = [each for each in caller.visas if each.expires > NOW]
    halves = {each.type for each in alive if each.value == REGISTERED}
    if caller.registered and len(halves) == 2:
        most = max(most, found.registered)
    held = [
        each
        for each in alive
        if each.type == "ControlledAccessGrants"
        and each.by in ("dac", "so", "system")
        and each.value in found.grants
        and (not found.sources or each.source in found.sources)
    ]
    if held:
        most = max(most, found.controlled)
    return most, found.anonymous == Tier.RECORD or bool(held and found.controlled == Tier.RECORD)


@pytest.mark.parametrize("name", CALLERS)
@pytest.mark.parametrize("sources", [(), (SOURCE,), ("https://example.org/elsewhere", "https://x")])
def test_tiers_give_what_the_register_says(name: str, sources: tuple[str, ...]) -> None:
    caller = CALLERS[name]
    datasets = [
        dataset(
            f"d{number}", anonymous, registered=registered, controlled=full, grants=(GRANT,), sources=sources
        )
        for number, (anonymous, registered, full) in enumerate(product(Tier, Tier, Tier))
    ]
    for action in BEACON:
        for decision in POLICY.decide(caller, action, datasets):
            most, exempt = expected(caller, decision.dataset)
            given = min(most, action.tier)
            assert decision.given == given, decision
            assert decision.permits is (given > Tier.NONE), decision
            assert decision.exempt is exempt, decision
            assert decision.outcome == ("permit" if given else "deny")


@pytest.mark.parametrize("action", [Action.OMOP_COUNT, Action.FHIR_READ, Action.DRS_ACCESS])
@pytest.mark.parametrize("name", CALLERS)
def test_what_has_no_ladder_is_given_whole_or_not_at_all(name: str, action: Action) -> None:
    for tiers in product(Tier, Tier, Tier):
        found = dataset("d", tiers[0], registered=tiers[1], controlled=tiers[2], grants=(GRANT,))
        [decision] = POLICY.decide(CALLERS[name], action, [found])
        most, _ = expected(CALLERS[name], found)
        assert decision.given == (action.tier if most >= action.tier else Tier.NONE)


def test_programs_run_for_holders_of_every_record_only() -> None:
    may = {
        (name, full): POLICY.decide(CALLERS[name], Action.WES_RUN, [controlled(controlled=full)])[0].permits
        for name, full in product(CALLERS, Tier)
    }
    allowed = {key for key, permits in may.items() if permits}
    holders = {"holder", "holder and registered", "by a system", "other source"}
    assert allowed == {(name, Tier.RECORD) for name in holders}


def test_a_value_with_a_space_is_nobody_s_grant() -> None:
    """`VALUE SOURCE` in the value alone would pass for a value with its source."""
    limited = controlled(sources=(SOURCE,))
    forged = person(visa(value=f"{GRANT} {SOURCE}", source="https://example.org/elsewhere"))
    assert not POLICY.decide(forged, Action.BEACON_BOOLEAN, [limited])[0].permits
    assert POLICY.decide(person(visa()), Action.BEACON_RECORD, [limited])[0].given is Tier.RECORD


@pytest.mark.parametrize(
    ("role", "action"),
    [
        (Role.CUSTODIAN, Action.DATASET_MANAGE),
        (Role.COMMITTEE, Action.ACCESS_DECIDE),
        (Role.REVIEWER, Action.AIRLOCK_RELEASE),
        (Role.REVIEWER, Action.WES_RAW_LOGS),
        (Role.CUSTODIAN, Action.FHIR_WRITE),
    ],
)
def test_each_role_does_its_own_and_nothing_else(role: Role, action: Action) -> None:
    for other in (*Role, None):
        caller = ANONYMOUS if other is None else person(roles=(other,))
        [decision] = POLICY.decide(caller, action, [controlled()])
        assert decision.permits is (other is role)


def test_the_site_is_for_its_roles() -> None:
    allowed = {
        (role, action)
        for role, action in product(Role, [each for each in Action if each.on_site])
        if POLICY.decide_site(person(roles=(role,)), action).permits
    }
    assert allowed == {
        (Role.AUDITOR, Action.AUDIT_READ),
        (Role.AUDITOR, Action.POLICY_READ),
        (Role.CUSTODIAN, Action.POLICY_READ),
        (Role.OPERATOR, Action.POLICY_READ),
        (Role.OPERATOR, Action.SITE_OPERATE),
    }
    assert not any(POLICY.decide_site(ANONYMOUS, each).permits for each in Action if each.on_site)
    both = person(roles=(Role.OPERATOR, Role.AUDITOR))
    assert not POLICY.decide_site(both, Action.AUDIT_READ).permits  # who runs the machines reads no trail


def test_a_caller_whose_time_is_over_is_nobody() -> None:
    over = person(visa(), roles=tuple(Role), expires=int(NOW))
    assert not POLICY.decide(over, Action.BEACON_BOOLEAN, [controlled()])[0].permits
    assert not POLICY.decide_site(over, Action.AUDIT_READ).permits

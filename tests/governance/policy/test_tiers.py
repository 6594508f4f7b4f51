"""What tiers give to whom, against a few lines of Python written from the register's meaning alone."""

from itertools import product

import pytest

from governance.caller import ANONYMOUS, Caller, Role
from governance.datasets import Circle, Dataset, Tier
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


HOLDERS = ("holder", "holder and registered", "by a system", "other source")


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


@pytest.mark.parametrize("name", CALLERS)
def test_clinical_counts_go_by_tiers_and_clinical_records_take_a_grant_to_every_record(name: str) -> None:
    for tiers in product(Tier, Tier, Tier):
        found = dataset("d", tiers[0], registered=tiers[1], controlled=tiers[2], grants=(GRANT,))
        most, _ = expected(CALLERS[name], found)
        [count] = POLICY.decide(CALLERS[name], Action.OMOP_COUNT, [found])
        assert count.given == (Tier.COUNT if most >= Tier.COUNT else Tier.NONE)
        [records] = POLICY.decide(CALLERS[name], Action.FHIR_READ, [found])
        assert records.permits is (name in HOLDERS and found.controlled is Tier.RECORD)
        assert count.exempt is records.permits  # open data of a Beacon opens nobody's clinical records


@pytest.mark.parametrize("name", CALLERS)
def test_no_tier_opens_whole_files(name: str) -> None:
    """Of what a Beacon strips the carriers, nobody downloads the VCF for the same tier."""
    for tiers in product(Tier, Tier, Tier):
        found = dataset("d", tiers[0], registered=tiers[1], controlled=tiers[2], grants=(GRANT,))
        for action in (Action.DRS_ACCESS, Action.WES_RUN, Action.WES_RAW_LOGS, Action.FHIR_WRITE):
            permitted = POLICY.decide(CALLERS[name], action, [found])[0].permits
            assert permitted is (name == "every role" and action in (Action.WES_RAW_LOGS, Action.FHIR_WRITE))


@pytest.mark.parametrize("name", CALLERS)
def test_whole_files_are_for_the_circle_that_the_dataset_names_to_compute_on_or_to_have(name: str) -> None:
    registered = name in ("registered", "holder and registered")
    inside = {Circle.NONE: False, Circle.CONTROLLED: name in HOLDERS, Circle.ANONYMOUS: True}
    inside[Circle.REGISTERED] = registered or name in HOLDERS
    for compute, download in product(Circle, Circle):
        found = dataset("d", grants=(GRANT,), compute=compute, download=download)
        assert POLICY.decide(CALLERS[name], Action.WES_RUN, [found])[0].permits is inside[compute]
        [bytes_] = POLICY.decide(CALLERS[name], Action.DRS_ACCESS, [found])
        assert (bytes_.permits, bytes_.given, bytes_.exempt) == (inside[download], Tier.NONE, False)
        assert not POLICY.decide(CALLERS[name], Action.BEACON_RECORD, [found])[0].permits


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
        (Role.COMMITTEE, Action.VISA_MANAGE),
    }
    assert not any(POLICY.decide_site(ANONYMOUS, each).permits for each in Action if each.on_site)
    both = person(roles=(Role.OPERATOR, Role.AUDITOR))
    assert not POLICY.decide_site(both, Action.AUDIT_READ).permits  # who runs the machines reads no trail


def test_who_is_known_may_apply_where_there_is_access_to_be_had_and_no_secret() -> None:
    def may(caller, found) -> bool:
        return POLICY.decide(caller, Action.ACCESS_APPLY, [found])[0].permits

    assert may(person(), controlled())
    assert not may(ANONYMOUS, controlled())
    assert not may(person(), controlled(confidential=True))
    assert not may(person(), dataset(anonymous=Tier.RECORD))
    assert may(person(), dataset(compute=Circle.CONTROLLED))
    assert may(person(), dataset(download=Circle.CONTROLLED))
    assert may(person(), controlled(duo=("DUO:0000006", "DUO:0000025=2999-01-01")))
    assert not may(person(), controlled(duo=("DUO:0000025=2020-01-01",)))  # the time of use is over


def test_a_caller_whose_time_is_over_is_nobody() -> None:
    over = person(visa(), roles=tuple(Role), expires=int(NOW))
    assert not POLICY.decide(over, Action.BEACON_BOOLEAN, [controlled()])[0].permits
    assert not POLICY.decide_site(over, Action.AUDIT_READ).permits

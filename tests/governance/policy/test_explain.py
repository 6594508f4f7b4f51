"""An explanation names the rule that decided, what failed, and what would open the door: all of it true."""

from dataclasses import replace
from pathlib import Path

from governance.caller import ANONYMOUS, Role
from governance.datasets import Circle, Tier
from governance.policy.actions import Action
from governance.policy.context import Context
from governance.policy.engine import Policy
from tests.governance.policy.making import (
    GRANT,
    SOURCE,
    Clock,
    controlled,
    dataset,
    person,
    researcher,
    site,
    visa,
)

POLICY = Policy(clock=Clock())
FOUND = controlled(anonymous=Tier.BOOLEAN, registered=Tier.COUNT, sources=(SOURCE,))


def text(explanation) -> str:
    return "\n".join(explanation.lines())


def test_it_says_what_failed_and_on_which_value() -> None:
    found = POLICY.explain(ANONYMOUS, Action.BEACON_RECORD, FOUND)
    assert found.decision == POLICY.decide(ANONYMOUS, Action.BEACON_RECORD, [FOUND])[0]
    by_rule = {each.rule.key: each for each in found.rules}
    assert not by_rule["base.cedar#registered"].holds
    [registered, _tier] = by_rule["base.cedar#registered"].failing
    assert registered.text == "when { principal.registered }"
    assert registered.values == ("principal.registered is false",)
    assert "us-hipaa" not in text(found)  # no rule of another law


def test_it_says_what_would_open_the_door_and_whose_visas_are_trusted() -> None:
    found = POLICY.explain(
        ANONYMOUS, Action.BEACON_RECORD, FOUND, trusted=lambda kind: [f"https://{kind}.example"]
    )
    [registered, grant] = found.opens
    assert "(https://AcceptedTermsAndPolicies.example, https://ResearcherStatus.example)" in registered
    assert "Registered Access" in registered
    assert "count" in registered
    for part in ("ControlledAccessGrants", GRANT, SOURCE, "https://ControlledAccessGrants.example", "record"):
        assert part in grant
    # and it is true
    assert POLICY.decide(researcher(), Action.BEACON_RECORD, [FOUND])[0].given is Tier.COUNT
    assert POLICY.decide(person(visa()), Action.BEACON_RECORD, [FOUND])[0].given is Tier.RECORD


def test_whoever_has_everything_is_promised_nothing() -> None:
    assert POLICY.explain(person(visa()), Action.BEACON_RECORD, FOUND).opens == ()


def test_it_names_roles_purposes_and_prohibitions(tmp_path: Path) -> None:
    manage = POLICY.explain(person(), Action.DATASET_MANAGE, FOUND)
    assert [each.split(" (")[0] for each in manage.opens] == [f"the role {Role.CUSTODIAN}"]
    limited = dataset(download=Circle.ANONYMOUS, duo=("DUO:0000006",))
    referred = POLICY.explain(ANONYMOUS, Action.DRS_ACCESS, limited)
    assert referred.decision.outcome == "refer"
    assert referred.purpose.fit == "unstated"
    assert any("DUO:0000006" in each for each in referred.opens)
    denied = POLICY.explain(ANONYMOUS, Action.DRS_ACCESS, limited, Context(("DUO:0000011",)))
    assert "HMB does not permit" in text(denied)
    assert "forbids: base.cedar#duo-deny" in text(denied)
    policy = site(
        tmp_path, '// Closed for the audit.\n@id("closed") forbid(principal, action, resource is Dataset);'
    )
    closed = policy.explain(person(visa()), Action.BEACON_RECORD, replace(FOUND, anonymous=Tier.RECORD))
    assert "forbids: site.cedar#closed, line 2: Closed for the audit." in text(closed)
    assert closed.opens == ()


def test_it_keeps_nothing_that_was_only_tried() -> None:
    policy = Policy(clock=Clock())
    policy.explain(person(), Action.BEACON_RECORD, FOUND)
    assert policy.decide(person(), Action.BEACON_RECORD, [FOUND])[0].given is Tier.BOOLEAN
    assert policy.decide(ANONYMOUS, Action.BEACON_RECORD, [FOUND])[0].given is Tier.BOOLEAN

"""The rules that come with Insitu: each says why it is there, takes away only, and asks what its law asks."""

from itertools import product

import pytest

from governance.caller import ANONYMOUS, Role
from governance.datasets import JURISDICTIONS, Tier
from governance.policy.actions import Action
from governance.policy.context import Context
from governance.policy.engine import Policy
from governance.policy.files import packs
from governance.policy.rulebook import load
from tests.governance.policy.making import Clock, controlled, dataset, person, visa

POLICY = Policy(clock=Clock())
STATED = Context(("DUO:0000042",))
DATA = [each for each in Action if not each.on_site]


@pytest.mark.parametrize("law", JURISDICTIONS)
def test_every_rule_names_the_article_it_serves(law: str) -> None:
    rules = [each for each in load(None).rules if each.file == f"{law}.cedar"]
    assert len(rules) >= 6
    assert [each.key for each in rules if not (each.serves and each.note)] == []
    assert [each.key for each in rules if "#line-" in each.key] == []


def test_there_are_forty_rules_or_so_and_each_has_an_id() -> None:
    rules = load(None).rules
    assert len(rules) >= 35
    assert [each.key for each in rules if "#line-" in each.key] == []
    assert {each.file for each in packs()} == {each.file for each in rules}


@pytest.mark.parametrize("law", JURISDICTIONS)
def test_a_law_never_gives_more(law: str) -> None:
    callers = [ANONYMOUS, person(), person(visa()), person(roles=tuple(Role))]
    for caller, tier, duo in product(callers, Tier, ((), ("DUO:0000004",), ("DUO:0000042",))):
        for action, context in product(DATA, (Context(), STATED)):
            free = controlled(anonymous=tier, duo=duo)
            bound = controlled(anonymous=tier, duo=duo, jurisdiction=law)
            [before] = POLICY.decide(caller, action, [free], context)
            [after] = POLICY.decide(caller, action, [bound], context)
            assert after.given <= before.given
            assert before.permits or not after.permits
            assert set(before.obligations) <= set(after.obligations) or not after.permits


def obliged(law: str, caller, context: Context = STATED, action: Action = Action.BEACON_RECORD) -> set[str]:
    found = controlled(anonymous=Tier.RECORD, jurisdiction=law, duo=("DUO:0000042",))
    [decision] = POLICY.decide(caller, action, [found], context)
    assert decision.given is (action.tier or Tier.NONE)
    return {str(each) for each in decision.obligations}


def test_hipaa_asks_for_safe_harbor_unless_a_grant_says_more() -> None:
    safe_harbor = {"age-cap:89", "date-year", "zip3"}
    identifiers = {f"drop-field:{each}" for each in ("name", "address", "telecom", "medicalRecordNumber")}
    assert obliged("us-hipaa", ANONYMOUS) == safe_harbor | identifiers
    assert obliged("us-hipaa", person(visa()), Context()) == identifiers
    assert obliged("us-hipaa", ANONYMOUS, action=Action.BEACON_COUNT) == set()


@pytest.mark.parametrize("law", ["eu-gdpr", "uk-dpa", "sg-pdpa"])
def test_records_of_people_go_to_known_callers_with_a_purpose(law: str) -> None:
    found = dataset(anonymous=Tier.RECORD, jurisdiction=law)

    def given(caller, context: Context, data=found) -> tuple[Tier, str]:
        [decision] = POLICY.decide(caller, Action.BEACON_RECORD, [data], context)
        return decision.given, POLICY.decide(caller, Action.FHIR_READ, [data], context)[0].outcome

    assert given(ANONYMOUS, STATED) == (Tier.COUNT, "deny")
    assert given(person(), Context()) == (Tier.COUNT, "refer")
    assert given(person(), STATED) == (Tier.RECORD, "permit")
    consented = dataset(anonymous=Tier.RECORD, jurisdiction=law, duo=("DUO:0000004",))
    assert given(ANONYMOUS, Context(), consented) == (Tier.RECORD, "permit")


@pytest.mark.parametrize(("law", "place"), [("eu-gdpr", "eea"), ("uk-dpa", "uk"), ("sg-pdpa", "sg")])
def test_copies_and_programs_stay_in_the_country(law: str, place: str) -> None:
    for action in (Action.WES_RUN, Action.DRS_ACCESS):
        assert f"residency:{place}" in obliged(law, person(visa()), action=action)


@pytest.mark.parametrize("law", JURISDICTIONS)
def test_raw_logs_are_for_reviewers(law: str) -> None:
    found = controlled(jurisdiction=law)
    holder, reviewer = person(visa()), person(visa(), roles=(Role.REVIEWER,))
    [refused] = POLICY.decide(holder, Action.WES_RAW_LOGS, [found], STATED)
    [allowed] = POLICY.decide(reviewer, Action.WES_RAW_LOGS, [found], STATED)
    assert (refused.permits, allowed.permits) == (False, True)


def test_what_is_open_but_bound_by_law_is_not_exempt() -> None:
    """Who cannot have the records must not have exact counts for the asking."""
    found = dataset(anonymous=Tier.RECORD, jurisdiction="eu-gdpr")
    [decision] = POLICY.decide(ANONYMOUS, Action.BEACON_COUNT, [found])
    assert (decision.given, decision.exempt) == (Tier.COUNT, False)

"""The rules that come with Insitu: each says why it is there, takes away only, and asks what its law asks."""

from dataclasses import replace
from itertools import product

import pytest

from governance.caller import ANONYMOUS, Role
from governance.datasets import JURISDICTIONS, Circle, Tier
from governance.policy.actions import Action
from governance.policy.context import Context
from governance.policy.engine import Policy
from governance.policy.files import packs
from governance.policy.obligations import Kind
from governance.policy.rulebook import load
from tests.governance.policy.making import GRANT, Clock, controlled, dataset, person, visa

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
            circle = Circle(int(tier))
            free = controlled(anonymous=tier, duo=duo, compute=circle, download=circle)
            bound = replace(free, jurisdiction=law)
            [before] = POLICY.decide(caller, action, [free], context)
            [after] = POLICY.decide(caller, action, [bound], context)
            assert after.given <= before.given
            assert before.permits or not after.permits
            assert set(before.obligations) <= set(after.obligations) or not after.permits


def obliged(law: str, caller, context: Context = STATED, action: Action = Action.BEACON_RECORD) -> set[str]:
    found = controlled(
        anonymous=Tier.RECORD,
        jurisdiction=law,
        duo=("DUO:0000042",),
        compute=Circle.CONTROLLED,
        download=Circle.CONTROLLED,
    )
    [decision] = POLICY.decide(caller, action, [found], context)
    assert decision.given is (action.tier or Tier.NONE)
    return {str(each) for each in decision.obligations}


def test_hipaa_asks_for_safe_harbor_unless_a_grant_says_more() -> None:
    places = {f"drop-field:{each}" for each in ("city", "county", "district", "line")}
    safe_harbor = {"age-cap:89", "date-year", "zip3"} | places
    identifiers = {f"drop-field:{each}" for each in ("name", "address", "telecom", "medicalRecordNumber")}
    assert obliged("us-hipaa", ANONYMOUS) == safe_harbor | identifiers
    assert obliged("us-hipaa", person(visa()), Context()) == identifiers
    assert obliged("us-hipaa", ANONYMOUS, action=Action.BEACON_COUNT) == set()


@pytest.mark.parametrize("law", ["eu-gdpr", "uk-dpa", "sg-pdpa"])
def test_records_of_people_go_to_known_callers_with_a_purpose(law: str) -> None:
    found = dataset(anonymous=Tier.RECORD, jurisdiction=law, compute=Circle.ANONYMOUS)

    def given(caller, context: Context, data=found) -> tuple[Tier, str]:
        [decision] = POLICY.decide(caller, Action.BEACON_RECORD, [data], context)
        return decision.given, POLICY.decide(caller, Action.WES_RUN, [data], context)[0].outcome

    assert given(ANONYMOUS, STATED) == (Tier.COUNT, "deny")
    assert given(person(), Context()) == (Tier.COUNT, "refer")
    assert given(person(), STATED) == (Tier.RECORD, "permit")
    consented = replace(found, duo=("DUO:0000004",))
    assert given(ANONYMOUS, Context(), consented) == (Tier.RECORD, "permit")


@pytest.mark.parametrize(("law", "place"), [("eu-gdpr", "eea"), ("uk-dpa", "uk"), ("sg-pdpa", "sg")])
def test_copies_and_programs_stay_in_the_country(law: str, place: str) -> None:
    for action in (Action.WES_RUN, Action.DRS_ACCESS):
        assert f"residency:{place}" in obliged(law, person(visa()), action=action)


@pytest.mark.parametrize("law", [None, *JURISDICTIONS])
@pytest.mark.parametrize("duo", [(), ("DUO:0000006",), ("DUO:0000025=2020-01-01",)])
def test_raw_logs_are_for_reviewers_who_need_neither_grant_nor_purpose(
    law: str | None, duo: tuple[str, ...]
) -> None:
    found = controlled(jurisdiction=law, duo=duo)
    for roles in ((), (Role.REVIEWER,)):
        for held in ((), (visa(),)):
            for context in (Context(), STATED):
                caller = person(*held, roles=roles)
                [decision] = POLICY.decide(caller, Action.WES_RAW_LOGS, [found], context)
                assert decision.permits is bool(roles), (law, duo, held, context)
                assert decision.obligations == ()  # nothing that who shows a log could not honour


@pytest.mark.parametrize("law", JURISDICTIONS)
def test_reviewers_are_bound_like_everybody_else_but_for_raw_logs(law: str) -> None:
    found = dataset(jurisdiction=law, compute=Circle.ANONYMOUS, download=Circle.ANONYMOUS)
    for action in (Action.WES_RUN, Action.DRS_ACCESS):
        assert not POLICY.decide(person(roles=(Role.REVIEWER,)), action, [found])[0].permits


def test_custodians_committees_and_reviewers_work_on_when_the_time_of_use_is_over() -> None:
    over = controlled(duo=("DUO:0000025=2020-01-01",), compute=Circle.ANONYMOUS, download=Circle.ANONYMOUS)
    caller = person(visa(), roles=tuple(Role))
    permitted = {each for each in DATA if POLICY.decide(caller, each, [over])[0].permits}
    assert permitted == {
        Action.FHIR_WRITE,
        Action.DATASET_MANAGE,
        Action.ACCESS_DECIDE,
        Action.AIRLOCK_RELEASE,
        Action.WES_RAW_LOGS,
    }


@pytest.mark.parametrize("law", ["eu-gdpr", "uk-dpa", "sg-pdpa"])
def test_whole_files_leave_for_a_grant_or_where_any_use_was_agreed_to(law: str) -> None:
    found = dataset(jurisdiction=law, download=Circle.ANONYMOUS, grants=(GRANT,))
    agreed = replace(found, duo=("DUO:0000004",))
    for caller, data, may in (
        (ANONYMOUS, found, False),
        (person(), found, False),
        (person(visa()), found, True),
        (ANONYMOUS, agreed, True),
    ):
        [decision] = POLICY.decide(caller, Action.DRS_ACCESS, [data], STATED)
        assert decision.permits is may
        # nothing is asked of a file that only a record could honour
        assert all(each.kind is Kind.RESIDENCY for each in decision.obligations)


def test_of_a_singapore_postal_code_the_sector_is_told_and_of_a_british_one_the_area() -> None:
    for law, kept in (("sg-pdpa", 2), ("uk-dpa", 2), ("eu-gdpr", 3)):
        assert f"postcode:{kept}" in obliged(law, person())


def test_what_is_open_but_bound_by_law_is_not_exempt() -> None:
    """Who cannot have the records must not have exact counts for the asking."""
    found = dataset(anonymous=Tier.RECORD, jurisdiction="eu-gdpr")
    [decision] = POLICY.decide(ANONYMOUS, Action.BEACON_COUNT, [found])
    assert (decision.given, decision.exempt) == (Tier.COUNT, False)


@pytest.mark.parametrize("law", JURISDICTIONS)
def test_no_law_keeps_anybody_from_applying_or_a_committee_from_deciding(law: str) -> None:
    for duo in ((), ("DUO:0000006",)):
        found = controlled(jurisdiction=law, duo=duo)
        for action, roles in ((Action.ACCESS_APPLY, ()), (Action.ACCESS_DECIDE, (Role.COMMITTEE,))):
            [decision] = POLICY.decide(person(roles=roles), action, [found])
            assert decision.permits
            assert decision.obligations == ()  # there would be nobody to honour it

"""Who has a budget of their own: nobody whose account is one that anybody can make for themselves."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from database.engine import Database
from governance.caller import ANONYMOUS, Caller, Identity, Role, Visa
from governance.datasets import Dataset, Tier
from governance.disclosure.control import Disclosure, Guard
from governance.disclosure.ledger import Ledger
from governance.disclosure.secret import Secret
from governance.policy.actions import Action
from governance.policy.engine import Policy
from tests.governance.disclosure.books import emptied, roots

SECRET = Secret(b"s" * 32)
PEOPLE = [f"P{each}" for each in range(300)]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
OPEN = Dataset("d", "GRCh37", Tier.BOOLEAN, "", "", NOW, NOW)
CONTROLLED = replace(OPEN, controlled=Tier.COUNT, grants=("https://d",))
LATER = 2**40
SITE = """
@id("open-logged-in") permit (principal, action in Action::"ask", resource is Dataset)
when { !principal.anonymous && context.tier <= 2 };
@id("open-terms") permit (principal, action in Action::"ask", resource is Dataset)
when { principal.terms.contains("https://terms") && context.tier <= 2 };
"""
FACULTY = """
@id("open-faculty") permit (principal, action in Action::"ask", resource is Dataset)
when { principal.affiliations.contains("faculty@uni") && context.tier <= 2 };
@id("open-reviewers") permit (principal, action in Action::"ask", resource is Dataset)
when { principal in Role::"airlock-reviewer" && context.tier <= 2 };
@id("open-ada") permit (principal, action in Action::"ask", resource is Dataset)
when { principal.issuer == "https://idp" && principal.subject == "ada" && context.tier <= 2 };
"""


@pytest.fixture
def database(site_database: Database) -> Database:
    return emptied(site_database)


def account(name: str, *visas: Visa, **more: object) -> Caller:
    identity = Identity("https://idp", name)
    return replace(Caller(identity, identity, visas, accounts=frozenset({identity})), **more)


def visa(kind: str = "ControlledAccessGrants", value: str = "https://d", by: str | None = "dac") -> Visa:
    return Visa(kind, value, "https://source", by, Identity("https://idp", "a"), 0, LATER, kind + value)


def decided(caller: Caller, dataset: Dataset, policy: Policy | None = None, *, count: bool = False) -> bool:
    action = Action.BEACON_COUNT if count else Action.BEACON_BOOLEAN
    [decision] = (policy or Policy()).decide(caller, action, [dataset])
    assert decision.permits
    return decision.vouched


def guard(database: Database, caller: Caller, dataset: Dataset = OPEN) -> Guard:
    [decision] = Policy().decide(caller, Action.BEACON_BOOLEAN, [dataset])
    return Disclosure(Ledger(database), SECRET).guard(caller, decision)


def told(database: Database, caller: Caller, thing: str, dataset: Dataset = OPEN) -> bool:
    """Of an allele with six carriers, who can pay for one such answer only."""
    return guard(database, caller, dataset).tell(thing, PEOPLE[:6], 300) > 0


def test_accounts_that_anybody_can_make_share_the_budget_of_anonymous_callers(database: Database) -> None:
    assert told(database, account("first"), "x")
    for caller in (ANONYMOUS, *(account(str(each)) for each in range(5))):
        assert told(database, caller, "x")
        assert not told(database, caller, "y")


def test_who_becomes_registered_begins_a_budget_of_their_own(database: Database) -> None:
    assert told(database, account("a"), "x")
    assert not told(database, account("a"), "y")
    assert told(database, account("a", registered=True), "y")
    assert not told(database, account("a", registered=True), "z")
    assert not told(database, account("a"), "y")  # who hides it is nobody again
    assert told(database, account("a"), "x")


def test_a_grant_is_a_budget_for_the_datasets_that_it_opens(database: Database) -> None:
    other = replace(OPEN, id="other")
    assert told(database, ANONYMOUS, "x", CONTROLLED)
    assert not told(database, account("a"), "y", CONTROLLED)
    assert told(database, account("a", visa()), "y", CONTROLLED)
    assert told(database, account("a", visa()), "x", other)
    assert told(database, ANONYMOUS, "x", other)
    assert not told(database, ANONYMOUS, "y", other)  # the same budget, for there the grant opens nothing


def test_a_grant_counts_also_where_no_more_is_asked_than_everybody_may_have() -> None:
    assert decided(account("a", visa()), CONTROLLED, count=True)
    assert decided(account("a", visa()), CONTROLLED)


def test_nobody_vouches_for_themselves(tmp_path: Path) -> None:
    (tmp_path / "site.cedar").write_text(SITE)
    policy = Policy(tmp_path)
    assert not decided(account("a"), OPEN, policy, count=True)
    for by in ("self", "peer", None):
        terms = visa("AcceptedTermsAndPolicies", "https://terms", by)
        assert not decided(account("a", terms), OPEN, policy, count=True)
        assert not decided(account("a", visa(by=by)), CONTROLLED, policy)
    assert not decided(account("a", client="an app"), OPEN, policy)


def test_whom_a_rule_of_the_site_knows_has_a_budget(tmp_path: Path) -> None:
    (tmp_path / "site.cedar").write_text(FACULTY)
    policy = Policy(tmp_path)
    assert decided(account("a", visa("AffiliationAndRole", "faculty@uni", "so")), OPEN, policy)
    assert not decided(account("a", visa("AffiliationAndRole", "student@uni", "so")), OPEN, policy)
    assert decided(account("a", roles=frozenset({Role.REVIEWER})), OPEN, policy)
    assert decided(account("ada"), OPEN, policy)
    assert not decided(account("bob"), OPEN, policy)


def test_all_accounts_of_a_caller_are_charged_and_kept_as_digests(database: Database) -> None:
    everyone = [account(each, registered=True) for each in ("Ann Example", "Bob Example", "Cleo Example")]
    assert told(database, everyone[2], "x")
    whole = frozenset(each.identity for each in everyone if each.identity)
    assert not told(database, replace(everyone[1], accounts=whole), "y")
    assert not any(told(database, each, "y") for each in everyone)
    assert len(roots(database)) == 3
    assert {len(each) for each in roots(database)} == {16}
    assert not any(b"Example" in each for each in roots(database))


def test_registration_that_has_ended_vouches_no_more() -> None:
    now = [1000.0]
    policy = Policy(clock=lambda: now[0])
    halves = [
        replace(visa(kind, "https://doi.org/10.1038/s41431-018-0219-y", by), expires=2000)
        for kind, by in (("AcceptedTermsAndPolicies", "self"), ("ResearcherStatus", "so"))
    ]
    caller = account("a", *halves, registered=True)
    assert decided(caller, OPEN, policy)
    now[0] = 2001.0
    assert not decided(caller, OPEN, policy)


def test_unwritten_counts_of_all_datasets_are_one_budget(database: Database) -> None:
    """Each of 20 datasets asked for counts of very many, as long as there is an answer."""
    many = [f"M{each}" for each in range(12_000)]

    def answers(caller: Caller, dataset: str) -> int:
        asked = guard(database, caller, replace(OPEN, id=dataset))
        told = (asked.count(many[each:-1_000], 24_000).value for each in range(0, 4000, 4))
        return next(number for number, value in enumerate(told) if value is None)

    known = account("a", registered=True)
    first = answers(known, "one")
    assert first > 0
    assert [answers(known, each) for each in ("two", "three")] == [0, 0]
    assert answers(ANONYMOUS, "one") == first  # theirs is for each dataset
    assert answers(ANONYMOUS, "two") == first

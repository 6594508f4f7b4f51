"""Rules that people of a site write: forbid wins, files keep to their dataset, obligations go along."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.caller import ANONYMOUS, Role
from governance.datasets import Circle, Tier
from governance.policy.actions import Action
from governance.policy.context import Context
from governance.policy.engine import Policy
from governance.policy.files import Source, packs
from governance.policy.obligations import Kind, Obligation
from governance.policy.rulebook import compiled
from governance.policy.watching import WatchedRules
from tests.governance.policy.making import ADA, GRANT, NOW, Clock, controlled, dataset, person, site, visa

LADDER = (Action.BEACON_BOOLEAN, Action.BEACON_COUNT, Action.BEACON_RECORD)
OPEN = dataset("open", Tier.RECORD, download=Circle.ANONYMOUS)

scopes = st.sampled_from(
    [
        "principal, action, resource is Dataset",
        'principal, action in Action::"discover", resource is Dataset',
        'principal, action == Action::"beacon:boolean", resource',
        'principal, action == Action::"beacon:count", resource == Dataset::"one"',
        'principal, action == Action::"beacon:record", resource',
        'principal in Role::"researcher", action in Action::"beacon", resource is Dataset',
        'principal, action in Action::"records", resource == Dataset::"two"',
    ]
)
effects = st.lists(st.tuples(st.sampled_from(["permit", "forbid"]), scopes), max_size=6)


def holds(scope: str, action: Action, identifier: str, *, researcher: bool) -> bool:
    """What a scope of the above means, said again."""
    about, what, which = scope.split(", ")
    if "Role" in about and not researcher:
        return False
    groups = {"discover": LADDER[:2], "beacon": LADDER, "records": LADDER[2:]}
    if "==" in what and action.term not in what:
        return False
    if " in " in what and action not in groups[what.split('"')[1]]:
        return False
    return "==" not in which or which.split('"')[1] == identifier


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=effects, researcher=st.booleans())
def test_forbid_wins_and_what_no_rule_permits_is_refused(
    tmp_path: Path, rules: list[tuple[str, str]], *, researcher: bool
) -> None:
    policy = site(tmp_path, "\n".join(f"{effect}({scope});" for effect, scope in rules))
    caller = person(roles=(Role.RESEARCHER,) if researcher else ())
    for identifier in ("one", "two"):
        steps = []
        for action in LADDER:
            found = [
                effect for effect, scope in rules if holds(scope, action, identifier, researcher=researcher)
            ]
            if "forbid" in found:
                break
            steps.append("permit" in found)
        for action in LADDER:
            [decision] = policy.decide(caller, action, [dataset(identifier)])
            asked = LADDER.index(action) + 1
            # a permission opens its own step and those below, a prohibition closes its own and those above
            below = [step for step in range(1, min(asked, len(steps)) + 1) if any(steps[step - 1 :])]
            assert decision.given == max(below, default=0), (rules, action, identifier)


def test_a_dataset_s_file_cannot_open_another_dataset(tmp_path: Path) -> None:
    policy = site(tmp_path, mine='@id("all") permit(principal, action, resource is Dataset);')
    decisions = policy.decide(
        ANONYMOUS, Action.BEACON_RECORD, [dataset("mine"), dataset("other"), dataset("min"), dataset("Mine")]
    )
    assert [each.given for each in decisions] == [Tier.RECORD, Tier.NONE, Tier.NONE, Tier.NONE]
    assert decisions[0].rule == "datasets/mine.cedar#all"
    assert not policy.decide_site(person(), Action.AUDIT_READ).permits


def test_a_dataset_s_file_closes_its_own_dataset_only(tmp_path: Path) -> None:
    policy = site(tmp_path, mine='@id("no") forbid(principal, action, resource);')
    decisions = policy.decide(ANONYMOUS, Action.BEACON_COUNT, [dataset("mine", Tier.RECORD), OPEN])
    assert [each.given for each in decisions] == [Tier.NONE, Tier.COUNT]
    assert decisions[0].rule == "datasets/mine.cedar#no"


@pytest.mark.parametrize(
    "rule",
    [
        'permit(principal, action, resource == Dataset::"other");',
        'permit(principal, action == Action::"audit:read", resource is Site);',
        'permit(principal, action, resource is Dataset in Dataset::"other");',
    ],
)
def test_a_dataset_s_file_that_speaks_of_something_else_is_refused(tmp_path: Path, rule: str) -> None:
    with pytest.raises(Exception, match=r"datasets/mine\.cedar:1: "):
        site(tmp_path, mine=rule)


def test_the_site_s_file_wins_over_a_dataset_s(tmp_path: Path) -> None:
    policy = site(
        tmp_path,
        '@id("closed") forbid(principal, action in Action::"records", resource is Dataset);',
        mine="permit(principal, action, resource);",
    )
    [decision] = policy.decide(ANONYMOUS, Action.BEACON_RECORD, [dataset("mine")])
    assert decision.given is Tier.COUNT
    [refused] = policy.decide(ANONYMOUS, Action.FHIR_READ, [dataset("mine")])
    assert (refused.outcome, refused.rule) == ("deny", "site.cedar#closed")


def test_obligations_of_prohibitions_are_conditions(tmp_path: Path) -> None:
    policy = site(
        tmp_path,
        '@id("ages") @obligation("age-cap:89, drop-field:karyotypicSex")'
        ' forbid(principal, action in Action::"records", resource is Dataset)'
        " unless { principal in resource.grants };",
    )
    found = controlled(anonymous=Tier.RECORD)
    [stranger] = policy.decide(ANONYMOUS, Action.BEACON_RECORD, [found])
    [holder] = policy.decide(person(visa()), Action.BEACON_RECORD, [found])
    [count] = policy.decide(ANONYMOUS, Action.BEACON_COUNT, [found])
    assert stranger.given is Tier.RECORD
    assert stranger.obligations == (
        Obligation(Kind.AGE_CAP, "89"),
        Obligation(Kind.DROP_FIELD, "karyotypicSex"),
    )
    assert holder.obligations == count.obligations == ()


def test_who_asks_for_more_is_obliged_to_what_less_would_have_obliged(tmp_path: Path) -> None:
    """A record answer tells counts as well: asking for it is no way round their rounding."""
    policy = site(
        tmp_path,
        "\n".join(
            f'@obligation("{asks}") forbid(principal, action == Action::"{step}", resource is Dataset);'
            for asks, step in (
                ("round:50", "beacon:count"),
                ("age-cap:89", "beacon:record"),
                ("zip3", "beacon:boolean"),
            )
        ),
    )

    def asked(action: Action, caller=ANONYMOUS) -> set[str]:
        [decision] = policy.decide(caller, action, [OPEN])
        assert decision.given is action.tier
        return {str(each) for each in decision.obligations}

    assert asked(Action.BEACON_BOOLEAN) == {"zip3"}
    assert asked(Action.BEACON_COUNT) == {"zip3", "round:50"}
    assert asked(Action.BEACON_RECORD) == {"zip3", "round:50", "age-cap:89"}


def test_of_two_permissions_the_one_that_asks_less_decides(tmp_path: Path) -> None:
    policy = site(
        tmp_path,
        '@id("rounded") @obligation("round:10")'
        ' permit(principal, action in Action::"discover", resource is Dataset);'
        '@id("exact")'
        ' permit(principal in Role::"researcher", action in Action::"discover", resource is Dataset);',
    )
    [nobody] = policy.decide(ANONYMOUS, Action.BEACON_COUNT, [dataset()])
    [known] = policy.decide(person(roles=(Role.RESEARCHER,)), Action.BEACON_COUNT, [dataset()])
    assert (nobody.rule, nobody.obligations) == ("site.cedar#rounded", (Obligation(Kind.ROUND, "10"),))
    assert (known.rule, known.obligations) == ("site.cedar#exact", ())


def test_a_refusal_that_a_person_may_lift_is_a_referral(tmp_path: Path) -> None:
    refer = (
        '@id("ask") @outcome("refer") forbid(principal, action in Action::"records", resource is Dataset);'
    )
    policy = site(tmp_path, refer)
    [refused] = policy.decide(ANONYMOUS, Action.DRS_ACCESS, [OPEN])
    assert (refused.outcome, refused.given, refused.permits, refused.rule) == (
        "refer", Tier.NONE, False, "site.cedar#ask",
    )  # fmt: skip
    [less] = policy.decide(ANONYMOUS, Action.BEACON_RECORD, [OPEN])
    assert (less.outcome, less.given, less.exempt) == ("permit", Tier.COUNT, False)
    [nothing] = policy.decide(ANONYMOUS, Action.DRS_ACCESS, [dataset()])  # nobody would permit it anyway
    assert nothing.outcome == "deny"


def test_a_prohibition_that_cannot_be_evaluated_closes_the_door(tmp_path: Path) -> None:
    """Cedar leaves out what it cannot evaluate; for a prohibition that would open the door."""
    overflow = "resource.anonymous + 9223372036854775807 > 0"
    policy = site(
        tmp_path, f'@id("sum") forbid(principal, action, resource is Dataset) when {{ {overflow} }};'
    )
    [decision] = policy.decide(ANONYMOUS, Action.BEACON_RECORD, [OPEN])
    assert (decision.outcome, decision.rule) == ("deny", "default#failed")
    policy = site(tmp_path, f"permit(principal, action, resource is Dataset) when {{ {overflow} }};")
    assert not policy.decide(ANONYMOUS, Action.OMOP_COUNT, [dataset(anonymous=Tier.BOOLEAN)])[0].permits


def test_rules_may_look_at_visas_roles_network_purpose_and_time(tmp_path: Path) -> None:
    clock = Clock()
    policy = site(
        tmp_path,
        """
        permit(principal, action == Action::"beacon:boolean", resource == Dataset::"visas") when {
            principal.visas.contains(
                {"type": "https://example.org/type", "value": "v", "source": "https://s", "by": ""})
        };
        permit(principal, action == Action::"beacon:boolean", resource == Dataset::"staff")
        when { principal.affiliations.contains("faculty@example.org") };
        permit(principal, action == Action::"beacon:boolean", resource == Dataset::"ada")
        when { principal.issuer == "https://login.example.org" && principal.subject == "ada" };
        permit(principal, action == Action::"beacon:boolean", resource == Dataset::"net")
        when { context.network == "elixir" };
        permit(principal, action == Action::"beacon:boolean", resource == Dataset::"why")
        when { context.purpose.contains("DUO:0000006") };
        permit(principal, action == Action::"beacon:boolean", resource == Dataset::"when")
        when { context.now < datetime("2027-01-15T08:01:00Z") };
        """,
        clock,
    )
    caller = person(
        visa("https://example.org/type", "v", "https://s", by=None),
        visa("AffiliationAndRole", "faculty@example.org", by="so"),
    )
    names = ["visas", "staff", "ada", "net", "why", "when"]
    everything = [dataset(each) for each in names]

    def may(who, context: Context) -> list[str]:
        decisions = policy.decide(who, Action.BEACON_BOOLEAN, everything, context)
        return [each.dataset.id for each in decisions if each.permits]

    context = Context(("DUO:0000006",), "elixir")
    assert may(caller, context) == names
    assert may(ANONYMOUS, Context()) == ["when"]
    assert policy.decide(ANONYMOUS, Action.BEACON_BOOLEAN, everything[-1:])[0].expires == NOW + 60
    clock.now += 60
    assert may(caller, context) == names[:-1]


@pytest.mark.parametrize(
    ("attribute", "kind", "counts"),
    [
        ("affiliations", "AffiliationAndRole", {"dac", "so", "system"}),
        ("statuses", "ResearcherStatus", {"dac", "so", "system", "peer"}),
        ("terms", "AcceptedTermsAndPolicies", {"dac", "so", "system", "peer", "self"}),
    ],
)
def test_what_somebody_says_of_themselves_counts_only_for_terms_they_accept(
    tmp_path: Path, attribute: str, kind: str, counts: set[str]
) -> None:
    said = f'{{type: "{kind}", value: "https://v", source: "https://s", by: "self"}}'
    policy = site(
        tmp_path,
        one=f'permit(principal, action, resource) when {{ principal.{attribute}.contains("https://v") }};',
        two=f"permit(principal, action, resource) when {{ principal.visas.contains({said}) }};",
    )
    for by in ("dac", "so", "system", "peer", "self", None):
        caller = person(visa(kind, "https://v", "https://s", by=by))
        decisions = policy.decide(caller, Action.BEACON_BOOLEAN, [dataset("one"), dataset("two")])
        assert [each.permits for each in decisions] == [by in counts, by == "self"], by


def test_an_affiliation_nobody_vouches_for_is_none(tmp_path: Path) -> None:
    policy = site(
        tmp_path,
        'permit(principal, action in Action::"discover", resource is Dataset)'
        ' when { principal.affiliations.contains("faculty@example.org") };',
    )
    unknown = person(visa("AffiliationAndRole", "faculty@example.org", by=None))
    assert not policy.decide(unknown, Action.BEACON_COUNT, [dataset()])[0].permits


@pytest.mark.parametrize(
    "name",
    [
        '" || true || "',
        '"}; permit(principal, action, resource); //',
        "\\",
        "\u0000",
        "a\nb",
        "é\u202e",
        "one two",
    ],
)
def test_names_of_callers_and_grants_are_never_syntax(name: str) -> None:
    policy = Policy(clock=Clock())
    odd = person(visa(value=name, source=name))
    odd = type(odd)(type(ADA)(name, name), visas=odd.visas)
    assert not policy.decide(odd, Action.BEACON_BOOLEAN, [controlled()])[0].permits
    if " " not in name:
        assert policy.decide(odd, Action.BEACON_BOOLEAN, [controlled(grants=(name,))])[0].permits


def test_a_semicolon_in_a_comment_or_text_ends_no_rule() -> None:
    book = compiled(
        [
            Source(
                "site.cedar",
                '// a; "b\n@id("one")\npermit(principal, action, resource is Dataset) // c;\n'
                'when { resource.assembly == "x;//" };\n\n// two\n// lines\n'
                '@id("two") forbid(principal, action, resource);',
            )
        ]
    )
    assert [(each.key, each.line, each.note) for each in book.rules] == [
        ("site.cedar#one", 2, 'a; "b'),
        ("site.cedar#two", 8, "two lines"),
    ]


def test_the_packs_alone_are_what_a_site_without_files_has(tmp_path: Path) -> None:
    assert WatchedRules(tmp_path / "absent").current().version == compiled(packs()).version
    assert GRANT not in str(packs())

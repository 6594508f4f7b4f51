"""The gate: what opens, what stays shut, and what is written down."""

from datetime import UTC, datetime

import pytest

from governance.audit.entries import Entry, Told
from governance.caller import ANONYMOUS, Caller, Identity, Role
from governance.datasets import Dataset, Tier
from governance.errors import NotForYou, WhoAreYou
from governance.gate import Gate
from governance.policy.actions import Action
from governance.policy.context import Context
from governance.policy.decision import Decided, Decision
from governance.policy.engine import Policy
from governance.policy.files import Source, packs
from governance.policy.obligations import Kind, parsed
from governance.policy.rulebook import compiled
from serving.access import decision_recorded, in_own_context
from serving.reasons import Missing
from tests.recorders import Kept

NOW = datetime(2026, 11, 21, tzinfo=UTC)
CALLER = Caller(Identity("https://idp.example", "anna"))


def dataset(identifier: str, anonymous: Tier) -> Dataset:
    return Dataset(identifier, "GRCh37", anonymous, identifier, "", NOW, NOW)


SOME = [dataset("open", Tier.RECORD), dataset("shut", Tier.NONE), dataset("counts", Tier.COUNT)]


class Tiers:
    """What a dataset gives to anybody; keeps what it was asked with."""

    def __init__(self, asks: str = "") -> None:
        self.asks = parsed(asks) if asks else ()
        self.asked: list[tuple[Caller, Action, Context]] = []
        self.datasets: list[list[str]] = []

    def decide(self, caller, action, datasets, context):
        self.asked.append((caller, action, context))
        self.datasets.append([each.id for each in datasets])
        given = [(each, min(action.tier, each.anonymous)) for each in datasets]
        decisions = [
            Decision(each, action, tier, f"r#{tier.name}", self.asks, outcome="permit" if tier else "deny")
            for each, tier in given
        ]
        return Decided(decisions, "rules-7")


class Full:
    """A trail that has no room."""

    def record(self, _made: Entry) -> None:
        raise OSError("no space left")


def gate(trail=None) -> Gate:
    return Gate(Tiers(), Kept() if trail is None else trail, clock=NOW.timestamp)


def test_work_sees_only_what_is_open():
    seen = gate().answer(ANONYMOUS, Action.BEACON_RECORD, SOME, lambda decisions: decisions)
    assert [(each.dataset.id, each.given) for each in seen] == [("open", Tier.RECORD), ("counts", Tier.COUNT)]


def test_work_is_told_of_nothing_where_nothing_is_open():
    assert gate().answer(ANONYMOUS, Action.BEACON_BOOLEAN, [SOME[1]], lambda decisions: decisions) == []


def test_policy_is_asked_with_caller_action_and_context():
    policy, context = Tiers(), Context(("DUO:0000007",), "net", 5.0)
    Gate(policy, Kept()).answer(CALLER, Action.BEACON_COUNT, iter(SOME), len, context=context)
    assert policy.asked == [(CALLER, Action.BEACON_COUNT, context)]


@pytest.mark.parametrize(
    ("honours", "may"),
    [((), False), ({Kind.ROUND}, False), ({Kind.ROUND, Kind.RESIDENCY}, True)],
)
def test_what_whoever_answers_cannot_honour_is_refused(honours, may):
    kept = Kept()
    asking = Gate(Tiers("round:10, residency:eea"), kept)
    seen = asking.answer(CALLER, Action.BEACON_COUNT, SOME, list, honours=honours)
    assert [each.dataset.id for each in seen] == (["open", "counts"] if may else [])
    for each in kept[0].decisions:
        assert [str(one) for one in each.obligations] == ["round:10", "residency:eea"]
        if not may and each.dataset.id != "shut":
            assert (each.given, each.outcome, each.rule) == (Tier.NONE, "deny", "default#not-honoured")


def test_what_is_decided_beside_is_neither_seen_nor_recorded():
    policy, kept = Tiers(), Kept()
    beside = [dataset("beside", Tier.RECORD)]
    seen = Gate(policy, kept).answer(CALLER, Action.BEACON_COUNT, SOME, list, beside=beside)
    assert [each.dataset.id for each in seen] == ["open", "counts"]
    assert [each.dataset.id for each in kept[0].decisions] == ["open", "shut", "counts"]
    assert policy.datasets == [["open", "shut", "counts", "beside"]]


def test_the_record_names_the_rules_that_decided_though_others_come_into_force_meanwhile(monkeypatch):
    rules = [
        Source("site.cedar", f'@id("{name}") permit(principal, action, resource is Dataset);')
        for name in ("first", "second")
    ]
    books = [compiled([*packs(), each]) for each in rules]
    policy, kept = Policy(), Kept()
    following = iter(books * 2)
    monkeypatch.setattr(policy, "book", lambda: next(following))  # other rules at every look
    for book in (*books, *books):
        Gate(policy, kept).answer(CALLER, Action.BEACON_COUNT, [SOME[1]], len)
        assert kept[-1].policy == book.version
        assert [each.rule for each in kept[-1].decisions] == [book.rules[-1].key]


def test_policy_and_record_know_the_roles_that_the_caller_has_here():
    policy, kept, at = Tiers(), Kept(), {"governance.version": 7}

    def roles(identity, moment):
        assert moment is at
        return frozenset({Role.AUDITOR}) if identity == CALLER.identity else frozenset()

    asking = Gate(policy, kept, roles=roles)
    asking.answer(CALLER, Action.BEACON_COUNT, SOME, len, at=at)
    asking.answer(ANONYMOUS, Action.BEACON_COUNT, SOME, len, at=at)
    for seen in ([asked[0] for asked in policy.asked], [entry.caller for entry in kept]):
        assert [caller.roles for caller in seen] == [{Role.AUDITOR}, frozenset()]


def test_every_decision_is_on_record_with_what_was_told_before_the_answer_leaves():
    kept = Kept()

    def work(permitted):
        permitted.told(permitted[0], 12)
        permitted.told(permitted[1], None, "below 5")
        return len(kept)

    before = in_own_context(
        "request-1",
        lambda: gate(kept).answer(CALLER, Action.BEACON_COUNT, SOME, work, question={"start": [1]}),
    )
    [entry] = kept
    assert before == 0
    assert (entry.request, entry.caller, entry.action) == ("request-1", CALLER, Action.BEACON_COUNT)
    assert (entry.when, entry.outcome, entry.policy) == (NOW, "answered", "rules-7")
    assert entry.question == {"start": [1]}
    assert [(each.dataset.id, each.given, each.outcome) for each in entry.decisions] == [
        ("open", Tier.COUNT, "permit"),
        ("shut", Tier.NONE, "deny"),
        ("counts", Tier.COUNT, "permit"),
    ]
    assert entry.told == {"open": Told(12), "counts": Told(None, "below 5")}


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(LookupError("the disk"), "failed: LookupError"), (Missing("no such thing"), "refused: Missing")],
)
def test_work_that_raises_is_on_record_with_what_it_told_until_then(error, outcome):
    kept = Kept()

    def fail(permitted):
        permitted.told(permitted[0], 3)
        raise error

    with pytest.raises(type(error)):
        gate(kept).answer(ANONYMOUS, Action.BEACON_COUNT, SOME, fail)
    assert [(each.outcome, dict(each.told)) for each in kept] == [(outcome, {"open": Told(3)})]


def test_nothing_is_answered_that_cannot_be_recorded():
    def ask():
        with pytest.raises(OSError, match="no space"):
            gate(Full()).answer(ANONYMOUS, Action.BEACON_COUNT, SOME, lambda _: "a secret")
        return decision_recorded()

    assert in_own_context("r", ask) is False


def test_the_note_belongs_to_its_request_alone():
    def ask():
        gate().answer(ANONYMOUS, Action.BEACON_COUNT, SOME, len)
        return decision_recorded()

    assert in_own_context("one", ask) is True
    assert in_own_context("two", decision_recorded) is False


def test_what_is_asked_of_the_site_is_decided_and_recorded():
    kept, roles = Kept(), {CALLER.identity: frozenset({Role.COMMITTEE})}
    asked = Gate(Policy(), kept, roles=lambda identity, _: roles.get(identity, frozenset()))
    assert asked.on_site(CALLER, Action.VISA_MANAGE, lambda: "done", question={"visa": "1"}) == "done"
    with pytest.raises(NotForYou):
        asked.on_site(Caller(Identity("https://idp.example", "eve")), Action.VISA_MANAGE, lambda: "done")
    with pytest.raises(WhoAreYou):
        asked.on_site(ANONYMOUS, Action.VISA_MANAGE, lambda: "done")
    with pytest.raises(LookupError):
        asked.on_site(CALLER, Action.VISA_MANAGE, lambda: {}["absent"])
    assert [each.outcome for each in kept] == [
        "answered",
        "refused: NotForYou",
        "refused: WhoAreYou",
        "failed: KeyError",
    ]
    assert kept[0].site.rule == "base.cedar#committee-visas"
    with pytest.raises(OSError, match="no space"):
        Gate(Policy(), Full(), roles=asked._roles).on_site(CALLER, Action.VISA_MANAGE, lambda: "done")

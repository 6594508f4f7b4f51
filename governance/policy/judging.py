"""Which rules hold for a case: the one place where Cedar is asked."""

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

import cedarpy

from governance.datasets import Dataset
from governance.policy.actions import Action
from governance.policy.context import Context
from governance.policy.entities import Asker, circumstances, dataset_entity, dataset_uid, opened_by
from governance.policy.rulebook import RuleBook, Sets, schema
from governance.policy.rules import Rule

log = logging.getLogger("insitu.policy")


@dataclass(frozen=True, slots=True)
class Case:
    """One question to the rules: an action on a dataset (on the site where it is None)."""

    action: Action
    dataset: Dataset | None
    duo: str
    context: Context
    minute: int


@dataclass(frozen=True, slots=True)
class Ruling:
    """Every rule that holds for a case. `failed` says that a prohibition could not be evaluated."""

    permits: tuple[Rule, ...]
    forbids: tuple[Rule, ...]
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """Somebody's question to the rules."""

    book: RuleBook
    asker: Asker

    def values(self, case: Case) -> dict[str, dict[str, object]]:
        """What rules can read of caller, dataset and circumstances, by variable and attribute."""
        return {
            "principal": self.asker.entity()["attrs"],
            "action": {},
            "resource": dataset_entity(case.dataset)["attrs"] | _grants(case.dataset),
            "context": json.loads(_context(case)),
        }


def judge(book: RuleBook, asker: Asker, cases: Sequence[Case]) -> list[Ruling]:
    """The ruling of each case, in order."""
    question = Question(book, asker)
    rulings: list[Ruling] = []
    for sets, group in groupby(cases, key=lambda case: book.of(case.dataset)):
        rulings.extend(_judge(sets, question, list(group)))
    return rulings


def ask(policies: cedarpy.PolicySet, question: Question, cases: Sequence[Case]) -> list[cedarpy.AuthzResult]:
    """What Cedar says of each case under these policies."""
    return _ask([policies], question, cases)[0]


def _judge(sets: Sets, question: Question, cases: Sequence[Case]) -> list[Ruling]:
    permits, forbids = _ask([sets.permits, sets.forbids], question, cases)
    return [_ruling(sets, *each) for each in zip(permits, forbids, strict=True)]


def _ask(
    sets: Sequence[cedarpy.PolicySet], question: Question, cases: Sequence[Case]
) -> list[list[cedarpy.AuthzResult]]:
    datasets = {dataset_uid(each.dataset)["id"]: each.dataset for each in cases}
    told = [question.asker.entity(), *(dataset_entity(each) for each in datasets.values())]
    entities = _actions().with_added_json_str(json.dumps(told))
    requests = [_request(question.asker, each) for each in cases]
    return [cedarpy.is_authorized_batch(requests, each, entities) for each in sets]


def _grants(dataset: Dataset | None) -> dict[str, object]:
    return {} if dataset is None else {"grants": sorted(opened_by(dataset))}


@cache
def _actions() -> cedarpy.Entities:
    """The actions and their groups, as the schema has them."""
    return cedarpy.Entities.from_json_str("[]", schema())


def _request(asker: Asker, case: Case) -> dict[str, object]:
    return {
        "principal": asker.uid,
        "action": {"type": "Action", "id": case.action.term},
        "resource": dataset_uid(case.dataset),
        "context": _context(case),
    }


def _context(case: Case) -> str:
    return circumstances(case.context, int(case.action.tier or 0), case.duo, case.minute)


def _ruling(sets: Sets, permits: cedarpy.AuthzResult, forbids: cedarpy.AuthzResult) -> Ruling:
    """Cedar leaves out a rule that cannot be evaluated: for a prohibition that would open the door."""
    errors = [*permits.diagnostics.errors, *forbids.diagnostics.errors]
    for error in errors:
        log.error("a rule cannot be evaluated: %s", error)
    return Ruling(
        _rules(sets, permits.diagnostics.reasons),
        _rules(sets, forbids.diagnostics.reasons),
        failed=bool(forbids.diagnostics.errors),
    )


def _rules(sets: Sets, keys: Iterable[str]) -> tuple[Rule, ...]:
    """The rules of these keys, in the order in which they are written."""
    held = set(keys)
    return tuple(rule for key, rule in sets.rules.items() if key in held)

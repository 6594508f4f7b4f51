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
from governance.policy.entities import Asker, circumstances, dataset_entity, dataset_uid
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


def judge(book: RuleBook, asker: Asker, cases: Sequence[Case]) -> list[Ruling]:
    """The ruling of each case, in order."""
    rulings: list[Ruling] = []
    for sets, group in groupby(cases, key=lambda case: book.of(case.dataset.id if case.dataset else None)):
        rulings.extend(_judge(sets, asker, list(group)))
    return rulings


def _judge(sets: Sets, asker: Asker, cases: Sequence[Case]) -> list[Ruling]:
    entities = _entities(asker, {dataset_uid(each.dataset)["id"]: each.dataset for each in cases}.values())
    requests = [_request(asker, each) for each in cases]
    permits = cedarpy.is_authorized_batch(requests, sets.permits, entities)
    forbids = cedarpy.is_authorized_batch(requests, sets.forbids, entities)
    return [_ruling(sets, *each) for each in zip(permits, forbids, strict=True)]


def _entities(asker: Asker, datasets: Iterable[Dataset | None]) -> cedarpy.Entities:
    told = [asker.entity(), *(dataset_entity(each) for each in datasets)]
    return _actions().with_added_json_str(json.dumps(told))


@cache
def _actions() -> cedarpy.Entities:
    """The actions and their groups, as the schema has them."""
    return cedarpy.Entities.from_json_str("[]", schema())


def _request(asker: Asker, case: Case) -> dict[str, object]:
    return {
        "principal": asker.uid,
        "action": {"type": "Action", "id": case.action.term},
        "resource": dataset_uid(case.dataset),
        "context": circumstances(case.context, int(case.action.tier or 0), case.duo, case.minute),
    }


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

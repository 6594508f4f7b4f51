"""What rules look at, read from their syntax: so that no more is kept apart in caches than must be."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Mentions:
    """The attributes of `principal` and `context` that rules read, and the grants that they name.

    EVERYTHING stands among the attributes where one is used as a whole.
    """

    principal: frozenset[str]
    context: frozenset[str]
    grants: frozenset[str]

    @classmethod
    def of(cls, rules: Iterable[Mapping[str, Any]]) -> "Mentions":
        """What these rules (Cedar's JSON) mention."""
        seen: dict[str, set[str]] = {"principal": set(), "context": set(), "resource": set(), "action": set()}
        grants: set[str] = set()
        for rule in rules:
            _walk(rule.get("conditions", []), seen)
            grants |= {each["id"] for each in entities_named(rule) if each["type"] == "Grant"}
        return cls(frozenset(seen["principal"]), frozenset(seen["context"]), frozenset(grants))


def entities_named(node: Any) -> Iterator[Mapping[str, str]]:
    """Every entity that a piece of a rule names, as a mapping of type and id."""
    if isinstance(node, Mapping):
        if set(node) == {"type", "id"} and all(isinstance(each, str) for each in node.values()):
            yield node
            return
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from entities_named(each)


def _walk(node: Any, seen: dict[str, set[str]]) -> None:
    if isinstance(node, list):
        for each in node:
            _walk(each, seen)
        return
    if not isinstance(node, Mapping):
        return
    for name, inner in node.items():
        if name == "Var":
            seen[inner].add(EVERYTHING)
        elif name in (".", "has") and set(inner["left"]) == {"Var"}:
            seen[inner["left"]["Var"]].update(_attributes(inner))
        elif name in ("in", "==", "is") and isinstance(inner, Mapping):
            _walk([each for each in inner.values() if not _is_variable(each)], seen)
        else:
            _walk(inner, seen)


def _attributes(inner: Mapping[str, Any]) -> list[str]:
    attribute = inner["attr"]
    return [attribute] if isinstance(attribute, str) else [str(each) for each in attribute]


def _is_variable(node: Any) -> bool:
    """True for a bare `principal`, `action` or `resource`: compared as what it is, without its attributes."""
    return isinstance(node, Mapping) and node.get("Var") in ("principal", "action", "resource")

"""The parts of a rule, each evaluated alone: which of them does not hold, and what it looked at."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cedarpy

from governance.policy.judging import Case, Question, ask
from governance.policy.rules import Rule

_SCOPE = ("principal", "action", "resource")
_ANY = {"op": "All"}
_SHOWN = 200  # characters of a value


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a rule as text, whether it holds, and the values it looked at."""

    scope: str | None
    text: str
    holds: bool
    values: tuple[str, ...]


def parts(rule: Rule, question: Question, case: Case) -> list[Part]:
    """Every part of a rule, as it stands for a case. A rule holds where all its parts do."""
    taken = list(_taken(rule.ast))
    whole = {str(number): ast for number, (_, ast) in enumerate(taken)}
    found = ask(_set(whole), question, [case])[0].diagnostics.reasons
    return [
        Part(scope, _spelled(ast, scope), str(number) in found, tuple(_values(ast, question, case)))
        for number, (scope, ast) in enumerate(taken)
    ]


def _set(asts: Mapping[str, Any]) -> cedarpy.PolicySet:
    return cedarpy.PolicySet.from_json_str(_document(asts))


def _document(asts: Mapping[str, Any]) -> str:
    return json.dumps({"staticPolicies": asts, "templates": {}, "templateLinks": []})


def _taken(ast: Mapping[str, Any]) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """A permission for each part of a rule that says something, all else left open."""
    for scope in _SCOPE:
        if ast[scope] != _ANY:
            yield scope, _alone(scopes={scope: ast[scope]})
    for condition in ast.get("conditions", []):
        bodies = [condition["body"]] if condition["kind"] == "unless" else _conjuncts(condition["body"])
        for body in bodies:
            yield None, _alone(conditions=[{"kind": condition["kind"], "body": body}])


def _alone(scopes: Mapping[str, Any] | None = None, conditions: Sequence[Any] = ()) -> dict[str, Any]:
    everything = dict.fromkeys(_SCOPE, _ANY) | dict(scopes or {})
    return {"effect": "permit", **everything, "conditions": list(conditions)}


def _conjuncts(body: Mapping[str, Any]) -> list[Any]:
    if set(body) == {"&&"}:
        return [*_conjuncts(body["&&"]["left"]), *_conjuncts(body["&&"]["right"])]
    return [body]


def _spelled(ast: Mapping[str, Any], scope: str | None) -> str:
    """The part as Cedar writes it."""
    text = " ".join(cedarpy.policies_from_json_str(_document({"0": ast})).split())
    if scope is None:
        return text[text.index(")") + 1 :].strip().rstrip(";")
    inside = text[text.index("(") + 1 : text.rindex(")")]
    for other in _SCOPE:
        inside = inside.removeprefix(f"{other}, ") if other != scope else inside
        inside = inside.removesuffix(f", {other}") if other != scope else inside
    return inside


def _values(ast: Mapping[str, Any], question: Question, case: Case) -> Iterator[str]:
    """`resource.registered is 1`, for each attribute that a condition reads."""
    known = question.values(case)
    for variable, attribute in sorted(set(_read(ast["conditions"]))):
        if attribute in known[variable]:
            shown = json.dumps(known[variable][attribute])
            text = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
            yield f"{variable}.{attribute} is {text}"


def _read(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        for name, inner in node.items():
            if name == "." and set(inner["left"]) == {"Var"}:
                yield inner["left"]["Var"], inner["attr"]
            else:
                yield from _read(inner)
    elif isinstance(node, list):
        for each in node:
            yield from _read(each)

"""Cedar text, taken apart into single rules that know their file and line."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import cedarpy

from governance.policy.obligations import Obligation, parsed
from governance.policy.problems import PolicyInvalid, Problem

_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|;|[^"/;]+|.', re.DOTALL)
_ANNOTATIONS = frozenset({"id", "serves", "obligation", "outcome", "exempt"})
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule. `key` names it everywhere (`site.cedar#open-count`).

    `refers` marks a prohibition that a person may lift. `obligations` of a prohibition say under which
    conditions it does not hold, of a permission what it asks in return. `ast` is the rule as Cedar's JSON,
    `note` the comment above it.
    """

    key: str
    file: str
    line: int
    permits: bool
    refers: bool
    exempt: bool
    obligations: tuple[Obligation, ...]
    serves: str
    note: str
    text: str
    ast: Mapping[str, Any] = field(repr=False)

    @property
    def law(self) -> str | None:
        """The one jurisdiction whose datasets the rule is about, as its scope says; None for all."""
        scope = self.ast["resource"]
        entity = scope.get("entity", {}) if scope["op"] == "in" else {}
        return str(entity["id"]) if entity.get("type") == "Jurisdiction" else None


@dataclass(frozen=True, slots=True)
class _Piece:
    line: int
    text: str
    note: str


def rules_of(file: str, text: str) -> list[Rule]:
    """The rules of a file, in order.

    Raises:
        PolicyInvalid: with every fault of the file that can be found without the schema.
    """
    rules: list[Rule] = []
    problems: list[Problem] = []
    for piece in _pieces(text):
        try:
            rules.append(_rule(file, piece))
        except ValueError as error:
            problems.append(Problem(file, piece.line, str(error)))
    problems.extend(_repeated(rules))
    if problems:
        raise PolicyInvalid(problems)
    return rules


def _pieces(text: str) -> Iterator[_Piece]:
    """The text between semicolons that stand in no string and no comment, each with the comment above it."""
    line, start, code, notes = 1, 0, "", list[str]()
    for word in _WORD.findall(text):
        if word.startswith("//"):
            if not code.strip():
                notes.append(word[2:].strip())
        elif not code.strip():
            if not word.strip():
                notes = [] if word.count("\n") > 1 else notes
            else:
                start = line + _leading_lines(word)
                code = word.lstrip()
        else:
            code += word
        line += word.count("\n")
        if word == ";":
            yield _Piece(start, code, " ".join(notes))
            code, notes = "", []
    if code.strip():
        yield _Piece(start, code, " ".join(notes))


def _leading_lines(word: str) -> int:
    return word[: len(word) - len(word.lstrip())].count("\n")


def _rule(file: str, piece: _Piece) -> Rule:
    parts = json.loads(cedarpy.policies_to_json_str(piece.text))
    if parts["templates"]:
        raise ValueError("a template (?principal, ?resource) has no effect here: write the rule out")
    if len(parts["staticPolicies"]) != 1:
        raise ValueError("a semicolon is missing, or stands where none belongs")
    [ast] = parts["staticPolicies"].values()
    said = ast.get("annotations", {})
    permits = ast["effect"] == "permit"
    _check(said, permits=permits)
    identifier = said.get("id") or f"line-{piece.line}"
    if not _ID.fullmatch(identifier):
        raise ValueError(f"@id({json.dumps(identifier)}): use letters, digits, dots, dashes and underscores")
    return Rule(
        key=f"{file}#{identifier}",
        file=file,
        line=piece.line,
        permits=permits,
        refers="outcome" in said,
        exempt="exempt" in said,
        obligations=parsed(said["obligation"] or "") if "obligation" in said else (),
        serves=said.get("serves") or "",
        note=piece.note,
        text=piece.text.strip(),
        ast=ast,
    )


def _check(said: Mapping[str, str | None], *, permits: bool) -> None:
    """Raises ValueError where an annotation would be without effect: it would be missed, not noticed."""
    unknown = sorted(set(said) - _ANNOTATIONS)
    if unknown:
        known = ", ".join(f"@{each}" for each in sorted(_ANNOTATIONS))
        raise ValueError(f"@{unknown[0]} means nothing here: there are {known}")
    if "outcome" in said and (permits or said["outcome"] != "refer" or "obligation" in said):
        raise ValueError('@outcome("refer") belongs to a forbid, and not beside @obligation')
    if "exempt" in said and (not permits or said["exempt"]):
        raise ValueError("@exempt has no value and belongs to a permit")


def _repeated(rules: list[Rule]) -> Iterator[Problem]:
    seen: dict[str, Rule] = {}
    for rule in rules:
        first = seen.setdefault(rule.key, rule)
        if first is not rule:
            yield Problem(rule.file, rule.line, f"the id of line {first.line} is used again: choose another")

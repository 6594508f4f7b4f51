"""The rules in force, parsed once."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import cedarpy

from governance.datasets import Dataset
from governance.policy import files
from governance.policy.diseases import NO_DISEASES, Diseases
from governance.policy.files import Source
from governance.policy.mentions import EVERYTHING, Mentions, entities_named
from governance.policy.problems import PolicyInvalid, Problem
from governance.policy.rules import Rule, rules_of


@dataclass(frozen=True, slots=True, eq=False)
class Sets:
    """Rules as Cedar evaluates them: permissions and prohibitions apart, so that both are always known."""

    rules: Mapping[str, Rule]
    permits: cedarpy.PolicySet
    forbids: cedarpy.PolicySet
    mentions: Mentions


@dataclass(frozen=True, slots=True, eq=False)
class RuleBook:
    """The rules of one moment. `version` changes with every letter of them.

    `common` are asked about everything; what a dataset's own file says (`own`, by dataset) is asked about
    that dataset alone.
    """

    version: str
    common: tuple[Rule, ...]
    own: Mapping[str, tuple[Rule, ...]]
    diseases: Diseases
    timed: bool
    _parsed: dict[tuple[str | None, str | None], Sets] = field(default_factory=dict)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule, in the order of reading."""
        return (*self.common, *(rule for rules in self.own.values() for rule in rules))

    def about(self, dataset_id: str) -> tuple[Rule, ...]:
        """The rules that are asked about a dataset of that id."""
        return (*self.common, *self.own.get(dataset_id, ()))

    def grants(self) -> frozenset[str]:
        """The values of all grants that rules name."""
        named = Mentions.of([each.ast for each in self.rules]).grants
        return frozenset(each.partition(" ")[0] for each in named)

    def names_grant(self, dataset_id: str | None, value: str) -> bool:
        """Whether a rule of a dataset's own file, or for None one about all, names a grant of that value.

        One whose source is asked for as well counts, too: it stands after the value.
        """
        rules = self.common if dataset_id is None else self.own.get(dataset_id, ())
        named = Mentions.of([each.ast for each in rules]).grants
        return any(each.partition(" ")[0] == value for each in named)

    def of(self, dataset: Dataset | None) -> Sets:
        """The rules that are asked about a dataset, without those of other laws; about the site for None."""
        identifier = dataset.id if dataset is not None and dataset.id in self.own else None
        key = (identifier, dataset.jurisdiction if dataset is not None else None)
        found = self._parsed.get(key)
        if found is None:
            rules = self.common if identifier is None else self.about(identifier)
            about = [each for each in rules if each.law in (None, key[1])]
            found = self._parsed.setdefault(key, _sets(about))
        return found


@cache
def schema() -> cedarpy.Schema:
    """The schema, parsed."""
    return cedarpy.Schema.from_str(files.schema_text())


def load(folder: Path | None) -> RuleBook:
    """The packs and what people wrote into `folder`; the packs alone where it is None.

    Raises:
        PolicyInvalid: with every fault of every file.
    """
    problems: list[Problem] = []
    written = [] if folder is None else files.written(folder, problems)
    diseases = NO_DISEASES if folder is None else Diseases.read(folder / files.DISEASES, problems)
    return compiled([*files.packs(), *written], diseases, problems)


def compiled(
    sources: Sequence[Source], diseases: Diseases = NO_DISEASES, problems: Iterable[Problem] = ()
) -> RuleBook:
    """The rule book of these sources.

    Raises:
        PolicyInvalid: with every fault of every source, after `problems`.
    """
    faults = list(problems)
    by_source = [(each, _checked(each, faults)) for each in sources]
    if faults:
        raise PolicyInvalid(faults)
    common = [rule for source, rules in by_source if source.dataset is None for rule in rules]
    own = {source.dataset: tuple(rules) for source, rules in by_source if source.dataset is not None}
    whole = _sets([rule for _, rules in by_source for rule in rules])  # so that no part of them fails later
    timed = not whole.mentions.context.isdisjoint(("now", EVERYTHING))
    return RuleBook(_version(sources, diseases), tuple(common), own, diseases, timed)


def _checked(source: Source, faults: list[Problem]) -> list[Rule]:
    try:
        rules = rules_of(source.file, source.text)
    except PolicyInvalid as error:
        faults.extend(error.problems)
        return []
    for rule in rules:
        faults.extend(_against_schema(rule))
        faults.extend(_outside(rule, source.dataset))
    return rules


def _against_schema(rule: Rule) -> Iterator[Problem]:
    for error in cedarpy.validate_policies(rule.text, schema()).errors:
        reason = error.error.removeprefix("for policy `policy0`, ")
        yield Problem(rule.file, rule.line, reason)


def _outside(rule: Rule, dataset: str | None) -> Iterator[Problem]:
    """The faults of a rule in a dataset's file that speaks of something else."""
    if dataset is None:
        return
    for entity in entities_named(rule.ast["resource"]):
        if entity["type"] == "Dataset" and entity["id"] != dataset:
            reason = f"this file is about {dataset} alone: what it says of {entity['id'][:64]} has no effect"
            yield Problem(rule.file, rule.line, reason)
    if rule.ast["resource"].get("entity_type") == "Site":
        yield Problem(rule.file, rule.line, f"this file is about {dataset} alone, not about the site")


def _sets(rules: Sequence[Rule]) -> Sets:
    return Sets(
        rules={each.key: each for each in rules},
        permits=_parsed([each for each in rules if each.permits]),
        forbids=_parsed([each for each in rules if not each.permits]),
        mentions=Mentions.of([each.ast for each in rules]),
    )


def _parsed(rules: Sequence[Rule]) -> cedarpy.PolicySet:
    """The rules under their own keys, so that Cedar's reasons are ours."""
    whole: dict[str, Any] = {
        "staticPolicies": {each.key: each.ast for each in rules},
        "templates": {},
        "templateLinks": [],
    }
    return cedarpy.PolicySet.from_json_str(json.dumps(whole))


def _version(sources: Sequence[Source], diseases: Diseases) -> str:
    digest = hashlib.sha256(files.schema_text().encode())
    for each in sources:
        for part in (each.file, each.text):
            digest.update(f"{len(part)}:{part}".encode())
    digest.update(diseases.digest.encode())
    return digest.hexdigest()[:16]

"""Why a decision is what it is, and what would make it another."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from governance.caller import Caller, Identity, Role, Visa
from governance.datasets import Dataset
from governance.policy.context import Context
from governance.policy.decision import Decision
from governance.policy.duo import Match
from governance.policy.judging import Case, Question
from governance.policy.parts import Part, parts
from governance.policy.rules import Rule

Decide = Callable[[Caller, Context], Decision]
Trusted = Callable[[str], Sequence[str]]
"""The issuers that this site trusts with visas of a type."""

_SOMEBODY = Identity("https://issuer.invalid", "somebody")
_ANY_PURPOSE = ("DUO:0000042",)
_LATER = 2**40  # seconds since 1970: a visa that ends when nobody asks any more


@dataclass(frozen=True, slots=True)
class Seen:
    """A rule that is about the action and the dataset, and its parts that do not hold (none: it holds)."""

    rule: Rule
    failing: tuple[Part, ...]

    @property
    def holds(self) -> bool:
        """True where every part of the rule holds."""
        return not self.failing


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with its reasons; `opens` are sentences that say what would give more."""

    decision: Decision
    purpose: Match
    rules: tuple[Seen, ...]
    opens: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """The explanation for a person, line by line."""
        found = self.decision
        given = f" {found.given.name.lower()}" if found.permits and found.asked.tier else ""
        yield f"{found.outcome}{given}: {found.asked.term} on {found.dataset.id}, decided by {found.rule}"
        for each in found.obligations:
            yield f"  provided that: {each}"
        if found.exempt:
            yield "  disclosure control does not apply: every record may be had"
        if self.purpose.fit != "none":
            yield f"  terms of use: {self.purpose.fit} ({'; '.join(self.purpose.reasons)})"
        for seen in self.rules:
            yield from _told(seen)
        for sentence in self.opens:
            yield f"would give more: {sentence}"


def explanation(
    question: Question, case: Case, purpose: Match, decide: Decide, trusted: Trusted
) -> Explanation:
    """The explanation of a case that is about a dataset.

    `decide` decides the same for another caller or in other circumstances.
    """
    dataset = case.dataset
    if dataset is None:
        raise ValueError("a decision on the site has no dataset to explain")
    found = decide(question.asker.caller, case.context)
    about = (_seen(rule, question, case) for rule in question.book.of(dataset).rules.values())
    seen = tuple(each for each in about if each is not None)
    attempts = _attempts(question.asker.caller, dataset, case.context, trusted)
    return Explanation(found, purpose, seen, tuple(_opens(found, attempts, decide)))


def _opens(found: Decision, attempts: Iterator[tuple[Caller, Context, str]], decide: Decide) -> Iterator[str]:
    """The attempts that give more than there is, and more than the same caller got by less."""
    best: dict[Caller, Decision] = {}
    for who, why, sentence in attempts:
        tried, before = decide(who, why), best.get(who, found)
        if tried.permits and (not before.permits or tried.given > before.given):
            best[who] = tried
            yield _opening(sentence, tried)


def _opening(sentence: str, tried: Decision) -> str:
    given = f"{tried.given.name.lower()}, " if tried.asked.tier else ""
    return f"{sentence} ({given}by {tried.rule})"


def _seen(rule: Rule, question: Question, case: Case) -> Seen | None:
    """The rule, unless it is about other actions or datasets, or a prohibition that does not hold."""
    taken = parts(rule, question, case)
    if any(not each.holds and each.scope in ("action", "resource") for each in taken):
        return None
    failing = tuple(each for each in taken if not each.holds)
    return Seen(rule, failing) if rule.permits or not failing else None


def _told(seen: Seen) -> Iterator[str]:
    rule = seen.rule
    effect = "permits" if rule.permits else "obliges" if rule.obligations else "forbids"
    serves = f" ({rule.serves})" if rule.serves else ""
    if seen.holds:
        yield f"{effect}: {rule.key}, line {rule.line}{serves}: {rule.note or rule.text}"
        return
    yield f"does not hold: {rule.key}, line {rule.line}{serves}"
    for part in seen.failing:
        values = f"   where {', '.join(part.values)}" if part.values else ""
        yield f"    {part.text}{values}"


def _attempts(
    caller: Caller, dataset: Dataset, context: Context, trusted: Trusted
) -> Iterator[tuple[Caller, Context, str]]:
    """Whoever else, and why else, one could ask: the things that can be had, each with a sentence."""
    known = caller if caller.identity else replace(caller, identity=_SOMEBODY, person=_SOMEBODY)
    terms = dataset.duo or _ANY_PURPOSE
    stating = replace(context, purpose=terms)
    stated = f"a stated purpose that fits ({', '.join(terms)})"
    yield caller, stating, stated
    if caller.identity is None:
        yield known, context, "to sign in"
        yield known, stating, f"to sign in, with {stated}"
    if not caller.registered:
        registered = replace(known, registered=True)
        visas = "Registered Access: visas AcceptedTermsAndPolicies and ResearcherStatus"
        visas += _from(sorted({*trusted("AcceptedTermsAndPolicies"), *trusted("ResearcherStatus")}))
        yield registered, context, visas
        yield registered, stating, f"{visas}, with {stated}"
    for visa in _grants(dataset):
        source = f" and the source {visa.source}" if dataset.sources else ""
        sentence = f"a visa ControlledAccessGrants by dac, so or system with the value {visa.value}{source}"
        yield (
            replace(known, visas=(*known.visas, visa)),
            context,
            sentence + _from(trusted("ControlledAccessGrants")),
        )
    for role in Role:
        if role not in caller.roles:
            yield replace(known, roles=known.roles | {role}), context, f"the role {role}"


def _from(issuers: Sequence[str]) -> str:
    return f", from an issuer this site trusts ({', '.join(issuers)})" if issuers else ""


def _grants(dataset: Dataset) -> Iterator[Visa]:
    for value in dataset.grants:
        for source in dataset.sources or ("https://source.invalid",):
            yield Visa("ControlledAccessGrants", value, source, "dac", _SOMEBODY, 0, _LATER, "hypothetical")

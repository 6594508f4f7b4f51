"""May they: the one question every service asks before it reads data."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from governance.caller import ANONYMOUS, Caller
from governance.datasets import Dataset
from governance.policy import duo
from governance.policy.actions import Action
from governance.policy.cache import Kept
from governance.policy.context import Context
from governance.policy.decision import Decision, Outcome
from governance.policy.diseases import Diseases
from governance.policy.entities import Asker, matters
from governance.policy.explain import Explanation, explanation
from governance.policy.judging import Case, Question, Ruling, judge
from governance.policy.obligations import Obligation
from governance.policy.rulebook import RuleBook
from governance.policy.verdict import Verdict, verdict
from governance.policy.watching import WatchedRules

_KEPT = 20_000  # decisions: some 20 MB
_HORIZONS = 8  # moments at which visas end that are told apart
_DAY = 86_400.0
_NO_CONTEXT = Context()


@dataclass(frozen=True, slots=True)
class SiteDecision:
    """What policy said of an action on the site itself: see `Decision`."""

    asked: Action
    outcome: Outcome
    rule: str
    obligations: tuple[Obligation, ...] = ()
    expires: float | None = None

    @property
    def permits(self) -> bool:
        """True where the caller may."""
        return self.outcome == "permit"


@dataclass(frozen=True, slots=True)
class _Held:
    """The verdict of every action of a family, and when each ceases to hold."""

    verdicts: Mapping[Action, Verdict]
    ends: Mapping[Action, float | None]


class Policy:
    """The rules of a site, asked.

    `folder` is where the site's own rules are, None for the packs alone. Safe between threads.

    Raises:
        PolicyInvalid: the rules cannot be used at the start; names file, line and reason.
    """

    def __init__(
        self,
        folder: Path | None = None,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rules = WatchedRules(folder, ticks)
        self._clock = clock
        self._kept: Kept[_Held] = Kept(_KEPT)

    @property
    def version(self) -> str:
        """Names the rules in force; differs when any letter of them does."""
        return self.book().version

    def book(self) -> RuleBook:
        """The rules in force."""
        return self._rules.current()

    def decide(
        self, caller: Caller, action: Action, datasets: Iterable[Dataset], context: Context = _NO_CONTEXT
    ) -> list[Decision]:
        """One decision for each dataset, in order: at most what was asked, nothing where no rule permits."""
        wanted = list(datasets)
        held = self._held(caller, action, wanted, context)
        return [_decision(each, action, found) for each, found in zip(wanted, held, strict=True)]

    def decide_site(self, caller: Caller, action: Action, context: Context = _NO_CONTEXT) -> SiteDecision:
        """The decision on an action that is about the site, not a dataset."""
        [held] = self._held(caller, action, [None], context)
        found = held.verdicts[action]
        return SiteDecision(action, found.outcome, found.rule, found.obligations, held.ends[action])

    def explain(
        self,
        caller: Caller,
        action: Action,
        dataset: Dataset,
        context: Context = _NO_CONTEXT,
        issuers: Sequence[str] = (),
    ) -> Explanation:
        """Which rules decide and why, and what would give more; `issuers` of visas are named as trusted."""
        now = self._clock() if context.now is None else context.now
        at = replace(context, now=now)
        question = _Question(self.book(), action.family, at, now)
        fit = question.fit(dataset)
        case = Case(action, dataset, fit.fit, at, int(now // 60))

        def decide(who: Caller, why: Context) -> Decision:
            return self.decide(who, action, [dataset], why)[0]

        return explanation(Question(question.book, Asker.of(caller, now)), case, fit, decide, issuers)

    def _held(
        self, caller: Caller, action: Action, datasets: Sequence[Dataset | None], context: Context
    ) -> list[_Held]:
        now = self._clock() if context.now is None else context.now
        question = _Question(self.book(), action.family, replace(context, now=now), now)
        return self._answers(question, caller, datasets)

    def _answers(
        self, question: "_Question", caller: Caller, datasets: Sequence[Dataset | None]
    ) -> list[_Held]:
        ended = caller.expires is not None and caller.expires <= question.now
        asker = Asker.of(ANONYMOUS if ended else caller, question.now)
        keys = [question.key(asker, each) for each in datasets]
        found = {key: self._kept.get(key, question.now) for key in keys}
        missing = {key: each for key, each in zip(keys, datasets, strict=True) if found[key] is None}
        if missing:
            for key, held in zip(missing, self._work_out(question, asker, [*missing.values()]), strict=True):
                found[key] = held
                ends = [each for each in held.ends.values() if each is not None]
                self._kept.put(key, held, min(ends, default=None))
        return [held for held in (found[key] for key in keys) if held is not None]

    def _work_out(
        self, question: "_Question", asker: Asker, datasets: Sequence[Dataset | None]
    ) -> list[_Held]:
        """What the rules say, and the first moment at which they would say something else."""
        now = question.verdicts(asker, datasets)
        ends = [question.ends(each) for each in datasets]
        if asker.caller is not ANONYMOUS:
            self._until_visas_end(question, asker, datasets, now, ends)
            nobody = self._answers(question, ANONYMOUS, datasets)
            for mine, theirs, end in zip(now, nobody, ends, strict=True):
                for action, found in mine.items():
                    if found.substance != theirs.verdicts[action].substance:
                        end[action] = _earlier(end[action], asker.caller.expires)
        return [_Held(*each) for each in zip(now, ends, strict=True)]

    def _until_visas_end(
        self,
        question: "_Question",
        asker: Asker,
        datasets: Sequence[Dataset | None],
        now: Sequence[Mapping[Action, Verdict]],
        ends: Sequence[dict[Action, float | None]],
    ) -> None:
        """Asks again as if each visa that matters had ended, and notes when that makes a difference."""
        horizons = [_horizons(question, asker, each) for each in datasets]
        for moment in sorted({each for mine in horizons for each in mine[:_HORIZONS]}):
            about = [number for number, mine in enumerate(horizons) if moment in mine[:_HORIZONS]]
            later = question.verdicts(Asker.of(asker.caller, moment), [datasets[each] for each in about])
            for number, then in zip(about, later, strict=True):
                for action, found in now[number].items():
                    if found.substance != then[action].substance:
                        ends[number][action] = _earlier(ends[number][action], moment)
        for mine, end in zip(horizons, ends, strict=True):
            if len(mine) > _HORIZONS:  # too early, never too late
                end.update({action: _earlier(found, mine[_HORIZONS]) for action, found in end.items()})


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked by one call, apart from who asks and of which dataset."""

    book: RuleBook
    family: tuple[Action, ...]
    context: Context
    now: float

    @property
    def minute(self) -> int:
        """The minute since 1970, where rules look at the time; 0 where none does."""
        return int(self.now // 60) if self._timed else 0

    @property
    def _timed(self) -> bool:
        return any("now" in sets.mentions.context for sets in (self.book.common, *self.book.own.values()))

    def key(self, asker: Asker, dataset: Dataset | None) -> tuple[object, ...]:
        """Differs wherever the answer could."""
        fit = self.fit(dataset).fit
        context = self.context
        circumstances = (fit, context.purpose, context.network, self.minute)
        return asker.key, dataset, self.family, self.book.version, circumstances

    def fit(self, dataset: Dataset | None) -> duo.Match:
        """How the stated purpose fits the dataset's terms."""
        terms = () if dataset is None else dataset.duo
        return _fit(terms, self.context.purpose, self.book.diseases, int(self.now // _DAY))

    def verdicts(self, asker: Asker, datasets: Sequence[Dataset | None]) -> list[dict[Action, Verdict]]:
        """The verdict of every action of the family, for each dataset."""
        cases = [
            Case(action, each, self.fit(each).fit, self.context, self.minute)
            for each in datasets
            for action in self.family
        ]
        rulings = judge(self.book, asker, cases)
        width = len(self.family)
        rows = (rulings[start : start + width] for start in range(0, len(rulings), width))
        return [self._verdicts(dict(zip(self.family, row, strict=True))) for row in rows]

    def _verdicts(self, rulings: dict[Action, Ruling]) -> dict[Action, Verdict]:
        return {each: verdict(each, rulings) for each in self._decided()}

    def _decided(self) -> list[Action]:
        """The actions that this family decides; another may have been asked for what it tells of them."""
        return [each for each in self.family if each.family == self.family]

    def ends(self, dataset: Dataset | None) -> dict[Action, float | None]:
        """When the answers end whoever asks: with the minute, or with a dated term of use."""
        minute = (self.minute + 1) * 60.0 if self._timed else None
        end = _earlier(self.fit(dataset).until, minute)
        return dict.fromkeys(self._decided(), end)


@lru_cache(maxsize=4096)
def _fit(terms: tuple[str, ...], purpose: tuple[str, ...], diseases: Diseases, day: int) -> duo.Match:
    """Terms of use change at the beginning of a day only."""
    return duo.match(terms, purpose, diseases, day * _DAY)


def _horizons(question: _Question, asker: Asker, dataset: Dataset | None) -> list[float]:
    """The moments at which visas end that matter, in order."""
    sets = question.book.of(dataset.id if dataset else None)
    return sorted({float(each.expires) for each in asker.visas if matters(each, dataset, sets.mentions)})


def _earlier(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _decision(dataset: Dataset, action: Action, held: _Held) -> Decision:
    found = held.verdicts[action]
    return Decision(
        dataset,
        action,
        found.given,
        found.rule,
        found.obligations,
        found.exempt,
        held.ends[action],
        found.outcome,
    )

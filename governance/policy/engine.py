"""May they: the one question every service asks before it reads data."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from governance.caller import ANONYMOUS, Caller
from governance.datasets import Dataset
from governance.policy.actions import Action
from governance.policy.cache import Kept
from governance.policy.context import Context
from governance.policy.decision import Decided, Decision, SiteDecision
from governance.policy.entities import Asker
from governance.policy.explain import Explanation, Trusted, explanation
from governance.policy.holding import Held, worked_out
from governance.policy.inquiry import Inquiry
from governance.policy.judging import Case, Question
from governance.policy.rulebook import RuleBook
from governance.policy.vouching import stranger, with_vouched
from governance.policy.watching import WatchedRules

_KEPT = 20_000  # decisions: some 20 MB
_NO_CONTEXT = Context()


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
        self._kept: Kept[Held] = Kept(_KEPT)

    @property
    def version(self) -> str:
        """Names the rules in force; differs when any letter of them does."""
        return self.book().version

    def book(self) -> RuleBook:
        """The rules in force."""
        return self._rules.current()

    def decide(
        self, caller: Caller, action: Action, datasets: Iterable[Dataset], context: Context = _NO_CONTEXT
    ) -> Decided:
        """One decision for each dataset, in order: at most what was asked, nothing where no rule permits."""
        wanted, question = list(datasets), self._question(action, context)
        held = self._answers(question, caller, wanted)
        decisions = (_decision(each, action, found) for each, found in zip(wanted, held, strict=True))
        return Decided(decisions, question.book.version)

    def decide_site(self, caller: Caller, action: Action, context: Context = _NO_CONTEXT) -> SiteDecision:
        """The decision on an action that is about the site, not a dataset."""
        question = self._question(action, context)
        [held] = self._answers(question, caller, [None])
        found, end = held.verdicts[action], held.ends[action]
        return SiteDecision(action, found.outcome, found.rule, found.obligations, end, question.book.version)

    def explain(
        self,
        caller: Caller,
        action: Action,
        dataset: Dataset,
        context: Context = _NO_CONTEXT,
        trusted: Trusted = lambda _: (),
    ) -> Explanation:
        """Which rules decide and why, and what would give more; `trusted`: the issuers of a visa type."""
        now = self._clock() if context.now is None else context.now
        at = replace(context, now=now)
        question = Inquiry(self.book(), action.family, at, now)
        fit = question.fit(dataset)
        case = Case(action, dataset, fit.fit, at, int(now // 60))

        def decide(who: Caller, why: Context) -> Decision:
            return self.decide(who, action, [dataset], why)[0]

        return explanation(Question(question.book, Asker.of(caller, now)), case, fit, decide, trusted)

    def _question(self, action: Action, context: Context) -> Inquiry:
        now = self._clock() if context.now is None else context.now
        return Inquiry(self.book(), action.family, replace(context, now=now), now)

    def _answers(self, question: Inquiry, caller: Caller, datasets: Sequence[Dataset | None]) -> list[Held]:
        ended = caller.expires is not None and caller.expires <= question.now
        asker = Asker.of(ANONYMOUS if ended else caller, question.now)
        keys = [question.key(asker, each) for each in datasets]
        found = {key: self._kept.get(key, question.now) for key in keys}
        missing = {key: each for key, each in zip(keys, datasets, strict=True) if found[key] is None}
        if missing:
            new = [*missing.values()]
            nobody = self._answers(question, ANONYMOUS, new) if asker.caller is not ANONYMOUS else None
            someone = stranger(asker)
            strangers = self._answers(question, someone, new) if someone is not None else None
            worked = with_vouched(asker, worked_out(question, asker, new, nobody), strangers)
            for key, held in zip(missing, worked, strict=True):
                found[key] = held
                self._kept.put(key, held, held.end)
        return [held for held in (found[key] for key in keys) if held is not None]


def _decision(dataset: Dataset, action: Action, held: Held) -> Decision:
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
        held.vouched,
    )

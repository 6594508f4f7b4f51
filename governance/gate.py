"""The one way to governed data: decide, work, protect, record.

Every service asks through the gate, and nothing else lets an operation of a governed kind answer
(`serving.access`).
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from database.moments import Moment
from governance.audit.entries import Entry, Recorder, Told, moment, request_id
from governance.caller import ANONYMOUS, Caller, Identity, Role
from governance.datasets import Dataset, Tier
from governance.errors import NotForYou, WhoAreYou
from governance.policy.actions import Action
from governance.policy.context import Context
from governance.policy.decision import Decided, Decision, SiteDecision
from governance.policy.obligations import Kind, Obligation
from serving.access import record_decision
from serving.reasons import Reason

Answer = TypeVar("Answer")

NOT_HONOURED = "default#not-honoured"
"""The rule of a refusal because whoever answers cannot honour what was obliged to."""

Roles = Callable[[Identity | None, Moment | None], frozenset[Role]]
"""The roles of an account, as of a moment or later: `governance.roles.RoleRegister.of`."""


def no_roles(_identity: Identity | None, _at: Moment | None) -> frozenset[Role]:
    """Nobody has any."""
    return frozenset()


class Decides(Protocol):
    """What the gate asks: `governance.policy.engine.Policy`."""

    def decide(
        self, caller: Caller, action: Action, datasets: Sequence[Dataset], context: Context
    ) -> Decided:
        """One decision for each dataset, in order, and the version of the rules that took them."""

    def decide_site(self, caller: Caller, action: Action, context: Context = ...) -> SiteDecision:
        """The decision on an action that is about the site."""


class Permitted(list[Decision]):
    """The decisions that permit something, in order, and a place to say what was told of their datasets.

    `closed` are refusals that may be explained: those of datasets that are no secret.
    """

    def __init__(self, decisions: Iterable[Decision]) -> None:
        taken = list(decisions)
        super().__init__(each for each in taken if each.permits)
        self.closed = tuple(each for each in taken if not each.permits and not each.dataset.confidential)
        self.notes: dict[str, Told] = {}

    def told(self, decision: Decision, results: int | None = None, adjusted: str | None = None) -> None:
        """Notes for the record how many results the answer tells (None: no number), and how adjusted."""
        self.notes[decision.dataset.id] = Told(results, adjusted)


class Gate:
    """Where decisions are taken and recorded. `trail` keeps an entry or raises: then nothing is answered.

    `roles` says which roles an account has here.
    """

    def __init__(
        self,
        policy: Decides,
        trail: Recorder,
        clock: Callable[[], float] = time.time,
        *,
        roles: Roles = no_roles,
    ) -> None:
        self._policy = policy
        self._roles = roles
        self._trail = trail
        self._clock = clock

    def answer(
        self,
        caller: Caller,
        action: Action,
        datasets: Iterable[Dataset],
        work: Callable[[Permitted], Answer],
        *,
        honours: Collection[Kind | Obligation] = (),
        beside: Iterable[Dataset] = (),
        context: Context | None = None,
        question: Any = None,
        at: Moment | None = None,
    ) -> Answer:
        """What `work` makes of the datasets that policy opens to this caller, recorded.

        `work` gets the decisions that permit something, in the order of `datasets`, and nothing of the
        others but why, where that is no secret: a hidden dataset and an absent one are the same to it. It is
        called even where no decision permits, with an empty list, for it alone knows how its standard says
        so. It says on that list what the answer tells (`Permitted.told`), and honours what the decisions
        oblige to, of the kinds that it says it `honours` (of a kind with a value: with that value only): a
        decision that obliges to anything else is a refusal. `question` is what was asked, as far as the
        record should know it. `at` is the moment at which the datasets were looked up, where there is one: it
        saves a query. `beside` are decided as well and forgotten, so that how long it takes does not tell
        whether one of them was meant.

        Every decision is recorded, also when `work` raises (the error then goes on), and before the answer
        is returned.

        Raises:
            CannotRecord: the record could not be kept; nothing is answered.
        """
        context = Context() if context is None else context
        caller = self._known(caller, at)
        wanted = list(datasets)
        decided = self._policy.decide(caller, action, [*wanted, *beside], context)
        decisions = [_honourable(each, honours) for each in decided[: len(wanted)]]
        permitted = Permitted(decisions)

        def note(outcome: str) -> None:
            self._trail.record(
                Entry(
                    when=moment(self._clock()),
                    request=request_id(),
                    caller=caller,
                    action=action,
                    decisions=tuple(decisions),
                    outcome=outcome,
                    told=permitted.notes,
                    policy=decided.version,
                    question=question,
                    context=context,
                )
            )
            record_decision()

        try:
            made = work(permitted)
        except Exception as error:
            note(_went_wrong(error))
            raise
        note("answered")
        return made

    def public(
        self, action: Action, datasets: Iterable[Dataset], honours: Collection[Kind | Obligation] = ()
    ) -> list[Decision]:
        """The decisions that open datasets to anybody, whoever asks: what follows from them is no secret.

        Nothing is recorded: nobody in particular is told anything.
        """
        decided = self._policy.decide(ANONYMOUS, action, list(datasets), Context())
        return [each for each in (_honourable(one, honours) for one in decided) if each.permits]

    def on_site(
        self, caller: Caller, action: Action, work: Callable[[], Answer], *, question: Any = None
    ) -> Answer:
        """What `work` makes, where policy lets this caller do that to the site; recorded as `answer` records.

        Raises:
            NotForYou, WhoAreYou: policy does not.
            CannotRecord: the record could not be kept; nothing is answered.
        """
        caller = self._known(caller, None)
        decision = self._policy.decide_site(caller, action)

        def note(outcome: str) -> None:
            entry = Entry(
                when=moment(self._clock()),
                request=request_id(),
                caller=caller,
                action=action,
                decisions=(),
                outcome=outcome,
                policy=decision.version,
                question=question,
                site=decision,
            )
            self._trail.record(entry)
            record_decision()

        try:
            _check(caller, decision)
            made = work()
        except Exception as error:
            note(_went_wrong(error))
            raise
        note("answered")
        return made

    def _known(self, caller: Caller, at: Moment | None) -> Caller:
        """The caller with the roles they have here."""
        roles = self._roles(caller.identity, at)
        return replace(caller, roles=roles) if roles else caller


def _check(caller: Caller, decision: SiteDecision) -> None:
    if not decision.permits:
        raise WhoAreYou if caller.anonymous else NotForYou


def _honourable(decision: Decision, honours: Collection[Kind | Obligation]) -> Decision:
    """The decision, where whoever answers can do what it obliges to; else a refusal that says to what."""
    if not decision.permits or all(each.kind in honours or each in honours for each in decision.obligations):
        return decision
    return replace(decision, given=Tier.NONE, rule=NOT_HONOURED, exempt=False, outcome="deny")


def _went_wrong(error: Exception) -> str:
    """A caller who is told a reason was refused; anything else is our failure."""
    return f"{'refused' if isinstance(error, Reason) else 'failed'}: {type(error).__name__}"

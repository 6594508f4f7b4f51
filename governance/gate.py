"""The one way to governed data: decide, work, protect, record.

Every service asks through the gate, and nothing else lets an operation of a governed kind answer
(`serving.access`).
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from database.moments import Moment
from governance.audit.entries import Entry, Recorder, Told, moment, request_id
from governance.caller import Caller, Identity, Role
from governance.datasets import Dataset
from governance.policy.actions import Action
from governance.policy.context import Context
from governance.policy.decision import Decision
from serving.access import record_decision
from serving.reasons import Reason

Answer = TypeVar("Answer")
Protect = Callable[[Answer, Sequence[Decision]], Answer]


Roles = Callable[[Identity | None, Moment | None], frozenset[Role]]
"""The roles of an account, as of a moment or later: `governance.roles.RoleRegister.of`."""


def no_roles(_identity: Identity | None, _at: Moment | None) -> frozenset[Role]:
    """Nobody has any."""
    return frozenset()


class Decides(Protocol):
    """What the gate asks: `governance.policy.engine.Policy`."""

    @property
    def version(self) -> str:
        """Which rules these are."""

    def decide(
        self, caller: Caller, action: Action, datasets: Sequence[Dataset], context: Context
    ) -> list[Decision]:
        """One decision for each dataset, in order."""


class Permitted(list[Decision]):
    """The decisions that permit something, in order, and a place to say what was told of their datasets."""

    def __init__(self, decisions: Iterable[Decision]) -> None:
        super().__init__(decisions)
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
        protect: Protect[Answer] | None = None,
        *,
        context: Context | None = None,
        question: Any = None,
        at: Moment | None = None,
    ) -> Answer:
        """What `work` makes of the datasets that policy opens to this caller, protected and recorded.

        `work` gets the decisions that permit something, in the order of `datasets`, and nothing of the
        others: a hidden dataset and an absent one are the same to it. It is called even where no decision
        permits, with an empty list, for it alone knows how its standard says so. It says on that list what
        the answer tells (`Permitted.told`). `protect` honours what decisions oblige to; without it the answer
        leaves exactly as `work` made it. `question` is what was asked, as far as the record should know it.
        `at` is the moment at which the datasets were looked up, where there is one: it saves a query.

        Every decision is recorded, also when `work` or `protect` raises (the error then goes on), and before
        the answer is returned.

        Raises:
            CannotRecord: the record could not be kept; nothing is answered.
        """
        context = Context() if context is None else context
        caller = self._known(caller, at)
        version = self._policy.version  # before, for rules may be replaced while we decide
        decisions = self._policy.decide(caller, action, list(datasets), context)
        permitted = Permitted(each for each in decisions if each.permits)

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
                    policy=version,
                    question=question,
                    context=context,
                )
            )
            record_decision()

        try:
            made = work(permitted)
            if protect is not None:
                made = protect(made, permitted)
        except Exception as error:
            note(_went_wrong(error))
            raise
        note("answered")
        return made


    def _known(self, caller: Caller, at: Moment | None) -> Caller:
        """The caller with the roles they have here."""
        roles = self._roles(caller.identity, at)
        return replace(caller, roles=roles) if roles else caller


def _went_wrong(error: Exception) -> str:
    """A caller who is told a reason was refused; anything else is our failure."""
    return f"{'refused' if isinstance(error, Reason) else 'failed'}: {type(error).__name__}"

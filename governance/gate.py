"""The one way to governed data: decide, work, protect, record.

Every service asks through the gate, and nothing else lets an operation of a governed kind answer
(`serving.access`).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from governance.audit import Recorder, entry, record_in_log
from governance.caller import Caller
from governance.datasets import Dataset
from governance.policy.actions import Action
from governance.policy.decision import Decision
from governance.policy.engine import decide
from serving.access import record_decision

Answer = TypeVar("Answer")
Protect = Callable[[Answer, Sequence[Decision]], Answer]


class Gate:
    """Where decisions are taken and recorded. `record` keeps an entry or raises: then nothing is answered."""

    def __init__(self, record: Recorder = record_in_log) -> None:
        self._record = record

    def answer(
        self,
        caller: Caller,
        action: Action,
        datasets: Iterable[Dataset],
        work: Callable[[list[Decision]], Answer],
        protect: Protect[Answer] | None = None,
    ) -> Answer:
        """What `work` makes of the datasets that policy opens to this caller, protected and recorded.

        `work` gets the decisions that permit something, in the order of `datasets`, and nothing of the
        others: a hidden dataset and an absent one are the same to it. It is called even where no decision
        permits, with an empty list, for it alone knows how its standard says so. `protect` honours what
        decisions oblige to; without it the answer leaves exactly as `work` made it. Every decision is
        recorded, also when `work` or `protect` raises (the error then goes on), and before the answer is
        returned.
        """
        decisions = decide(caller, action, datasets)
        permitted = [each for each in decisions if each.permits]
        try:
            made = work(permitted)
            if protect is not None:
                made = protect(made, permitted)
        except Exception as error:
            self._note(caller, action, decisions, f"failed: {type(error).__name__}")
            raise
        self._note(caller, action, decisions, "answered")
        return made

    def _note(self, caller: Caller, action: Action, decisions: Sequence[Decision], outcome: str) -> None:
        self._record(entry(caller, action, decisions, outcome))
        record_decision()

"""The record of every decision, made before the answer leaves."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from governance.caller import Caller
from governance.policy.actions import Action
from governance.policy.decision import Decision
from serving.access import current_request

log = logging.getLogger("insitu.audit")


@dataclass(frozen=True, slots=True)
class Entry:
    """Who asked for what, what was decided for each dataset, and what came of it.

    `outcome` is `answered`, or `failed` with the kind of error. `request` is the id of the HTTP request,
    where there is one.
    """

    when: datetime
    request: str | None
    caller: Caller
    action: Action
    decisions: tuple[Decision, ...]
    outcome: str


Recorder = Callable[[Entry], None]


def entry(caller: Caller, action: Action, decisions: Sequence[Decision], outcome: str) -> Entry:
    """The entry of a decision taken now."""
    return Entry(datetime.now(UTC), current_request(), caller, action, tuple(decisions), outcome)


def record_in_log(made: Entry) -> None:
    """Writes the entry as one line of JSON to the logger `insitu.audit`."""
    if log.isEnabledFor(logging.INFO):
        log.info("%s", orjson.dumps(_fields(made)).decode())


def _fields(made: Entry) -> dict[str, object]:
    return {
        "when": made.when,
        "request": made.request,
        "caller": made.caller.subject,
        "action": made.action.term,
        "decisions": [
            {"dataset": each.dataset.id, "given": each.given.name.lower(), "rule": each.rule}
            for each in made.decisions
        ],
        "outcome": made.outcome,
    }

"""Acts that happen together or not at all, on record: begun before, and afterwards what became of all."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from governance.audit.acts import record_act
from governance.audit.errors import CannotRecord
from governance.audit.trail import Trail
from governance.caller import Identity
from passport_broker.domain.actors import Actor
from serving.reasons import Reason

log = logging.getLogger("insitu.broker")


@dataclass(frozen=True, slots=True)
class Told:
    """Something that goes on record about an account."""

    what: str
    subject: Identity
    details: Mapping[str, Any] = field(default_factory=dict)
    dataset: str | None = None


def nobody_knows() -> bool:
    """Of what cannot be looked up: it counts as not done."""
    return False


@contextmanager
def on_record(
    trail: Trail, acts: Sequence[Told], actor: Actor, settled: Callable[[], bool] = nobody_knows
) -> Iterator[None]:
    """Records that all of that is begun, and after the block, which commits it, that all is done or failed.

    Where the block fails and is not refused, `settled` looks whether it is done all the same: a commit whose
    answer is lost. What is done stays done where that cannot be recorded any more: the log says so then, and
    the trail has what was begun.

    Raises:
        CannotRecord: they could not be recorded; nothing is begun.
    """
    begun: list[Told] = []
    try:
        for each in acts:
            _record(trail, each, actor, "begun")
            begun.append(each)
        yield
    except BaseException as error:
        failed = f"failed: {type(error).__name__}"
        with suppress(Exception):  # who cannot find out whether it is done, cannot say that it failed
            done = len(begun) == len(acts) and not isinstance(error, Reason) and settled()
            for each in reversed(begun):
                _record(trail, each, actor, "done" if done else failed)
        raise
    for each in reversed(begun):
        try:
            _record(trail, each, actor, "done")
        except CannotRecord:
            log.exception("%s is done, and that could not be recorded: the trail has it as begun", each.what)


def _record(trail: Trail, act: Told, actor: Actor, outcome: str) -> None:
    record_act(
        trail,
        act.what,
        dataset=act.dataset,
        subject=act.subject,
        details=act.details,
        outcome=outcome,
        **actor.recorded(),
    )

"""No answer without a decision: the note a request carries of having asked governance.

`serving` starts every operation without a note, `governance` makes it when it has recorded a decision, and
`serving` looks before it lets a 2xx of a governed operation out. The note lives in the request's own context,
in no module or thread.
"""

from collections.abc import Callable
from contextvars import ContextVar, copy_context
from enum import Enum
from typing import TypeVar

Answer = TypeVar("Answer")


class Access(Enum):
    """What `x-insitu-access` in a document may say of an operation."""

    PUBLIC = "public"
    GOVERNED = "governed"


class Undecided(Exception):  # noqa: N818 - named for what happened
    """A governed operation answered although nobody had asked governance: a mistake in the code."""


_decided: ContextVar[bool] = ContextVar("insitu_decided", default=False)
_request: ContextVar[str | None] = ContextVar("insitu_request", default=None)


def record_decision() -> None:
    """Note on the current request that a decision was taken and recorded."""
    _decided.set(True)


def decision_recorded() -> bool:
    """True where the current request carries the note."""
    return _decided.get()


def current_request() -> str | None:
    """The id of the request that is being answered; None outside of one."""
    return _request.get()


def in_own_context(request_id: str, work: Callable[[], Answer]) -> Answer:
    """What `work` returns, run in a context of its own that knows its request and starts without a note."""

    def fresh() -> Answer:
        _decided.set(False)
        _request.set(request_id)
        return work()

    return copy_context().run(fresh)

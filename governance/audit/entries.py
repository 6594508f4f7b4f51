"""What goes into the trail: a question and what was decided about it, or an act upon the site."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from governance.caller import Caller, Identity
from governance.policy.actions import Action
from governance.policy.context import Context
from governance.policy.decision import Decision, SiteDecision
from serving.access import current_request


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer told of one dataset: how many results (None: no number), and how it was adjusted."""

    results: int | None = None
    adjusted: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Who asked for what, what was decided for each dataset, and what came of it.

    `outcome` is `answered`, `refused` with the kind of reason, or `failed` with the kind of error. `request`
    is the id of the HTTP request, where there is one. `told` is by dataset id. `policy` is the version of
    the rules that decided, `trust` that of the file that says who is believed. `question` is anything JSON
    can hold, dataclasses included. `site` is what was decided where the question was about the site itself.
    """

    when: datetime
    request: str | None
    caller: Caller
    action: Action
    decisions: tuple[Decision, ...]
    outcome: str
    told: Mapping[str, Told] = field(default_factory=dict)
    policy: str = ""
    question: Any = None
    context: Context = field(default_factory=Context)
    trust: str = ""
    site: SiteDecision | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """Something done to the site, rather than asked of it: `what` in dotted words (`dataset.added`).

    `by` is the operating system's user, or the name of the part of Insitu that noticed something. `subject`
    is the account that the act is about, `actor` the one that did it by way of that part, if any; both are
    written under their pseudonyms.
    """

    when: datetime
    what: str
    by: Mapping[str, Any]
    outcome: str
    dataset: str | None = None
    subject: Identity | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    actor: Identity | None = None


class Recorder(Protocol):
    """Where the gate records."""

    def record(self, made: Entry) -> None:
        """Returns when the entry is kept, whatever happens next; raises where it is not."""


def request_id() -> str | None:
    """The id of the HTTP request that is being answered; None outside of one."""
    return current_request()


def moment(seconds: float) -> datetime:
    """Seconds since 1970 as a time of the trail, in UTC."""
    return datetime.fromtimestamp(seconds, UTC)

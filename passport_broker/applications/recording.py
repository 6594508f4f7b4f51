"""Steps on record: each is an act of the audit trail, which proves what the tables say of it."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from database.engine import UnitOfWork
from governance.audit.acts import acting
from governance.audit.chain import canonical
from governance.caller import Identity
from passport_broker.applications.parts import Parts
from passport_broker.domain.actors import Actor
from passport_broker.domain.applications import Application, Step, Taken

WORDS: Mapping[Step, str] = {
    Step.BEGIN: "begun",
    Step.EDIT: "edited",
    Step.SUBMIT: "submitted",
    Step.ASK: "returned",
    Step.APPROVE: "approved",
    Step.REJECT: "rejected",
    Step.WITHDRAW: "withdrawn",
    Step.END: "ended",
    Step.RENEW: "renewed",
}
"""What the trail calls each step: `application.submitted`."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """What follows from a step for somebody: `visa.issued`, `visa.revoked`, a step of another application."""

    what: str
    subject: str
    details: Mapping[str, Any]


def digest(application: str, taken: Taken) -> str:
    """The SHA-256 of all that a step says, who took it included."""
    said = {
        "application": application,
        "number": taken.number,
        "at": int(taken.at.timestamp()),
        "step": taken.step.value,
        "state": taken.state.value,
        "by": dict(taken.by),
        "content": taken.content.kept(),
        "note": taken.note,
        "match": None if taken.match is None else asdict(taken.match),
    }
    return hashlib.sha256(canonical(said)).hexdigest()


def told(application: str, taken: Taken) -> dict[str, Any]:
    """What the trail is told of a step: no text of anybody's, no account, but what proves them."""
    said: dict[str, Any] = {
        "application": application,
        "number": taken.number,
        "state": taken.state.value,
        "digest": digest(application, taken),
    }
    return said if taken.match is None else said | {"fit": taken.match.fit}


@contextmanager
def on_record(
    parts: Parts, application: Application, actor: Actor, also: Sequence[Consequence] = ()
) -> Iterator[UnitOfWork]:
    """A transaction for the last step of an application, begun when it and what follows are on record.

    Raises:
        CannotRecord: they could not be recorded; nothing is done.
    """
    what = f"application.{WORDS[application.last.step]}"
    first = Consequence(what, application.applicant, told(application.id, application.last))
    with ExitStack() as stack:
        for each in (first, *also):
            identity = Identity(parts.issuer, each.subject)
            came = stack.enter_context(
                acting(
                    parts.trail,
                    each.what,
                    dataset=application.dataset,
                    subject=identity,
                    details=each.details,
                    **actor.recorded(),
                )
            )
            came.update(each.details)  # so that what is done says of what
        yield stack.enter_context(parts.database.unit_of_work())

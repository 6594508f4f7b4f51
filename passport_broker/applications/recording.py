"""Steps on record: each is an act of the audit trail, which proves what the tables say of it."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from database.engine import UnitOfWork
from governance.audit.chain import canonical
from governance.caller import Identity
from passport_broker.applications.parts import Parts
from passport_broker.domain.actors import Actor
from passport_broker.domain.applications import Application, Step
from passport_broker.settling import Told
from passport_broker.settling import on_record as settling
from passport_broker.store import applications as store

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
    Step.ACCEPT: "accepted",
    Step.LEAVE: "left",
}
"""What the trail calls each step: `application.submitted`."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """What follows from a step for somebody: `visa.issued`, `visa.revoked`, a step of another application."""

    what: str
    subject: str
    details: Mapping[str, Any]


def digest(application: Application) -> str:
    """The SHA-256 of all that the last step of an application says: of whom, for what, and by whom."""
    said = _said(application) | {
        "version": 2,
        "dataset": application.dataset,
        "applicant": application.applicant,
        "renews": application.renews,
        "made": int(application.made.timestamp()),
        "accepted": list(application.last.accepted),
    }
    return hashlib.sha256(canonical(said)).hexdigest()


def digest_before(application: Application) -> str:
    """The same as it was first recorded: what it leaves out nothing proves."""
    return hashlib.sha256(canonical(_said(application))).hexdigest()


def _said(application: Application) -> dict[str, Any]:
    taken = application.last
    return {
        "application": application.id,
        "number": taken.number,
        "at": int(taken.at.timestamp()),
        "step": taken.step.value,
        "state": taken.state.value,
        "by": dict(taken.by),
        "content": taken.content.kept(),
        "note": taken.note,
        "match": None if taken.match is None else asdict(taken.match),
    }


def told(application: Application) -> dict[str, Any]:
    """What the trail is told of a step: no text of anybody's, no account, but what proves them."""
    taken = application.last
    said: dict[str, Any] = {
        "application": application.id,
        "number": taken.number,
        "state": taken.state.value,
        "digest": digest(application),
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
    first = Consequence(what, application.applicant, told(application))
    acts = [
        Told(each.what, Identity(parts.issuer, each.subject), each.details, application.dataset)
        for each in (first, *also)
    ]

    def taken() -> bool:
        with parts.database.unit_of_work() as work:
            found = store.find(work.connection, application.id)
        return found is not None and digest(found) == digest(application)

    with settling(parts.trail, acts, actor, taken), parts.database.unit_of_work() as work:
        yield work

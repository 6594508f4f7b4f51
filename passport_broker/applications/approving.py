"""An approval: the visas that come of it, and the application that it takes over from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from governance.datasets import Dataset
from passport_broker.applications.ending import Ending, revoked
from passport_broker.applications.errors import ApplicationInvalid, NotNow
from passport_broker.applications.parts import Parts
from passport_broker.applications.recording import WORDS, Consequence, on_record, told
from passport_broker.domain.actors import Actor
from passport_broker.domain.applications import Application, State, Step, Taken, after
from passport_broker.domain.content import check_complete
from passport_broker.domain.visas import Assertion, Span
from passport_broker.store import applications as store
from passport_broker.visas.desk import Wanted
from passport_broker.visas.desk import told as told_visa


@dataclass(frozen=True, slots=True)
class TakenOver:
    """The application before, renewed now, and the end of its visas."""

    application: Application
    ending: Ending


def approved(
    parts: Parts, made: Application, dataset: Dataset, actor: Actor, *, against: bool
) -> Application:
    """The approved application. It, its visas, and the end of what it takes over from are one transaction.

    Raises:
        NotNow: it cannot be approved as it is; says why.
        Overtaken, TooManyVisas, VisaInvalid: nothing is done.
    """
    _check(parts, made, dataset, against=against)
    before = _taken_over(parts, made, actor)
    if before is not None:
        made = _at_once(parts, made)
    visas = [parts.desk.prepare(each, actor) for each in _wanted(parts, made, dataset)]
    issued = [Consequence("visa.issued", each.subject, told_visa(each)) for each in visas]
    with on_record(parts, made, actor, [*issued, *_consequences(before)]) as work:
        store.add(work.connection, made.id, made.last)
        if before is not None:  # first, so that there is room for what takes their place
            store.add(work.connection, before.application.id, before.application.last)
            before.ending.carry_out(work.connection)
        for each in visas:
            parts.desk.insert(work.connection, each)
        work.commit()
    return made


def _check(parts: Parts, made: Application, dataset: Dataset, *, against: bool) -> None:
    match = made.last.match
    if match is not None and match.fit == "deny" and not against:
        raise NotNow(
            f"The terms of use deny this purpose ({'; '.join(match.reasons)}): reject it, ask back, or say "
            "that you approve it against the terms."
        )
    try:
        check_complete(made.content, parts.clock())
    except ApplicationInvalid as error:
        raise NotNow(f"{error.public} Ask back.") from error
    for each in made.holders:
        if not parts.exists(each):
            raise NotNow(f"The account {each} is closed: ask back.")
    if not dataset.grants:
        raise NotNow(
            f"No visa opens the dataset {dataset.id} yet: its custodian names one (insitu dataset set "
            f"{dataset.id} --grant URL)."
        )


def _wanted(parts: Parts, made: Application, dataset: Dataset) -> Sequence[Wanted]:
    """A grant for the applicant and each member who accepted, as accounts are locked everywhere."""
    assertion = Assertion(
        type="ControlledAccessGrants",
        value=dataset.grants[0],
        source=dataset.sources[0] if dataset.sources else parts.source,
        by="dac",
        asserted=int(parts.clock()),
    )
    span = Span(made.content.begins_at, made.content.ends_at)
    why = f"Application {made.id}: {made.last.note}"[:2000]
    return [Wanted(each, assertion, span, why, made.id) for each in sorted(made.holders)]


def _taken_over(parts: Parts, made: Application, actor: Actor) -> TakenOver | None:
    """The application that this one renews, where it still gives anything."""
    if made.renews is None:
        return None
    with parts.database.unit_of_work() as work:
        before = store.find(work.connection, made.renews)
    if before is None or before.last.state is not State.APPROVED:
        return None
    last = Taken(
        number=before.last.number + 1,
        at=made.last.at,
        step=Step.RENEW,
        state=after(before.last.state, Step.RENEW),
        by=actor.kept(),
        content=before.content,
        note=f"By application {made.id}",
        accepted=before.last.accepted,
    )
    ending = revoked(parts, before, actor, f"Renewed by application {made.id}")
    return TakenOver(replace(before, last=last), ending)


def _at_once(parts: Parts, made: Application) -> Application:
    """Beginning today at the latest: what it takes over from ends now."""
    today = datetime.fromtimestamp(parts.clock(), UTC).date()
    content = replace(made.content, begins=min(made.content.begins, today))
    return replace(made, last=replace(made.last, content=content))


def _consequences(before: TakenOver | None) -> list[Consequence]:
    if before is None:
        return []
    what = f"application.{WORDS[Step.RENEW]}"
    details = told(before.application)
    return [Consequence(what, before.application.applicant, details), *before.ending.consequences]

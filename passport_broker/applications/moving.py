"""Steps of applicants: written, recorded, and carried out as one."""

import secrets
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from governance.audit.entries import moment
from passport_broker.applications.ending import revoked
from passport_broker.applications.errors import ApplicationInvalid, NotNow, TooMany
from passport_broker.applications.parts import Parts
from passport_broker.applications.recording import on_record
from passport_broker.domain.actors import Actor
from passport_broker.domain.applications import Application, State, Step, Taken, after
from passport_broker.domain.content import Content, check_complete
from passport_broker.store import applications as store

OPEN_MOST = 50  # of one person, that are not decided
BEGUN_MOST = 20  # by one person within a day, withdrawn ones included
EVER_MOST = 1000  # of one person
STEPS_MOST = 400  # of an application: those that decide have room for theirs
TAKEN_MOST = 200  # steps by one person within a day
_DAY = 86_400
UNDECIDED = (State.DRAFT, State.SUBMITTED, State.RETURNED)


def check_room(connection: Connection, subject: str, now: float) -> None:
    """Returns where that account may begin another application; nobody begins one for it meanwhile.

    Raises:
        TooMany: it has as many as one person can mean, or began as many today.
    """
    counted = store.counted(connection, subject, moment(now - _DAY), [each.value for each in UNDECIDED])
    for count, most, what in (
        (counted.undecided, OPEN_MOST, "applications that are not decided: withdraw one first"),
        (counted.begun, BEGUN_MOST, "applications begun within a day: go on tomorrow"),
        (counted.ever, EVER_MOST, "applications, withdrawn ones included: ask the site's operator"),
    ):
        if count >= most:
            raise TooMany(most, what)


def begun(
    parts: Parts, actor: Actor, *, subject: str, dataset: str, content: Content, renews: Application | None
) -> Application:
    """The new draft of that account; members of what it renews need not accept again."""
    at = moment(parts.clock())
    accepted = () if renews is None else still(renews.last.accepted, content)
    first = Taken(1, at, Step.BEGIN, State.DRAFT, actor.kept(), content, accepted=accepted)
    name = None if renews is None else renews.id
    made = Application(secrets.token_hex(8), dataset, subject, name, at, first)
    with parts.database.unit_of_work() as work:  # what is refused anyhow is not recorded as begun
        check_room(work.connection, subject, parts.clock())
    with on_record(parts, made, actor) as work:
        check_room(work.connection, subject, parts.clock())
        store.insert(work.connection, made)
        work.commit()
    return made


def taken(
    parts: Parts, actor: Actor, before: Application, step: Step, *, content: Content, why: str
) -> Application:
    """The application after a step of its applicant; the visas of one that is withdrawn are revoked.

    Raises:
        NotNow, ApplicationInvalid, Overtaken: nothing is done; says why.
    """
    now = parts.clock()
    state = after(before.last.state, step, before.status(now))
    if step is not Step.WITHDRAW and before.last.number >= STEPS_MOST:
        raise NotNow("This application has been changed too often: withdraw it, and begin another.")
    if step is not Step.WITHDRAW:
        _check_pace(parts, before.applicant, now)
    if step is Step.SUBMIT:
        check_complete(content, now)
        _check_members(parts, content)
    accepted = still(before.last.accepted, content)
    last = Taken(
        before.last.number + 1, moment(now), step, state, actor.kept(), content, why, accepted=accepted
    )
    made = replace(before, last=last)
    ends = state is State.WITHDRAWN
    gone = revoked(parts, before, actor, f"Application {made.id} withdrawn") if ends else None
    with on_record(parts, made, actor, gone.consequences if gone else ()) as work:
        store.add(work.connection, made.id, last)
        if gone:
            gone.carry_out(work.connection)
        work.commit()
    return made


def _check_pace(parts: Parts, subject: str, now: float) -> None:
    """Each step keeps all that is applied for: nobody needs hundreds of them in a day."""
    with parts.database.unit_of_work() as work:
        found = store.steps_since(work.connection, subject, moment(now - _DAY))
    if found >= TAKEN_MOST:
        raise TooMany(TAKEN_MOST, "changes of applications within a day: go on tomorrow")


def still(accepted: Sequence[str], content: Content) -> tuple[str, ...]:
    """Those who accepted and are named as members still."""
    return tuple(each for each in accepted if each in content.members)


def _check_members(parts: Parts, content: Content) -> None:
    for each in content.members:
        if not parts.exists(each):
            raise ApplicationInvalid(f"There is no account {each} here: ask them for their id.", "members")

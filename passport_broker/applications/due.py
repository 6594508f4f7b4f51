"""Of what somebody should be reminded. `passport_broker.reminding` tells them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from database.engine import Database
from passport_broker.domain.applications import Application, Side, State
from passport_broker.store import applications as store

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Reminder:
    """`what` is `ends` (access ends in `days`), `ended` (it ended `days` ago) or `waits` (for `days`).

    `side` is who should do something. `key` is the same for as long as the same reminder holds: who sends
    them remembers the keys that were sent.
    """

    application: Application
    what: str
    side: Side
    days: int
    key: str


@dataclass(frozen=True, slots=True)
class Plan:
    """When to remind: so many days before access ends, once it has, and each so many days of waiting."""

    before: Sequence[int] = (60, 30, 7, 1)
    after: int = 7
    waiting: int = 7


def due(database: Database, now: float, plan: Plan | None = None) -> list[Reminder]:
    """Every reminder that holds at that time, by application."""
    plan = plan or Plan()
    since = datetime.fromtimestamp(now, UTC).date() - timedelta(days=plan.after + 1)
    with database.unit_of_work() as work:
        found = store.open_ones(work.connection, since)
    return list(reminders(found, plan, now))


def told_to(side: Side, applications: Sequence[Application], now: float) -> Mapping[str, Reminder]:
    """The reminders for one side, by the application's id: for its pages."""
    return {each.application.id: each for each in reminders(applications, Plan(), now) if each.side is side}


def reminders(applications: Sequence[Application], plan: Plan, now: float) -> Iterator[Reminder]:
    """The reminders for these applications at that time."""
    for each in applications:
        if each.last.state is State.APPROVED:
            yield from _of_access(each, plan, now)
        elif each.last.state in (State.SUBMITTED, State.RETURNED):
            yield from _of_waiting(each, plan, now)


def _of_access(application: Application, plan: Plan, now: float) -> Iterator[Reminder]:
    left = application.content.ends_at - now
    if left <= 0:
        days = int(-left // _DAY)
        if days < plan.after:
            yield Reminder(application, "ended", Side.APPLICANT, days, _key(application, "ended"))
        return
    content = application.content
    whole = content.ends_at - max(content.begins_at, application.last.at.timestamp())
    passed = [each for each in plan.before if left <= each * _DAY < whole]
    if passed:
        days = int(-(-left // _DAY))
        yield Reminder(application, "ends", Side.APPLICANT, days, _key(application, f"ends-{min(passed)}"))


def _of_waiting(application: Application, plan: Plan, now: float) -> Iterator[Reminder]:
    days = int((now - application.last.at.timestamp()) // _DAY)
    if days >= plan.waiting:
        submitted = application.last.state is State.SUBMITTED
        side = Side.COMMITTEE if submitted else Side.APPLICANT
        yield Reminder(application, "waits", side, days, _key(application, f"waits-{days // plan.waiting}"))


def _key(application: Application, what: str) -> str:
    return f"{application.id}/{application.last.number}/{what}"

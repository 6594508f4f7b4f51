"""SQL of applications: rows are only ever added, and the last step of an application has its state."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, exc, text

from governance.policy.duo import Match
from passport_broker.applications.errors import Overtaken
from passport_broker.domain.applications import Application, State, Step, Taken
from passport_broker.domain.content import Content

_STEP = "number, at, step, state, by, content, note, match, accepted"
_LAST = f"""
SELECT application.id, dataset, applicant, renews, made_at, {_STEP}
FROM passport_broker.application JOIN LATERAL (
    SELECT {_STEP} FROM passport_broker.application_step WHERE application = application.id
    ORDER BY number DESC LIMIT 1
) last ON true
"""
_INSERT = text("""
INSERT INTO passport_broker.application (id, dataset, applicant, renews, made_at)
VALUES (:id, :dataset, :applicant, :renews, :at)
""")
_ADD = text("""
INSERT INTO passport_broker.application_step (application, number, at, step, state, by, content, note, match,
    accepted)
VALUES (:application, :number, :at, :step, :state, CAST(:by AS jsonb), CAST(:content AS jsonb), :note,
    CAST(:match AS jsonb), CAST(:accepted AS jsonb))
""")


def insert(connection: Connection, made: Application) -> None:
    """Adds an application and its first step."""
    values = {"id": made.id, "dataset": made.dataset, "applicant": made.applicant, "renews": made.renews}
    connection.execute(_INSERT, values | {"at": made.made})
    add(connection, made.id, made.last)


def add(connection: Connection, application: str, taken: Taken) -> None:
    """Adds a step.

    Raises:
        Overtaken: there is a step of that number already, or one is being added.
    """
    values = {
        "application": application,
        "number": taken.number,
        "at": taken.at,
        "step": taken.step.value,
        "state": taken.state.value,
        "by": _json(taken.by),
        "content": _json(taken.content.kept()),
        "note": taken.note,
        "match": None if taken.match is None else _json(asdict(taken.match)),
        "accepted": _json(list(taken.accepted)),
    }
    try:
        connection.execute(_ADD, values)
    except exc.IntegrityError as error:
        raise Overtaken from error


def find(connection: Connection, identifier: str) -> Application | None:
    """The application of that id."""
    row = connection.execute(text(f"{_LAST} WHERE application.id = :id"), {"id": identifier}).one_or_none()
    return None if row is None else _application(row)


def of_person(connection: Connection, subject: str) -> list[Application]:
    """Those that somebody made or has accepted to be a member of, the newest first."""
    where = "applicant = :subject OR (content -> 'members' ? :subject AND accepted ? :subject)"
    return _listed(connection, where, {"subject": subject})


def inviting(connection: Connection, subject: str) -> list[Application]:
    """Those that name somebody who has not said yet that they are a member, the newest first."""
    where = (
        "applicant <> :subject AND content -> 'members' ? :subject AND NOT accepted ? :subject "
        "AND state IN ('submitted', 'returned', 'approved')"
    )
    return _listed(connection, where, {"subject": subject})


@dataclass(frozen=True, slots=True)
class Counted:
    """How many applications somebody has that are not decided, began since a time, and ever made."""

    undecided: int
    begun: int
    ever: int


def counted(connection: Connection, subject: str, since: datetime, undecided: Sequence[str]) -> Counted:
    """The applications of an account; nobody begins one for it until the transaction ends."""
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended('passport_broker begins ' || :subject, 0))")
    connection.execute(lock, {"subject": subject})
    statement = text(
        "SELECT count(*) FILTER (WHERE state = ANY(:undecided)), count(*) FILTER (WHERE made_at > :since), "
        f"count(*) FROM ({_LAST} WHERE applicant = :subject) own"
    )
    values = {"subject": subject, "since": since, "undecided": list(undecided)}
    return Counted(*connection.execute(statement, values).one())


def steps_since(connection: Connection, subject: str, since: datetime) -> int:
    """How many steps of the applications of an account were taken since then."""
    statement = text(
        "SELECT count(*) FROM passport_broker.application_step step "
        "JOIN passport_broker.application ON application.id = step.application "
        "WHERE applicant = :subject AND step.at > :since"
    )
    found: int = connection.execute(statement, {"subject": subject, "since": since}).scalar_one()
    return found


def of_datasets(connection: Connection, datasets: Sequence[str], *, waiting: bool) -> list[Application]:
    """Those for datasets, without drafts, the newest first; only those that wait for a decision, or all."""
    where = "dataset = ANY(:datasets) AND state " + ("= 'submitted'" if waiting else "<> 'draft'")
    return _listed(connection, where, {"datasets": list(datasets)})


def open_ones(connection: Connection, since: date) -> list[Application]:
    """Those that are not decided, and those that give access or did until that day."""
    where = "state IN ('submitted', 'returned') OR (state = 'approved' AND content ->> 'ends' >= :since)"
    return _listed(connection, where, {"since": since.isoformat()}, most=1_000_000)


def history(connection: Connection, application: str) -> list[Taken]:
    """Every step, the oldest first."""
    statement = text(
        f"SELECT {_STEP} FROM passport_broker.application_step WHERE application = :id ORDER BY number"
    )
    return [_taken(row) for row in connection.execute(statement, {"id": application})]


def every_step(connection: Connection) -> Iterator[Application]:
    """Every application as each of its steps left it, in a stream."""
    statement = text(
        f"SELECT application.id, dataset, applicant, renews, made_at, {_STEP} "
        "FROM passport_broker.application "
        "JOIN passport_broker.application_step ON application_step.application = application.id"
    )
    return map(_application, connection.execution_options(yield_per=1000).execute(statement))


def _listed(
    connection: Connection, where: str, values: Mapping[str, Any], *, most: int = 1000
) -> list[Application]:
    statement = text(f"{_LAST} WHERE {where} ORDER BY made_at DESC, application.id LIMIT :most")
    return [_application(row) for row in connection.execute(statement, {**values, "most": most})]


def _application(row: Any) -> Application:
    identifier, dataset, applicant, renews, made, *last = row
    return Application(identifier, dataset, applicant, renews, made, _taken(last))


def _taken(row: Any) -> Taken:
    number, at, step, state, by, content, note, match, accepted = row
    return Taken(
        number=number,
        at=at,
        step=Step(step),
        state=State(state),
        by=by,
        content=Content.of(content),
        note=note,
        match=_match(match),
        accepted=tuple(accepted),
    )


def _match(kept: Mapping[str, Any] | None) -> Match | None:
    return None if kept is None else Match(kept["fit"], tuple(kept["reasons"]), kept["until"])


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()

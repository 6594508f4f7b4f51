"""The JSON of the admin API: visas and applications, from and to domain values; and its error body."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from governance.policy.duo import Match
from passport_broker.applications.seen import Named, Seen
from passport_broker.domain.applications import Application, Taken
from passport_broker.domain.content import Content, said
from passport_broker.domain.visas import Assertion, Issued, Span
from passport_broker.visas.desk import Wanted
from passport_broker.visas.errors import VisaInvalid
from serving.request import RequestFacts

Json = dict[str, Any]


def error(status: int, message: str, _request: RequestFacts) -> Json:
    """The error body."""
    return {"status": status, "error": message}


def visa(issued: Issued, now: float) -> Json:
    """An assertion, with what it is at that time."""
    gone = issued.revocation
    return {
        "id": issued.id,
        "subject": issued.subject,
        **issued.assertion.claim(),
        "by": issued.assertion.by,
        "begins": moment(issued.span.begins),
        "ends": moment(issued.span.ends),
        "standing": issued.standing(now),
        "issued": moment(issued.at),
        "issuedBy": dict(issued.by),
        "why": issued.why,
        "application": issued.application,
        "revoked": None if gone is None else {"at": moment(gone.at), "by": dict(gone.by), "why": gone.why},
    }


def wanted(body: Mapping[str, Any], now: float) -> Wanted:
    """What is to be issued; now where no time is given.

    Raises:
        VisaInvalid: a time cannot be read.
    """
    assertion = Assertion(
        type=body["type"],
        value=body["value"],
        source=body["source"],
        by=body.get("by"),
        asserted=_seconds(body.get("asserted"), now),
        conditions=body.get("conditions"),
    )
    span = Span(_seconds(body.get("begins"), now), _seconds(body["ends"], now))
    return Wanted(body["subject"], assertion, span, body["why"])


def content(body: Mapping[str, Any]) -> Content:
    """What is applied for.

    Raises:
        ApplicationInvalid: says what to change.
    """
    return said(
        title=body.get("title", ""),
        project=body.get("project", ""),
        purpose=body.get("purpose", ()),
        members=body.get("members", ()),
        begins=body.get("begins", ""),
        ends=body.get("ends", ""),
    )


def application(found: Application, status: str) -> Json:
    """An application without its history."""
    return {
        "id": found.id,
        "dataset": found.dataset,
        "applicant": found.applicant,
        "renews": found.renews,
        "status": status,
        "number": found.last.number,
        "made": moment(found.made),
        "moved": moment(found.last.at),
        "accepted": [each for each in found.holders if each != found.applicant],
        **found.content.kept(),
    }


def invitation(found: Application, status: str) -> Json:
    """The same for somebody who is named and has not answered: nothing that a stranger wrote."""
    said = application(found, status)
    return said | {"title": "", "project": "", "members": [], "accepted": []}


def seen(found: Seen) -> Json:
    """An application with its history; who of the committee took a step is for the committee to know."""
    history = [_taken(each, found) for each in found.history]
    match = None if found.match is None else _match(found.match)
    said_ = {**application(found.application, found.status), "match": match, "history": history}
    return said_ | {"people": [_named(each) for each in found.people]} if found.decides else said_


def moment(when: datetime | float) -> str:
    """A time, in UTC."""
    found = when if isinstance(when, datetime) else datetime.fromtimestamp(when, UTC)
    return found.astimezone(UTC).isoformat(timespec="seconds")


def _taken(each: Taken, found: Seen) -> Json:
    said_ = {
        "number": each.number,
        "at": moment(each.at),
        "step": each.step.value,
        "state": each.state.value,
        "note": each.note,
        "match": None if each.match is None else _match(each.match),
    }
    return said_ | {"by": dict(each.by)} if found.decides else said_


def _named(each: Named) -> Json:
    account = each.account
    return {
        "subject": each.subject,
        "name": None if account is None else account.name,
        "email": None if account is None else account.email,
        "kind": None if account is None else account.kind,
        "closed": account is None or account.disabled,
        "accepted": each.accepted,
        "visas": [visa.assertion.claim() | {"ends": moment(visa.span.ends)} for visa in each.visas],
    }


def _match(match: Match) -> Json:
    return {"fit": match.fit, "reasons": list(match.reasons)}


def _seconds(text: str | None, now: float) -> int:
    if text is None:
        return int(now)
    try:
        found = datetime.fromisoformat(text)
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise VisaInvalid("A time is written as in 2027-12-31T00:00:00Z, or as a day.") from None

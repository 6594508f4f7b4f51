"""An application as somebody sees it."""

from collections.abc import Sequence
from dataclasses import dataclass

from governance.policy.duo import Match
from passport_broker.applications.parts import Parts
from passport_broker.domain.accounts import Account
from passport_broker.domain.applications import Application, Taken
from passport_broker.domain.visas import Issued
from passport_broker.store import accounts

VOUCHING = ("AffiliationAndRole", "ResearcherStatus")
"""Types of visas that say who somebody is."""


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody who would get access, for those who decide: `account` is None where there is none any more.

    `visas` are those that hold now and say who they are; `accepted` is true of the applicant, too.
    """

    subject: str
    account: Account | None
    accepted: bool
    visas: Sequence[Issued]


@dataclass(frozen=True, slots=True)
class Seen:
    """Its history, how it fits the terms of use now, and what the one who looks has to do with it.

    `own` where they or an account linked with theirs would get access: then they do not approve it. `people`
    is for those who decide, and empty for others.
    """

    application: Application
    status: str
    history: Sequence[Taken]
    match: Match | None
    own: bool
    decides: bool
    people: Sequence[Named] = ()


def named(parts: Parts, application: Application) -> list[Named]:
    """Those who would get access, the applicant first."""
    return [
        Named(
            subject=each,
            account=accounts.by_subject(parts.database, each),
            accepted=each in application.holders,
            visas=_vouching(parts, each),
        )
        for each in application.people
    ]


def _vouching(parts: Parts, subject: str) -> list[Issued]:
    now = parts.clock()
    return [
        each
        for each in parts.desk.lasting(subject)
        if each.assertion.type in VOUCHING and each.standing(now) == "standing"
    ]

"""Visas and access applications of a site, put together: for its broker, its clearinghouse, its commands."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from database.engine import Database
from governance.audit.trail import Trail
from governance.gate import Gate
from governance.policy.rulebook import RuleBook
from governance.register import DatasetRegister
from passport_broker.applications.committee import Committee
from passport_broker.applications.members import Members
from passport_broker.applications.parts import Parts
from passport_broker.applications.service import Applications
from passport_broker.settings import PassportSettings
from passport_broker.signing.keys import NotOurs, Signing
from passport_broker.standing import Standing
from passport_broker.store import accounts, families
from passport_broker.visas.desk import Desk
from passport_broker.visas.looking import Revocations
from passport_broker.visas.service import Visas

_ACCESS_TOKEN = "at+jwt"  # noqa: S105 - the name of a kind


@dataclass(frozen=True)
class Access:
    """The parts, made together. Safe between threads."""

    desk: Desk
    visas: Visas
    own: Standing
    parts: Parts
    applications: Applications
    committee: Committee
    members: Members


def desk_of(database: Database, trail: Trail, issuer: str, clock: Callable[[], float] = time.time) -> Desk:
    """Where visas are issued and revoked; all that a command needs."""

    def exists(subject: str) -> bool:
        account = accounts.by_subject(database, subject)
        return account is not None and not account.disabled

    return Desk(database, trail, issuer, exists, clock)


def visas_of(
    settings: PassportSettings, database: Database, signing: Signing, clock: Callable[[], float] = time.time
) -> Visas:
    """What the provider asks for visas and passports."""
    return Visas(database, signing, signing.issuer, settings.lifetimes, clock)


def own_site(
    settings: PassportSettings, database: Database, signing: Signing, clock: Callable[[], float] = time.time
) -> Standing:
    """What the clearinghouse of the broker's own site asks instead of asking over HTTP."""

    def honoured(token: str) -> bool:
        try:
            claims = signing.verify(token, _ACCESS_TOKEN)
        except NotOurs:
            return False
        return families.live(database, claims) is not None

    lifetimes = settings.lifetimes
    revocations = Revocations(database, signing.issuer, lifetimes)
    visas = visas_of(settings, database, signing, clock)
    return Standing(database, visas, revocations, honoured, lifetimes)


def access_of(
    settings: PassportSettings,
    *,
    database: Database,
    trail: Trail,
    gate: Gate,
    register: DatasetRegister,
    rules: Callable[[], RuleBook],
    signing: Signing,
    clock: Callable[[], float] = time.time,
) -> Access:
    """Everything; `rules` gives the rule book in force."""
    desk = desk_of(database, trail, signing.issuer, clock)
    parts = Parts(
        database=database,
        trail=trail,
        gate=gate,
        register=register,
        desk=desk,
        exists=desk.exists,
        source=settings.source or signing.issuer,
        diseases=lambda: rules().diseases,
        clock=clock,
        rules=rules,
    )
    return Access(
        desk=desk,
        visas=visas_of(settings, database, signing, clock),
        own=own_site(settings, database, signing, clock),
        parts=parts,
        applications=Applications(parts),
        committee=Committee(parts),
        members=Members(parts),
    )

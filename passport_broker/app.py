"""The broker as an ASGI app: the only place of this room that constructs things."""

import time
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import cast

from flask import Blueprint
from starlette.types import ASGIApp

from database.engine import Database
from governance.audit.trail import Trail
from governance.keys.fetching import Http
from governance.keys.site import secret_bytes
from passport_broker.access import desk_of
from passport_broker.identities import Identities
from passport_broker.limiting import Rates
from passport_broker.mounting import Mounted, Unhurried, Wsgi
from passport_broker.pages.web import flask_app
from passport_broker.people import People
from passport_broker.persons.service import Persons
from passport_broker.provider.parts import Ground, Parts
from passport_broker.provider.server import Provider
from passport_broker.recording import Record
from passport_broker.settings import PassportSettings
from passport_broker.signing.folder import KeyFolder
from passport_broker.signing.keys import Signing
from passport_broker.upstream.providers import path_in, read_providers
from passport_broker.upstream.service import Upstream
from passport_broker.visas.desk import Desk

BASE_PATH = "/passport"
SECRET = "passport.secret"  # noqa: S105 - the name of a file
"""The file, among the keys, of what digests of guessable words are keyed with."""


def issuer_at(origin: str) -> str:
    """The issuer of a site that answers at `https://host`."""
    return origin.rstrip("/") + BASE_PATH


def signing_of(folder: Path, origin: str, clock: Callable[[], float] = time.time) -> Signing:
    """What the broker of the site in that data folder signs with.

    Raises:
        CannotStart: its keys cannot be made or read.
    """
    return Signing(KeyFolder(folder, clock), issuer_at(origin), clock)


def people_of(
    database: Database, trail: Trail, issuer: str, settings: PassportSettings, clock: Callable[[], float]
) -> tuple[Persons, Desk]:
    """Who somebody is at the broker of that issuer; and where visas are issued, which say so."""
    desk = desk_of(database, trail, issuer, clock)
    return Persons(database, trail, desk, settings.source or issuer, clock), desk


def create_app(
    ground: Ground,
    settings: PassportSettings | None = None,
    *,
    folder: Path,
    record: Record,
    blueprints: Sequence[Blueprint] = (),
    threads: int = 10,
    trail: Trail | None = None,
    http: Http | None = None,
    loopback: bool = False,
) -> ASGIApp:
    """The app under `BASE_PATH` of the site with that data folder.

    Its issuer is what `ground` says, never what a request says. `blueprints` are pages of other parts of this
    room; theirs is the same session, and no form of theirs goes without its token. With `trail` and `http`
    people may log in at the providers of the data folder's file, and link what they are. `loopback` says that
    only this machine can reach the site: nobody uses demonstration accounts anywhere else.

    Raises:
        CannotStart: the secret in the data folder cannot be made or read.
        UpstreamInvalid: the file of the providers cannot be understood.
    """
    settings = settings or PassportSettings()  # type: ignore[call-arg,unused-ignore]
    parts = Parts(
        **{each.name: getattr(ground, each.name) for each in fields(ground)},
        settings=settings,
        record=record,
        secret=secret_bytes(folder, SECRET),
        rates=Rates(ground.database, settings),
        loopback=loopback and ground.issuer.startswith("http://"),  # https is there for somebody else
    )
    people = None if trail is None or http is None else _people(parts, folder, trail, http)
    app = flask_app(Provider(parts), Identities(ground.database), BASE_PATH, blueprints, people)
    app.wsgi_app = Mounted(cast("Wsgi", app.wsgi_app), BASE_PATH, ground.issuer)  # type: ignore[method-assign]
    return Unhurried(app, threads)


def _people(parts: Parts, folder: Path, trail: Trail, http: Http) -> People:
    providers = read_providers(path_in(folder), parts.issuer)
    persons, desk = people_of(parts.database, trail, parts.issuer, parts.settings, parts.clock)
    upstream = Upstream(
        providers, parts.database, http, secret=parts.secret, issuer=parts.issuer, clock=parts.clock
    )
    return People(persons, upstream, desk)

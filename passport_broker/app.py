"""The broker as an ASGI app: the only place of this room that constructs things."""

import time
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import cast

from flask import Blueprint
from starlette.types import ASGIApp

from governance.keys.site import secret_bytes
from passport_broker.identities import Identities
from passport_broker.limiting import Rates
from passport_broker.mounting import Mounted, Unhurried, Wsgi
from passport_broker.pages.web import flask_app
from passport_broker.provider.parts import Ground, Parts
from passport_broker.provider.server import Provider
from passport_broker.recording import Record
from passport_broker.settings import PassportSettings
from passport_broker.signing.folder import KeyFolder
from passport_broker.signing.keys import Signing

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


def create_app(
    ground: Ground,
    settings: PassportSettings | None = None,
    *,
    folder: Path,
    record: Record,
    blueprints: Sequence[Blueprint] = (),
    threads: int = 10,
) -> ASGIApp:
    """The app under `BASE_PATH` of the site with that data folder.

    Its issuer is what `ground` says, never what a request says. `blueprints` are pages of other parts of this
    room; theirs is the same session, and no form of theirs goes without its token.

    Raises:
        CannotStart: the secret in the data folder cannot be made or read.
    """
    settings = settings or PassportSettings()  # type: ignore[call-arg,unused-ignore]
    parts = Parts(
        **{each.name: getattr(ground, each.name) for each in fields(ground)},
        settings=settings,
        record=record,
        secret=secret_bytes(folder, SECRET),
        rates=Rates(ground.database, settings),
        loopback=ground.issuer.startswith("http://"),  # over the network it is https, or not at all
    )
    app = flask_app(Provider(parts), Identities(ground.database), BASE_PATH, blueprints)
    app.wsgi_app = Mounted(cast("Wsgi", app.wsgi_app), BASE_PATH, ground.issuer)  # type: ignore[method-assign]
    return Unhurried(app, threads)

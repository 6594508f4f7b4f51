"""One web process of a site: the services' apps over one database, composed by path."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

import beacon.app
from database.engine import Database
from database.errors import DatabaseUnavailable, TookTooLong
from database.moments import Moments
from database.opening import open_database
from database.settings import DatabaseSettings
from governance.register import COUNTER as REGISTER
from governance.register import DatasetRegister
from insitu.governing import Governing, governing
from insitu.logs import log_to
from serving.front import compose
from serving.health import Ping
from serving.reasons import Unavailable
from serving.settings import ServingSettings
from serving.workers import Workers
from tasks.opening import open_broker
from tasks.settings import BrokerSettings
from variants.service import COUNTER as RELEASES
from variants.service import Variants
from variants.settings import VariantsSettings

FACTORY = "insitu.web:create"


@dataclass(frozen=True, slots=True)
class Service:
    """A room that answers over HTTP: where, and what makes its app."""

    base_path: str
    make: Callable[["Parts"], ASGIApp]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the services of one process share."""

    serving: ServingSettings
    database: Database
    workers: Workers
    governing: Governing

    def options(self) -> dict[str, Any]:
        """How each app is served."""
        return {
            "limits": self.serving.limits,
            "workers": self.workers,
            "identify": self.governing.identify,
            "public_url": self.serving.public_url,
            "also": {DatabaseUnavailable: Unavailable, TookTooLong: Unavailable},
        }


def _beacon(parts: Parts) -> ASGIApp:
    return beacon.app.create_app(
        variants=Variants(parts.database, VariantsSettings()),
        register=DatasetRegister(parts.database),
        gate=parts.governing.gate,
        disclosure=parts.governing.disclosure,
        moments=Moments(parts.database, (REGISTER, RELEASES)),
        **parts.options(),
    )


SERVICES = {"beacon": Service(beacon.app.BASE_PATH, _beacon)}


def create(folder: str, services: list[str], *, broker: bool) -> ASGIApp:
    """The app of one process: the named services, and `/readyz` with the pings of what they need.

    `broker` says whether the site has one. Everything is closed when the app stops, or when it cannot start.
    """
    log_to(Path(folder), "web")
    serving, settings = ServingSettings(), DatabaseSettings()
    with ExitStack() as opened:
        database = open_database(settings, Path(folder))
        opened.callback(database.dispose)
        pings: dict[str, Ping] = {"database": database.ping}
        if broker:
            queue = open_broker(BrokerSettings(), Path(folder))
            opened.callback(queue.dispose)
            pings["broker"] = queue.ping
        workers = Workers(serving.threads, serving.waiting)
        opened.callback(workers.close)
        parts = Parts(serving, database, workers, opened.enter_context(governing(Path(folder), database)))
        apps = {SERVICES[name].base_path: SERVICES[name].make(parts) for name in services}
        return compose(apps, pings=pings, closing=[opened.pop_all().close], settings=serving)

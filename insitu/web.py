"""One web process of a site: the services' apps over one database, composed by path."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

import beacon.app
import drs.administration
import drs.app
import drs.htsget.app
import insitu.registry.app
import passport_broker.api
import passport_broker.app
from database.engine import Database
from database.errors import DatabaseUnavailable, TookTooLong
from database.moments import Moments
from database.opening import open_database
from database.settings import DatabaseSettings
from governance.audit.acts import acting
from governance.caller import Identity
from governance.disclosure.told import COUNTER as TOLD
from governance.keys.fetching import Http
from governance.register import COUNTER as REGISTER
from governance.register import DatasetRegister
from insitu import objects, version
from insitu.governing import Governing, governing
from insitu.logs import log_to
from insitu.objects import ObjectParts
from insitu.origin import MISSING
from insitu.own import ground_of
from insitu.registry.app import Listed
from passport_broker.api import create_api
from passport_broker.pages.access import access_pages
from passport_broker.provider.parts import Ground
from passport_broker.recording import recording
from passport_broker.service import Access, Account, Identities, access_of
from passport_broker.settings import PassportSettings
from processes.errors import CannotStart
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
    """A room that answers over HTTP: where, what makes its app and those beside it.

    `listed` is what a service registry says of it.
    """

    base_path: str
    make: Callable[["Parts"], ASGIApp]
    beside: Mapping[str, Callable[["Parts"], ASGIApp]] = field(default_factory=dict)
    listed: Callable[[], list[Listed]] = list

    def apps(self, parts: "Parts") -> dict[str, ASGIApp]:
        """Its apps, by where they answer."""
        return {path: make(parts) for path, make in {self.base_path: self.make, **self.beside}.items()}


@dataclass(frozen=True)
class Parts:
    """What the services of one process share.

    `services` are their names, `celery` is the queue where there is one.
    """

    folder: Path
    serving: ServingSettings
    database: Database
    workers: Workers
    governing: Governing
    own: Ground | None
    http: Http
    loopback: bool
    services: Sequence[str] = ()
    celery: Any = None

    @cached_property
    def objects(self) -> ObjectParts:
        """The objects, shared by all that answers about them."""
        origin = self.own.site if self.own is not None and "passport" in self.services else None
        return ObjectParts(
            folder=self.folder,
            database=self.database,
            governing=self.governing,
            workers=self.workers,
            origin=origin,
            celery=self.celery,
            options=self.options(),
        )

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
        moments=Moments(parts.database, (REGISTER, RELEASES, TOLD)),
        **parts.options(),
    )


def _passport(parts: Parts) -> ASGIApp:
    if parts.own is None:
        raise CannotStart(MISSING)
    if not parts.loopback:
        _close_demonstration(parts, parts.own.issuer)
    return passport_broker.app.create_app(
        parts.own,
        folder=parts.folder,
        record=recording(parts.governing.trail, parts.own.issuer),
        blueprints=[access_pages(_access(parts, parts.own), parts.governing.clearinghouse.holder)],
        threads=parts.serving.threads,
        trail=parts.governing.trail,
        http=parts.http,
        loopback=parts.loopback,
    )


def _close_demonstration(parts: Parts, issuer: str) -> None:
    """Whoever has logged in as somebody made up, while only this machine could, is signed out."""

    def recorded(what: str, account: Account, details: Mapping[str, Any]) -> AbstractContextManager[Any]:
        subject, by = Identity(issuer, account.subject), {"process": "passport"}
        return acting(parts.governing.trail, what, subject=subject, details=details, by=by)

    Identities(parts.database, recorded).close_demonstration()


def _passport_api(parts: Parts) -> ASGIApp:
    if parts.own is None:
        raise CannotStart(MISSING)
    return create_api(_access(parts, parts.own), **parts.options())


def _passport_metadata(parts: Parts) -> ASGIApp:
    if parts.own is None:
        raise CannotStart(MISSING)
    return passport_broker.app.create_metadata(parts.own)


def _access(parts: Parts, own: Ground) -> Access:
    """Visas and access applications, over what the site's services share."""
    policy = parts.governing.policy
    return access_of(
        PassportSettings(),  # type: ignore[call-arg,unused-ignore]
        database=parts.database,
        trail=parts.governing.trail,
        gate=parts.governing.gate,
        register=DatasetRegister(parts.database),
        rules=policy.book,
        signing=own.signing,
    )


def _registry(parts: Parts) -> ASGIApp:
    services = [each for name in parts.services for each in SERVICES[name].listed()]
    return insitu.registry.app.create_app(services, version(), **parts.options())


def _beacons() -> list[Listed]:
    return [Listed(beacon.app.described(), beacon.app.BASE_PATH)]


SERVICES = {
    "beacon": Service(beacon.app.BASE_PATH, _beacon, listed=_beacons),
    "drs": Service(
        drs.app.BASE_PATH,
        lambda parts: parts.objects.app(),
        beside={
            drs.app.BYTES_PATH: lambda parts: parts.objects.bytes(),
            drs.administration.BASE_PATH: lambda parts: parts.objects.admin(),
            drs.htsget.app.BASE_PATH: lambda parts: parts.objects.htsget(),
        },
        listed=objects.listed,
    ),
    "passport": Service(
        passport_broker.app.BASE_PATH,
        _passport,
        beside={
            passport_broker.api.BASE_PATH: _passport_api,
            passport_broker.app.METADATA_PATH: _passport_metadata,
        },
    ),
    "registry": Service(insitu.registry.app.BASE_PATH, _registry),
}


def servable(services: Iterable[str], origin: str | None) -> list[str]:
    """Those of the services that a site can have: a broker needs an address that its tokens can name."""
    return [each for each in services if each != "passport" or origin is not None]


def create(
    folder: str, services: list[str], *, broker: bool, origin: str | None = None, loopback: bool = False
) -> ASGIApp:
    """The app of one process: the named services, and `/readyz` with the pings of what they need.

    `broker` says whether the site has a queue. `origin` is where callers reach it, as far as that is known:
    it then believes the tokens of its own passport broker. `loopback` says that it is bound to this machine
    alone. Everything is closed when the app stops, or when it cannot start.
    """
    log_to(Path(folder), "web")
    serving, settings = ServingSettings(), DatabaseSettings()
    with ExitStack() as opened:
        database = open_database(settings, Path(folder))
        opened.callback(database.dispose)
        pings: dict[str, Ping] = {"database": database.ping}
        celery = None
        if broker:
            queue = open_broker(BrokerSettings(), Path(folder))
            opened.callback(queue.dispose)
            pings["broker"] = queue.ping
            celery = queue.app
        workers = Workers(serving.threads, serving.waiting)
        opened.callback(workers.close)
        own = ground_of(Path(folder), database, origin)
        trusted = own if PassportSettings().trusted else None  # type: ignore[call-arg,unused-ignore]
        governed = opened.enter_context(governing(Path(folder), database, trusted))
        http = Http()
        opened.callback(http.close)
        parts = Parts(
            Path(folder),
            serving,
            database,
            workers,
            governed,
            own,
            http,
            loopback,
            services=tuple(services),
            celery=celery,
        )
        apps = {path: app for name in services for path, app in SERVICES[name].apps(parts).items()}
        return compose(apps, pings=pings, closing=[opened.pop_all().close], settings=serving)


"""The objects of a site for one process: what DRS, its bytes, its admin API and htsget share."""

import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.types import ASGIApp

import drs.administration
import drs.app
import drs.htsget.app
import passport_broker.app
from database.engine import Database
from drs import wire
from drs.about import about
from drs.desk import Desk
from drs.files import ObjectsAsFiles
from drs.opening import Opening
from drs.service import Objects
from drs.settings import DrsSettings
from drs.storage.opening import open_stores
from drs.storage.store import Stores
from drs.streaming.crypt4gh_keys import site_keys
from drs.streaming.reencrypting import Reencrypting
from drs.streaming.route import streaming_app
from drs.tasks import PREPARE
from governance.keys.site import secret_bytes
from governance.register import DatasetRegister
from insitu.governing import Governing
from insitu.registry.app import Listed
from serving.service_info import service_info
from serving.workers import Workers
from tasks.errors import BrokerUnavailable

log = logging.getLogger("insitu.site")

SIGNING = "drs.secret"
"""The file, in the folder of keys, with which addresses of bytes are signed."""


@dataclass(frozen=True)
class ObjectParts:
    """What the objects of a site are made of. `options` are how its apps are served."""

    folder: Path
    database: Database
    governing: Governing
    workers: Workers
    origin: str | None
    celery: Any
    options: dict[str, Any]

    @cached_property
    def settings(self) -> DrsSettings:
        """What the operator says of DRS."""
        return DrsSettings()

    @cached_property
    def stores(self) -> Stores:
        """Where bytes may lie."""
        return open_stores(self.folder)

    @cached_property
    def _ground(self) -> drs.app.Ground:
        return drs.app.Ground(
            database=self.database,
            register=DatasetRegister(self.database),
            gate=self.governing.gate,
            stores=self.stores,
            secret=secret_bytes(self.folder, SIGNING),
            trust=self.governing.believed,
            apply=self._apply,
            crypt4gh=True,
        )

    @cached_property
    def objects(self) -> Objects:
        """The use cases."""
        return self._ground.objects(self.settings)

    def app(self) -> ASGIApp:
        """GA4GH DRS."""
        return drs.app.create_app(self.objects, self.settings, **self.options)

    def bytes(self) -> ASGIApp:
        """Where signed addresses lead."""
        return streaming_app(
            self._ground.links(),
            Opening(self.objects, self.governing.clearinghouse.again),
            base_path=drs.app.BYTES_PATH,
            error_body=wire.error,
            workers=self.workers,
            reencrypts=Reencrypting(site_keys(self.folder)),
            limits=self.options["limits"],
            public_url=self.options["public_url"],
            also=self.options["also"],
        )

    def admin(self) -> ASGIApp:
        """The API by which objects are registered."""
        desk = Desk(
            self.database,
            DatasetRegister(self.database),
            self.governing.gate,
            self.governing.trail,
            self.stores,
            wake=self._wake,
        )
        return drs.administration.create_admin(desk, **self.options)

    def htsget(self) -> ASGIApp:
        """GA4GH htsget over the same objects."""
        return drs.htsget.app.create_app(files=ObjectsAsFiles(self.objects), **self.options)

    def _apply(self, dataset: str) -> str | None:
        """The page of the site's own broker on which access is applied for."""
        if self.origin is None:
            return None
        return f"{self.origin}{passport_broker.app.BASE_PATH}/applications/new?dataset={quote(dataset)}"

    def _wake(self) -> None:
        """Tells a worker that something is to be prepared; what is not told now is found another time."""
        if self.celery is None:
            return
        try:
            self.celery.send_task(PREPARE)
        except BrokerUnavailable as trouble:
            log.warning("%s", trouble.public)
        except Exception:
            log.exception("no worker could be told that objects are to be prepared")


def listed() -> list[Listed]:
    """What a registry says of DRS and htsget."""
    reads, variants = drs.htsget.app.described()
    base = drs.htsget.app.BASE_PATH
    return [
        Listed(service_info(about(DrsSettings())), ""),  # what follows the host is fixed by the standard
        Listed(reads, f"{base}/reads"),
        Listed(variants, f"{base}/variants"),
    ]

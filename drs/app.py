"""DRS as an ASGI app: the only place of this room that constructs things."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from database.engine import Database
from database.moments import Moments
from drs import wire
from drs.bearers import Bearers
from drs.denying import Apply, Denials
from drs.operations import Operations
from drs.places import Places
from drs.service import Objects, Parts
from drs.settings import DrsSettings
from drs.storage.store import Stores
from drs.streaming.links import Links
from governance.gate import Gate
from governance.passport.trust import NO_TRUST, Trust
from governance.register import COUNTER, DatasetRegister
from openapi import document
from serving.app import App, build_app

BASE_PATH = "/ga4gh/drs/v1"
BYTES_PATH = "/drs/bytes"
"""Where signed addresses lead."""

_TOTALS_SECONDS = 30.0


def nowhere(_dataset: str) -> None:
    """Access can be applied for nowhere."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the objects of a site stand on.

    `trust` is whom the site believes, `apply` where access is asked for.
    """

    database: Database
    register: DatasetRegister
    gate: Gate
    stores: Stores
    secret: bytes
    trust: Callable[[], Trust] = lambda: NO_TRUST
    apply: Apply = nowhere
    crypt4gh: bool = False

    def objects(self, settings: DrsSettings | None = None, clock: Callable[[], float] = time.time) -> Objects:
        """The objects; one for each process, shared by all that answers about them."""
        settings = settings or DrsSettings()
        places = Places(self.stores, presigned=settings.presigned, crypt4gh=self.crypt4gh)
        parts = Parts(
            database=self.database,
            register=self.register,
            gate=self.gate,
            moments=Moments(self.database, (COUNTER,)),
            places=places,
            links=self.links(clock),
            bearers=Bearers(self.database, clock),
            denials=Denials(self.trust, self.apply),
        )
        return Objects(parts, settings, clock)

    def links(self, clock: Callable[[], float] = time.time) -> Links:
        """The signer of addresses; they begin where the host's name ends."""
        return Links(self.secret, BYTES_PATH, clock)


def create_app(objects: Objects, settings: DrsSettings | None = None, **serving: Any) -> App:
    """The app under `BASE_PATH`. `serving` goes to `build_app`: identify, limits, workers, public_url...

    Raises:
        DocumentError: operations and `openapi/drs.yaml` do not fit each other.
    """
    settings = settings or DrsSettings()
    operations = Operations(objects, settings, _for_a_while(objects.totals), BASE_PATH)
    options: dict[str, Any] = {"name": "drs", "base_path": BASE_PATH, "strict": True, **serving}
    return build_app(document("drs"), operations.by_id(), error_body=wire.error, **options)


def _for_a_while(count: Callable[[], tuple[int, int]]) -> Callable[[], tuple[int, int]]:
    """Counts again only after some time: counting takes longer than anything else that is asked."""
    known: list[tuple[float, tuple[int, int]]] = []

    def counted() -> tuple[int, int]:
        now = time.monotonic()
        if not known or now - known[-1][0] >= _TOTALS_SECONDS:
            known[:] = [(now, count())]
        return known[-1][1]

    return counted

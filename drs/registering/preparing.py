"""Making the checksums of what was registered without any: a worker's task, which the database remembers."""

import logging
from typing import Any

from database.engine import Database
from drs.domain.objects import DrsObject, State
from drs.storage.errors import Changed, Missing, Unreachable
from drs.storage.hashing import Digests, digests_of
from drs.storage.location import Stat
from drs.storage.store import Stores
from drs.store import changing

log = logging.getLogger("insitu.drs")


class Preparing:
    """Prepares one object after another; several processes take different ones."""

    def __init__(self, database: Database, stores: Stores) -> None:
        self._database = database
        self._stores = stores

    def work(self) -> int:
        """How many were prepared, now that none is left; one whose store is down is left for another time."""
        done = 0
        tried: set[str] = set()
        while (found := self._one(tried)) is not None:
            done += found
        return done

    def _one(self, tried: set[str]) -> int | None:
        """1 where one was dealt with, 0 where it was put back, None where all were tried."""
        with self._database.unit_of_work() as work, work.raw.cursor() as cursor:
            found = changing.next_preparing(cursor)
            if found is None or found.id in tried:
                return None
            tried.add(found.id)
            dealt_with = self._prepare(cursor, found)
            work.commit()
        return int(dealt_with)

    def _prepare(self, cursor: Any, found: DrsObject) -> bool:
        try:
            stat, made = self._digests(found)
        except Unreachable as trouble:
            log.warning("object %s cannot be prepared now: %s", found.id, trouble.detail)
            changing.put_back(cursor, found.id)
            return False
        except (Missing, Changed) as trouble:
            log.warning("object %s cannot be prepared: %s", found.id, trouble.detail)
            changing.set_state(cursor, found.id, State.BROKEN, trouble.detail[:1_000])
            return True
        sums = {"sha-256": made.sha256, "md5": made.md5, "crc32c": made.crc32c}
        changing.set_checksums(cursor, found.id, sums, stat.size)
        return True

    def _digests(self, found: DrsObject) -> tuple[Stat, Digests]:
        if not found.places:
            raise Missing("no file holds its bytes any more")
        place = found.places[0]
        store = self._stores.get(place.store)
        expected = store.stat(place.key)
        if place.mark is not None and place.mark != expected.mark:
            raise Changed(f"{place.store}:{place.key} was written to since it was registered")
        with store.open(place.key, expected) as source:
            return source.stat, digests_of(source)

"""Telling somebody else how long the trail is: an address that keeps what is posted to it."""

import http.client
import logging
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from governance.audit.chain import Head, written
from governance.audit.checkpoints import HEAD
from governance.audit.entries import moment
from governance.keys.site import SiteKey, own_folder

log = logging.getLogger("insitu.trail")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Takes no other address than the one that was set."""

    def redirect_request(self, *_: Any) -> None:
        """Follows nothing."""


_opener = urllib.request.build_opener(_NoRedirects)


class Witness:
    """Posts heads, one at a time, and keeps in `audit/witness.json` of the data folder how that went."""

    def __init__(
        self, url: str, key: SiteKey, folder: Path, seconds: float, clock: Callable[[], float]
    ) -> None:
        self._url = url
        self._key = key
        self._folder = folder
        self._path = folder / "audit" / "witness.json"
        self._seconds = seconds
        self._clock = clock
        self._failures = 0

    def tell(self, head: Head) -> bool:
        """True where the witness took the head. Never raises for what the witness or the network does."""
        said = {"sequence": head.sequence, "hash": head.hash.hex(), "at": written(moment(self._clock()))}
        try:
            self._post(self._key.sign(HEAD, said))
        except (OSError, http.client.HTTPException) as error:
            self._failed(error)
            return False
        if self._failures:
            log.warning("the witness answers again after %d attempts", self._failures)
        self._failures = 0
        self._keep({"told": said, "failing": None})
        return True

    def _post(self, token: str) -> None:
        request = urllib.request.Request(  # noqa: S310  (the operator's setting allows http and https only)
            self._url, token.encode(), {"Content-Type": "application/jose"}, method="POST"
        )
        with _opener.open(request, timeout=self._seconds):
            pass

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        why = f"HTTP {error.code}" if isinstance(error, urllib.error.HTTPError) else type(error).__name__
        if self._failures == 1:
            log.warning("the witness of the audit trail cannot be told: %s; trying on", why)
        failing = {"why": why, "times": self._failures, "at": written(moment(self._clock()))}
        self._keep({"told": read_state(self._path).get("told"), "failing": failing})

    def _keep(self, state: dict[str, Any]) -> None:
        fresh = self._path.with_name(f".witness.{os.getpid()}")
        try:
            own_folder(self._folder, self._path.parent.name)
            fresh.write_bytes(orjson.dumps(state))
            fresh.replace(self._path)
        except OSError as error:
            log.warning("%s cannot be written: %s", self._path, error.strerror)


def read_state(path: Path) -> dict[str, Any]:
    """What `witness.json` says: `told` and `failing`; empty where there is none."""
    try:
        found = orjson.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}

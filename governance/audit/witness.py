"""Telling somebody else how long the trail is: an address that keeps what is posted to it."""

import logging
import os
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import orjson

from governance.audit.chain import Head, written
from governance.audit.checkpoints import HEAD
from governance.audit.entries import moment
from governance.keys.site import SiteKey, own_folder
from governance.keys.watching import Watch
from processes.errors import CannotStart
from processes.locks import give_to_folder_owner

log = logging.getLogger("insitu.trail")

FILE = "witness.json"
_REFUSED = 300


class Refused(Exception):  # noqa: N818  (names what happened)
    """The witness answered, and did not take it."""


class Witness:
    """Posts heads, one at a time, and keeps in `audit/witness.json` of the data folder how that went."""

    def __init__(
        self, url: str, key: Callable[[], SiteKey], folder: Path, seconds: float, clock: Callable[[], float]
    ) -> None:
        self._url = url
        self._key = key
        self._folder = folder
        self._seconds = seconds
        self._clock = clock
        self._failures = 0

    def tell(self, head: Head) -> bool:
        """True where the witness took the head. Never raises for what the witness or the network does."""
        said = {"sequence": head.sequence, "hash": head.hash.hex(), "at": written(moment(self._clock()))}
        try:
            self._post(self._key().sign(HEAD, said))
        except (OSError, httpx.HTTPError, httpx.InvalidURL, Refused) as error:
            self._failed(error)
            return False
        if self._failures:
            log.warning("the witness answers again after %d attempts", self._failures)
        self._failures = 0
        self._keep({"told": said, "failing": None})
        return True

    def _post(self, token: str) -> None:
        """Takes no other address than the one that was set, reads no answer, and ends in time."""
        headers = {"content-type": "application/jose", "accept-encoding": "identity"}
        watch = Watch()
        timer = threading.Timer(self._seconds, watch.end)
        timer.daemon = True
        timer.start()
        try:
            with (
                httpx.Client(timeout=self._seconds) as client,
                client.stream(
                    "POST",
                    self._url,
                    content=token.encode(),
                    headers=headers,
                    extensions={"trace": watch.trace},
                ) as answer,
            ):
                if answer.status_code >= _REFUSED:
                    raise Refused(f"HTTP {answer.status_code}")
        finally:
            timer.cancel()

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        why = str(error) if isinstance(error, Refused) else type(error).__name__
        if self._failures == 1:
            log.warning("the witness of the audit trail cannot be told: %s; trying on", why)
        failing = {"why": why, "times": self._failures, "at": written(moment(self._clock()))}
        self._keep({"told": read_state(self._folder).get("told"), "failing": failing})

    def _keep(self, state: dict[str, Any]) -> None:
        try:
            write_state(self._folder, state)
        except (OSError, CannotStart) as error:
            log.warning("%s cannot be written: %s", FILE, error)


def write_state(folder: Path, state: dict[str, Any]) -> None:
    """Has `witness.json` say this: through no link that somebody has planted, and of the folder's owner.

    Raises:
        OSError, CannotStart: it cannot be written.
    """
    path = own_folder(folder, "audit") / FILE
    fresh = path.with_name(f".{FILE}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            give_to_folder_owner(file.fileno(), path.parent)
            file.write(orjson.dumps(state))
        fresh.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            fresh.unlink()
        raise


def read_state(folder: Path) -> dict[str, Any]:
    """What `witness.json` says: `told` and `failing`; empty where there is none."""
    try:
        found = orjson.loads((folder / "audit" / FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def told(folder: Path) -> Head | None:
    """The newest head that the witness took, by that file; None where it says none."""
    said = read_state(folder).get("told")
    try:
        return Head(int(said["sequence"]), bytes.fromhex(said["hash"])) if said else None
    except (KeyError, ValueError, TypeError):
        return None

"""For whom signed URLs are: their callers, kept for as long as the URLs are good.

The URL itself names nobody: it may lie in logs and histories. When its bytes are fetched, the decision is
taken anew for that caller, whose visas may have ended or been revoked meanwhile.
"""

import base64
import hashlib
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import orjson

from database.engine import Database
from drs.store import bearers as store
from governance.caller import ANONYMOUS, Caller, Identity, Role, Visa
from governance.passport.remembering import Remembered

ANYBODY = "anybody"
_MOST = 4_096
_SPARE = 2  # times as long as a URL is good: then not each of them has to be noted


class Bearers:
    """Names for callers. Safe between threads; the processes of a site share them through its database."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._noted: Remembered[Caller, tuple[str, float]] = Remembered(_MOST, clock)
        self._known: Remembered[str, Caller] = Remembered(_MOST, clock)

    def name(self, caller: Caller, until: float) -> str:
        """The name under which the caller is kept until that time; one for all whom nobody knows."""
        if caller.anonymous:
            return ANYBODY
        # Roles are looked up each time, and an address is good for nothing that a scope opens.
        who = replace(caller, turned=(), roles=frozenset(), scopes=frozenset())
        noted = self._noted.get(who)
        if noted is not None and noted[1] >= until:
            return noted[0]
        text = orjson.dumps(_told(who))
        name = base64.urlsafe_b64encode(hashlib.sha256(text).digest()[:18]).decode()
        ends = self._clock() + _SPARE * (until - self._clock())
        with self._database.calling() as connection:
            store.put(connection, name, text.decode(), ends)
        self._noted.put(who, (name, ends), ends)
        return name

    def caller(self, name: str) -> Caller | None:
        """The caller of that name; None where nothing is known of one, any more."""
        if name == ANYBODY:
            return ANONYMOUS
        known = self._known.get(name)
        if known is not None:
            return known
        with self._database.reading() as connection:
            found = store.get(connection, name)
        if found is None:
            return None
        caller = _read(found)
        self._known.put(name, caller, self._clock() + 60)
        return caller


def _told(caller: Caller) -> dict[str, Any]:
    told = asdict(caller)
    del told["scopes"]
    return told | {"accounts": sorted(told["accounts"], key=repr), "roles": sorted(caller.roles)}


def _read(told: dict[str, Any]) -> Caller:
    return Caller(
        **{
            **told,
            "identity": _identity(told["identity"]),
            "person": _identity(told["person"]),
            "visas": tuple(Visa(**{**each, "holder": _identity(each["holder"])}) for each in told["visas"]),
            "turned": (),
            "roles": frozenset(Role(each) for each in told["roles"]),
            "accounts": frozenset(Identity(**each) for each in told["accounts"]),
        }
    )


def _identity(told: dict[str, str] | None) -> Any:
    return None if told is None else Identity(**told)

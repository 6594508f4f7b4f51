"""Do visas and applications say what they said when they went on record? The trail has the digest of each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from database.engine import Database
from governance.audit.reading import Wanted, newest, stored
from passport_broker.applications.recording import digest
from passport_broker.store import applications, visas


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that is not what the trail says: `what` of which id, and what is wrong with it."""

    what: str
    id: str
    wrong: str


@dataclass(slots=True)
class _Recorded:
    """What the trail has: digests that were begun, those that were done, and visas revoked for certain."""

    begun: set[str] = field(default_factory=set)
    done: dict[str, tuple[str, str]] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    since: datetime | None = None


def faults(database: Database) -> Iterator[Fault]:
    """Every fault. Whether the trail itself is whole is for `insitu audit verify` to say.

    What is older than a trail that was pruned cannot be proven any more, and is passed over.
    """
    trail, found, gone = _recorded(database), set(), set()
    with database.unit_of_work() as work:
        for each in visas.everything(work.connection):
            found.add(each.digest())
            if each.revocation is not None:
                gone.add(each.id)
            if each.digest() not in trail.begun and _covered(trail, each.at):
                yield Fault("visa", each.id, "is not what was issued")
        for name, taken in applications.every_step(work.connection):
            found.add(digest(name, taken))
            if digest(name, taken) not in trail.begun and _covered(trail, taken.at):
                yield Fault("application", name, f"step {taken.number} is not what was done")
    for proof, (what, name) in trail.done.items():
        if proof not in found:
            yield Fault(what, name, "is missing, or a part of it, or was changed")
    for name in sorted(trail.revoked - gone):
        yield Fault("visa", name, "was revoked, and its revocation is missing")


def _recorded(database: Database) -> _Recorded:
    with stored(database, 0) as whole:
        pruned = bool(whole.prunings)
    trail = _Recorded()
    for act in newest(database, Wanted(kind="act"), None):
        _take(trail, act)
        if pruned:
            trail.since = datetime.fromisoformat(act["at"])
    return trail


def _take(trail: _Recorded, act: dict[str, Any]) -> None:
    what, _, word = str(act.get("what", "")).partition(".")
    details = act.get("details") or {}
    if what not in ("visa", "application"):
        return
    if "digest" in details:
        trail.begun.add(details["digest"])
        if act.get("outcome") == "done":
            trail.done[details["digest"]] = what, str(details.get(what, ""))
    if (what, word, act.get("outcome")) == ("visa", "revoked", "done") and "visa" in details:
        trail.revoked.add(str(details["visa"]))


def _covered(trail: _Recorded, at: datetime) -> bool:
    return trail.since is None or at >= trail.since

"""Do visas and applications say what they said when they went on record? The trail has the digest of each."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from database.engine import Database
from governance.audit.reading import Wanted, newest, stored
from passport_broker.applications.recording import digest, digest_before
from passport_broker.domain.visas import Issued
from passport_broker.store import applications, visas


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that is not what the trail says: `what` of which id, and what is wrong with it."""

    what: str
    id: str
    wrong: str


@dataclass(slots=True)
class _Recorded:
    """What the trail has: digests that were begun, those that were done, and visas revoked for certain.

    `revoking` are digests of revocations that were begun; `unproven` are visas whose revocation was recorded
    before there were such digests.
    """

    begun: set[str] = field(default_factory=set)
    done: dict[str, tuple[str, str]] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    revoking: set[str] = field(default_factory=set)
    unproven: set[str] = field(default_factory=set)
    since: datetime | None = None


def faults(database: Database, clock: Callable[[], float] = time.time) -> Iterator[Fault]:
    """Every fault. Whether the trail itself is whole is for `insitu audit verify` to say.

    What is older than a trail that was pruned cannot be proven any more. It is passed over where nothing
    comes of it; a visa that still holds is named.
    """
    trail, found, gone = _recorded(database), set(), set()
    with database.unit_of_work() as work:
        for each in visas.everything(work.connection):
            found.add(each.digest())
            if each.revocation is not None:
                gone.add(each.id)
            yield from _of_visa(trail, each, clock())
        for made in applications.every_step(work.connection):
            proofs = {digest(made), digest_before(made)}
            found |= proofs
            if not proofs & trail.begun and _covered(trail, made.last.at):
                yield Fault("application", made.id, f"step {made.last.number} is not what was done")
    for proof, (what, name) in trail.done.items():
        if proof not in found:
            yield Fault(what, name, "is missing, or a part of it, or was changed")
    for name in sorted(trail.revoked - gone):
        yield Fault("visa", name, "was revoked, and its revocation is missing")


def _of_visa(trail: _Recorded, visa: Issued, now: float) -> Iterator[Fault]:
    """What is wrong with an assertion, and with its revocation."""
    if visa.digest() not in trail.begun:
        if _covered(trail, visa.at):
            yield Fault("visa", visa.id, "is not what was issued")
        elif visa.standing(now) in ("standing", "to come"):
            yield Fault("visa", visa.id, "holds, and the record that could prove it is pruned: issue it anew")
    gone = visa.revocation
    if gone is None or visa.ended() in trail.revoking or visa.id in trail.unproven:
        return
    if _covered(trail, gone.at):
        yield Fault("visa", visa.id, "is revoked in a way that was not recorded")


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
    if (what, word) == ("visa", "revoked") and "visa" in details:
        if "revocation" in details:
            trail.revoking.add(str(details["revocation"]))
        else:
            trail.unproven.add(str(details["visa"]))
        if act.get("outcome") == "done":
            trail.revoked.add(str(details["visa"]))


def _covered(trail: _Recorded, at: datetime) -> bool:
    return trail.since is None or at >= trail.since

"""The use cases of DRS: who may know of an object, who gets an address of its bytes, who gets the bytes.

Each is a decision of its own, taken by dataset and recorded before anything is told. However many objects a
request names, they are looked up by one query, decided on once for each dataset, and recorded in one row.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from database.engine import Database
from database.moments import Moments
from drs.bearers import Bearers
from drs.denying import Denials
from drs.domain import identifiers
from drs.domain.objects import DrsObject, Place, State
from drs.errors import KeyWanted, NoSuchObject, TooMany
from drs.places import CRYPT4GH, HTTPS, Places
from drs.settings import DrsSettings
from drs.store import objects as store
from drs.streaming.links import Link, Links
from governance.caller import Caller
from governance.datasets import Circle, Dataset
from governance.gate import Gate, Permitted
from governance.policy.actions import Action
from governance.policy.context import Context
from governance.policy.obligations import Kind, Obligation
from governance.register import DatasetRegister
from serving.reasons import Reason

Answer = TypeVar("Answer")
Found = Mapping[str, "DrsObject | Reason"]
"""Of each id that was asked the object, or why it is not told of."""

_AT_ONCE = 16  # cloud stores that are asked at a time for one request


@dataclass(frozen=True, slots=True)
class Address:
    """Where the bytes of an object are had. `object_id` and `access_id` as they were asked."""

    object_id: str
    access_id: str
    url: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who asks for addresses, of which host (`https://drs.example`), to which Crypt4GH key, if to any."""

    caller: Caller
    origin: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """What the service stands on."""

    database: Database
    register: DatasetRegister
    gate: Gate
    moments: Moments
    places: Places
    links: Links
    bearers: Bearers
    denials: Denials


class Objects:
    """The objects of a site. Holds no state of a request; one for each process."""

    def __init__(self, parts: Parts, settings: DrsSettings, clock: Callable[[], float] = time.time) -> None:
        self.parts = parts
        self._settings = settings
        self._clock = clock
        self._honours = {Obligation(Kind.RESIDENCY, each) for each in settings.residency}
        self._pool = ThreadPoolExecutor(_AT_ONCE, "drs-stores")

    def describe(self, caller: Caller, asked: str, *, expand: bool) -> tuple[DrsObject, Dataset]:
        """The object of that id or alias, with what it holds where it is a bundle.

        Raises:
            NoSuchObject: there is none that this caller may know of.
            AccessWanted, AccessRefused: there may be more for others; says what they have.
            TooMany: the bundle holds more than this site tells at once.
        """

        def work(found: Found, datasets: Mapping[str, Dataset]) -> tuple[DrsObject, Dataset]:
            one = _only(found)
            return self._whole([one], expand=expand)[0], datasets[one.dataset]

        return self._ask(caller, Action.DRS_DESCRIBE, [asked], work, {"expand": expand} if expand else {})

    def describe_all(
        self, caller: Caller, asked: Sequence[str], *, expand: bool
    ) -> tuple[Found, Mapping[str, Dataset]]:
        """As `describe`, of several ids; each that cannot be told of has its reason.

        Raises:
            TooMany: more than this site answers at once.
        """
        wanted = self._few(asked)

        def work(found: Found, datasets: Mapping[str, Dataset]) -> tuple[Found, Mapping[str, Dataset]]:
            told = [each for each in found.values() if isinstance(each, DrsObject)]
            whole = {each.id: each for each in self._whole(told, expand=expand)}
            shown = {
                name: whole[each.id] if isinstance(each, DrsObject) else each for name, each in found.items()
            }
            return shown, datasets

        return self._ask(caller, Action.DRS_DESCRIBE, wanted, work, {"expand": expand} if expand else {})

    def authorizations(self, caller: Caller, asked: Sequence[str]) -> Mapping[str, dict[str, Any] | Reason]:
        """How to authorise for each object; only that it exists is told, and only where that is no secret.

        Raises:
            TooMany: more than this site answers at once.
        """
        wanted = self._few(asked)

        def work(found: Found, datasets: Mapping[str, Dataset]) -> Mapping[str, dict[str, Any] | Reason]:
            return {
                name: each
                if isinstance(each, Reason)
                else self._authorizations(name, datasets[each.dataset], caller)
                for name, each in found.items()
            }

        return self._ask(caller, Action.DRS_DESCRIBE, wanted, work, {"options": True}, explained=False)

    def access(self, wanted: Wanted, asked: str, access_id: str) -> Address | DrsObject:
        """An address of the object's bytes; the object itself where it is still being prepared.

        Raises:
            NoSuchObject, NoSuchAccess, AccessWanted, AccessRefused: it is not given.
            NotTheBytes, Unavailable: there are no bytes to be had.
            KeyWanted: re-encryption was asked for, to no key.
        """

        def work(found: Found, _datasets: Mapping[str, Dataset]) -> Address | DrsObject:
            one = _only(found)
            return one if one.state is State.PREPARING else self._address(wanted, asked, one, access_id)

        return self._ask(wanted.caller, Action.DRS_ACCESS, [asked], work, {"access": access_id[:64]})

    def access_all(
        self, wanted: Wanted, asked: Sequence[tuple[str, str]]
    ) -> Sequence[tuple[str, Address | Reason]]:
        """As `access`, for several pairs of an object's id and an access id, each once.

        Raises:
            TooMany: more than this site answers at once.
        """
        pairs = self._few(asked)
        ids = list(dict.fromkeys(identifier for identifier, _ in pairs))

        def work(found: Found, _datasets: Mapping[str, Dataset]) -> Sequence[tuple[str, Address | Reason]]:
            def one(pair: tuple[str, str]) -> tuple[str, Address | Reason]:
                each = found[pair[0]]
                if isinstance(each, Reason):
                    return pair[0], each
                try:
                    return pair[0], self._address(wanted, pair[0], each, pair[1])
                except Reason as reason:
                    return pair[0], reason

            far = any(isinstance(each, DrsObject) and self.parts.places.far(each) for each in found.values())
            return list(self._pool.map(one, pairs) if far else map(one, pairs))

        return self._ask(
            wanted.caller, Action.DRS_ACCESS, ids, work, {"access": sorted({each for _, each in pairs})}
        )

    def stream(
        self,
        caller: Caller,
        identifier: str,
        work: Callable[[DrsObject], Answer],
        question: Mapping[str, Any],
    ) -> Answer:
        """What `work` makes of an object whose bytes may leave now (`drs:stream`).

        Raises:
            NoSuchObject, AccessWanted, AccessRefused: they may not.
        """
        return self._ask(
            caller, Action.DRS_STREAM, [identifier], lambda found, _: work(_only(found)), question
        )

    def stage(
        self, caller: Caller, asked: Sequence[str], context: Context | None = None
    ) -> Mapping[str, DrsObject]:
        """The files that a program of this caller may read in an enclave of this site (`wes:run`).

        Whoever stages them opens them by `Places.open`; the bytes stay here.

        Raises:
            NoSuchObject, AccessWanted, AccessRefused: one may not be read so; says what is wanted.
            TooMany: more than this site looks up at once.
        """

        def work(found: Found, _datasets: Mapping[str, Dataset]) -> Mapping[str, DrsObject]:
            return {name: _object(each) for name, each in found.items()}

        return self._ask(caller, Action.WES_RUN, self._few(asked), work, {"stage": True}, context=context)

    def companions(self, identifier: str) -> Mapping[str, DrsObject]:
        """The indexes of a file, by kind (`bai`, `csi`, `tbi`, `crai`, `gzi`), for who may have the file."""
        with self.parts.database.reading() as connection:
            return store.companions(connection, identifier)

    def totals(self) -> tuple[int, int]:
        """How many objects anybody may look up, and the bytes of their files: nothing is told of others."""
        decided = self.parts.gate.public(Action.DRS_DESCRIBE, self.parts.register.all(), self._honours)
        with self.parts.database.reading() as connection:
            return store.count(connection, [each.dataset.id for each in decided])

    def link(self, wanted: Wanted, found: DrsObject, mark: str, method: str = HTTPS) -> str:
        """A signed address of the object's bytes in this state for this caller, good for a while."""
        caller, key = wanted.caller, wanted.key or "" if method == CRYPT4GH else ""
        until = int(self._clock()) + self._settings.url_seconds
        if caller.ends is not None:
            until = min(until, caller.ends)
        name = self.parts.bearers.name(caller, until)
        return wanted.origin + self.parts.links.url(Link(found.id, name, until, mark, method, key))

    def _ask(
        self,
        caller: Caller,
        action: Action,
        asked: Sequence[str],
        work: Callable[[Found, Mapping[str, Dataset]], Answer],
        question: Mapping[str, Any],
        *,
        explained: bool = True,
        context: Context | None = None,
    ) -> Answer:
        """What `work` makes of the objects that policy opens and of the reasons for the others, on record.

        Unless `explained`, what is refused and no secret is not refused: only its existence is told.
        """
        moment = self.parts.moments.now()
        here = {each.id: each for each in self.parts.register.all(moment)}
        rows = {name: each for name, each in self._find(asked).items() if each.dataset in here}
        wanted = {each.dataset: here[each.dataset] for each in rows.values()}
        # Decided as well: so that naming a secret takes as long as naming what is not there.
        beside = [each for each in here.values() if each.confidential and each.id not in wanted]

        def decided(permitted: Permitted) -> Answer:
            given = {each.dataset.id: each for each in permitted}
            closed = {each.dataset.id: each for each in permitted.closed if _knowable(each.dataset)}
            if not explained:
                given |= closed
            reasons = (
                {name: self.parts.denials.of(each, caller) for name, each in closed.items()}
                if explained
                else {}
            )
            found: dict[str, DrsObject | Reason] = {}
            for name in asked:
                row = rows.get(name)
                if row is not None and row.dataset in given:
                    found[name] = row
                else:
                    found[name] = reasons.get(row.dataset, _ABSENT) if row is not None else _ABSENT
            _count(permitted, found.values())
            return work(found, wanted)

        return self.parts.gate.answer(
            caller,
            action,
            wanted.values(),
            decided,
            honours=self._honours,
            beside=beside,
            context=context,
            question={"ids": [each[: identifiers.LONGEST] for each in asked], **question},
            at=moment,
        )

    def _find(self, asked: Sequence[str]) -> dict[str, DrsObject]:
        prefix = self._settings.prefix
        bare = [identifiers.bare(each, prefix) for each in asked]
        with self.parts.database.reading() as connection:
            return store.find(connection, asked, bare)

    def _few(self, asked: Iterable[Any]) -> list[Any]:
        listed = list(asked)
        if len(listed) > self._settings.max_bulk:
            raise TooMany(f"Ask for at most {self._settings.max_bulk} at once (maxBulkRequestLength).")
        return list(dict.fromkeys(listed))

    def _whole(self, found: Sequence[DrsObject], *, expand: bool) -> list[DrsObject]:
        """The objects, bundles among them with what they hold."""
        bundles = [each.id for each in found if each.bundle]
        if not bundles:
            return list(found)
        most = self._settings.max_contents
        with self.parts.database.reading() as connection:
            known = store.members(connection, bundles, most, expand=expand)
        if sum(map(len, known.values())) > most:
            raise TooMany(
                f"These bundles hold more than {most} objects: ask for one at a time, without expand."
            )
        return [
            replace(each, contents=store.contents(each.id, known, expand=expand)) if each.bundle else each
            for each in found
        ]

    def _address(self, wanted: Wanted, asked: str, found: DrsObject, access_id: str) -> Address:
        place, stat = self.parts.places.standing(found, access_id)
        if access_id == CRYPT4GH and wanted.key is None:
            raise KeyWanted
        if access_id in (HTTPS, CRYPT4GH):
            return Address(asked, access_id, self.link(wanted, found, stat.mark, access_id))
        # A store that gives no addresses of its own is read through this site.
        url = self._presigned(wanted.caller, place) or self.link(wanted, found, stat.mark)
        return Address(asked, access_id, url)

    def _presigned(self, caller: Caller, place: Place) -> str | None:
        seconds = self._settings.url_seconds
        if caller.ends is not None:
            seconds = max(1, min(seconds, caller.ends - int(self._clock())))
        return self.parts.places.presigned(place, seconds)

    def _authorizations(self, name: str, dataset: Dataset, caller: Caller) -> dict[str, Any]:
        denials, action = self.parts.denials, Action.DRS_ACCESS
        return {
            "drs_object_id": name,
            **denials.authorizations(dataset, action),
            "insitu": denials.told(dataset, action, caller),
        }


_ABSENT = NoSuchObject()


def _knowable(dataset: Dataset) -> bool:
    """True where anybody may know that there are files: there is a door to them, and it is no secret."""
    return not dataset.confidential and max(dataset.download, dataset.compute) > Circle.NONE


def _only(found: Found) -> DrsObject:
    [one] = found.values()
    return _object(one)


def _object(found: DrsObject | Reason) -> DrsObject:
    if isinstance(found, NoSuchObject):
        raise NoSuchObject
    if isinstance(found, Reason):
        raise found
    return found


def _count(permitted: Permitted, found: Iterable[DrsObject | Reason]) -> None:
    """Notes for the record how many objects of each dataset are told of."""
    numbers: dict[str, int] = {}
    for each in found:
        if isinstance(each, DrsObject):
            numbers[each.dataset] = numbers.get(each.dataset, 0) + 1
    for decision in permitted:
        permitted.told(decision, numbers.get(decision.dataset.id, 0))

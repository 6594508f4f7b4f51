"""Registering and removing objects over HTTP, for who may manage their dataset."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from database.engine import Database
from drs.domain.entries import Entry
from drs.domain.objects import DrsObject
from drs.errors import InUse, NoSuchObject, NotYours
from drs.registering.manifest import Reader, checked
from drs.registering.registrar import Registrar
from drs.storage.errors import Changed, Missing, Unreachable
from drs.storage.store import Stores
from drs.store import changing, objects
from drs.store.registering import Merged
from governance.audit.acts import acting
from governance.audit.trail import Trail
from governance.caller import Caller
from governance.errors import WhoAreYou
from governance.gate import Gate, Permitted
from governance.policy.actions import Action
from governance.register import DatasetRegister
from serving.reasons import Reason

Answer = TypeVar("Answer")
_BY = {"process": "drs"}


@dataclass(frozen=True, slots=True)
class Came:
    """What became of one thing that was to be registered; `why` not, where it was not."""

    entry: Entry | None = None
    made: Merged | None = None
    why: str = ""


class Desk:
    """Registers by reference. `wake` tells workers that something waits to be prepared."""

    def __init__(
        self,
        database: Database,
        register: DatasetRegister,
        gate: Gate,
        trail: Trail,
        stores: Stores,
        *,
        wake: Callable[[], object],
    ) -> None:
        self._database = database
        self._register = register
        self._gate = gate
        self._trail = trail
        self._stores = stores
        self._wake = wake

    def register(self, caller: Caller, dataset: str, said: Sequence[Mapping[str, Any]]) -> list[Came]:
        """What became of each, in order; those that cannot be registered do not keep the others from it.

        Raises:
            NotYours, WhoAreYou: there is no such dataset, or the caller does not manage it.
        """

        def work() -> list[Came]:
            about = {"objects": len(said)}
            with acting(
                self._trail,
                "objects.registered",
                dataset=dataset,
                details=about,
                by=_BY,
                actor=caller.identity,
            ) as came:
                found = self._registered(dataset, said)
                came["registered"] = sum(1 for each in found if not each.why)
                came["new"] = sum(1 for each in found if each.made is not None and each.made.fresh)
            if any(each.entry is not None and not each.why and not each.entry.prepared for each in found):
                self._wake()
            return found

        return self._managing(caller, dataset, work, {"register": len(said)})

    def listed(self, caller: Caller, dataset: str, after: str, most: int) -> list[DrsObject]:
        """The objects of a dataset whose ids come after that one.

        Raises:
            NotYours, WhoAreYou: as `register`.
        """

        def work() -> list[DrsObject]:
            with self._database.reading() as connection:
                return objects.page(connection, dataset, after, most)

        return self._managing(caller, dataset, work, {"list": after[:255]})

    def get(self, caller: Caller, identifier: str) -> DrsObject:
        """The object of that id, with where it lies.

        Raises:
            NotYours, WhoAreYou: there is none of a dataset that the caller manages.
        """
        found = self._find(identifier)
        dataset = "" if found is None else found.dataset
        return self._managing(caller, dataset, lambda: _there(found), {"get": identifier})

    def remove(self, caller: Caller, identifier: str) -> DrsObject:
        """The object as it was; nobody finds it any more, and its bytes stay.

        Raises:
            NotYours, WhoAreYou: as `get`.
            InUse: a bundle holds it.
        """
        found = self._find(identifier)
        dataset = "" if found is None else found.dataset

        def work() -> DrsObject:
            there = _there(found)
            about = {"object": there.id}
            with acting(
                self._trail, "object.removed", dataset=dataset, details=about, by=_BY, actor=caller.identity
            ):
                remove(self._database, there)
            return there

        return self._managing(caller, dataset, work, {"remove": identifier})

    def _registered(self, dataset: str, said: Sequence[Mapping[str, Any]]) -> list[Came]:
        """Files together, then bundles one by one: one may hold another."""
        reader = Reader(self._database, self._stores, dataset, trusting=False)
        registrar = Registrar(self._database)
        found = {
            number: self._read(reader, each) for number, each in enumerate(said) if "contents" not in each
        }
        files = {number: each.entry for number, each in found.items() if each.entry is not None}
        for number, made in zip(files, registrar.register(list(files.values())), strict=True):
            found[number] = Came(files[number], made, made.wrong or "")
        for number, each in enumerate(said):
            if "contents" not in each:
                continue
            found[number] = came = self._read(reader, each)
            if came.entry is not None:
                [made] = registrar.register([came.entry])
                found[number] = Came(came.entry, made, made.wrong or "")
        return [found[number] for number in range(len(said))]

    def _read(self, reader: Reader, said: Mapping[str, Any]) -> Came:
        try:
            fields = checked(dict(said))
            return Came(reader.bundle(fields) if "contents" in fields else reader.file(fields, reads=False))
        except (Missing, Changed, Unreachable) as trouble:
            return Came(why=trouble.detail)
        except Reason as problem:
            return Came(why=problem.public)

    def _managing(
        self, caller: Caller, dataset: str, work: Callable[[], Answer], question: Mapping[str, Any]
    ) -> Answer:
        """What `work` makes, where policy lets this caller manage the dataset, on record."""
        here = self._register.all()
        wanted = [each for each in here if each.id == dataset]

        def decided(permitted: Permitted) -> Answer:
            if not permitted:
                raise WhoAreYou if caller.anonymous else NotYours
            return work()

        return self._gate.answer(
            caller,
            Action.DATASET_MANAGE,
            wanted,
            decided,
            beside=[each for each in here if each.confidential and each.id != dataset],
            question={"objects": dict(question)},
        )

    def _find(self, identifier: str) -> DrsObject | None:
        with self._database.reading() as connection:
            return objects.find(connection, [identifier], [identifier]).get(identifier)


def remove(database: Database, found: DrsObject) -> None:
    """Removes an object; its bytes stay.

    Raises:
        InUse: a bundle holds it.
    """
    with database.unit_of_work() as work:
        holders = objects.holders(work.raw, found.id)
        if holders:
            raise InUse(f"The bundle {holders[0]} holds it: remove that first.")
        with work.raw.cursor() as cursor:
            changing.remove(cursor, [found.id])
        work.commit()


def _there(found: DrsObject | None) -> DrsObject:
    if found is None:
        raise NoSuchObject
    return found

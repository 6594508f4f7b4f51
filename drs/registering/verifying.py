"""Looking whether what is registered is still there and still the same, and saying so of what is not."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from database.engine import Database
from drs.domain.checksums import agree
from drs.domain.objects import DrsObject, State
from drs.registering.walking import sums_of
from drs.storage.errors import Missing, Unreachable
from drs.storage.hashing import Hashed, hashed
from drs.storage.location import Stat
from drs.storage.store import Stores
from drs.store import changing, objects

_AT_ONCE = 500
_SHOWN = 1_000


@dataclass(slots=True)
class Verified:
    """What was found, in numbers of files, and a line for each that is not well."""

    well: int = 0
    changed: int = 0
    missing: int = 0
    unreachable: int = 0
    unchecked: int = 0
    """Without a checksum that can be made here: looked at by size only."""
    bytes: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """True where every file is what was registered."""
        return not (self.changed or self.missing or self.unreachable)

    def note(self, what: str, found: DrsObject, number: int, why: str) -> None:
        """Counts a file that is not well."""
        setattr(self, what, getattr(self, what) + 1)
        place = found.places[number]
        if len(self.problems) < _SHOWN:
            self.problems.append(f"{found.id} {place.store}:{place.key}: {why}")


@dataclass(frozen=True, slots=True)
class _File:
    object: DrsObject
    number: int
    stat: Stat | None
    why: str = ""
    gone: bool = False


class Verifying:
    """Verifies the objects of a site. `reads`: their bytes are hashed anew, not only looked at."""

    def __init__(self, database: Database, stores: Stores, *, threads: int, reads: bool) -> None:
        self._database = database
        self._stores = stores
        self._threads = threads
        self._reads = reads

    def run(self, dataset: str, progress: Callable[[int], object] = lambda _: None) -> Verified:
        """What became of every file of a dataset; `progress` is told of each piece's bytes."""
        report = Verified()
        with self._database.reading() as connection:
            first = objects.page(connection, dataset, "", _AT_ONCE)
        while first:
            self._page([each for each in first if not each.bundle], report, progress)
            with self._database.reading() as connection:
                first = objects.page(connection, dataset, first[-1].id, _AT_ONCE)
        return report

    def _page(self, found: list[DrsObject], report: Verified, progress: Callable[[int], object]) -> None:
        files = [self._look(each, number) for each in found for number in range(len(each.places))]
        sound: dict[str, list[tuple[_File, Hashed | None]]] = {}
        troubled: dict[str, str] = {}
        for each, read in self._read(files, progress):
            why = self._judge(each, read, report)
            if why is None:
                sound.setdefault(each.object.id, []).append((each, read))
            elif why:
                troubled[each.object.id] = why
        for one in found:
            if not one.places:
                troubled.setdefault(one.id, "no file holds its bytes any more")
        self._note(found, sound, troubled)

    def _look(self, found: DrsObject, number: int) -> _File:
        place = found.places[number]
        try:
            return _File(found, number, self._stores.get(place.store).stat(place.key))
        except Missing as trouble:
            return _File(found, number, None, trouble.detail, gone=True)
        except Unreachable as trouble:
            return _File(found, number, None, trouble.detail)

    def _read(
        self, files: Iterable[_File], progress: Callable[[int], object]
    ) -> Iterator[tuple[_File, Hashed | None]]:
        """Each file, with its checksums where they were made; store by store."""
        by_store: dict[str, list[_File]] = {}
        for each in files:
            if each.stat is None or not self._reads:
                yield each, None
            else:
                by_store.setdefault(each.object.places[each.number].store, []).append(each)
        for name, some in by_store.items():
            places = ((each.object.places[each.number].key, each.stat) for each in some if each.stat)
            store = self._stores.get(name)
            read = hashed(store, places, threads=self._threads, progress=progress)
            yield from zip(some, islice(read, len(some)), strict=True)

    def _judge(self, each: _File, read: Hashed | None, report: Verified) -> str | None:
        """None where the file is the registered one; else why not, empty where nobody can tell just now."""
        found, stat = each.object, each.stat
        if stat is None:
            report.note("missing" if each.gone else "unreachable", found, each.number, each.why)
            return each.why if each.gone else ""
        report.bytes += stat.size
        why = None
        if stat.size != found.size and found.state is not State.PREPARING:
            why = f"it has {stat.size} bytes, and had {found.size}"
        elif read is not None and read.digests is None:
            report.note("unreachable", found, each.number, read.problem or "it cannot be read")
            return ""
        elif read is not None and found.checksums and found.checksums.keys() & sums_of(read).keys():
            why = None if agree(sums_of(read), found.checksums) else "its checksum is another one"
        elif read is None and found.places[each.number].mark not in (None, stat.mark):
            why = "it was written to since it was registered"
        elif found.checksums:
            report.unchecked += 1
            return None
        if why is not None:
            report.note("changed", found, each.number, why)
            return why
        report.well += 1
        return None

    def _note(
        self,
        found: Iterable[DrsObject],
        sound: dict[str, list[tuple[_File, Hashed | None]]],
        troubled: dict[str, str],
    ) -> None:
        """Says of each object whether its bytes can be had, and which state of its files is it."""
        with self._database.unit_of_work() as work:
            with work.raw.cursor() as cursor:
                for each in found:
                    if each.id in sound:
                        self._well(cursor, each, sound[each.id])
                    elif each.id in troubled:
                        changing.set_state(cursor, each.id, State.BROKEN, troubled[each.id][:1_000])
            work.commit()

    def _well(self, cursor: object, each: DrsObject, files: list[tuple[_File, Hashed | None]]) -> None:
        for file, read in files:
            # A mark is as good as the reading behind it: what was only looked at keeps the one it had.
            place = each.places[file.number]
            if file.stat is not None and file.stat.mark != place.mark and (read is not None):
                changing.set_mark(cursor, each, file.number, file.stat.mark)
        read = next((read for _, read in files if read is not None), None)
        if read is not None and each.state is State.PREPARING:
            changing.set_checksums(cursor, each.id, sums_of(read), read.stat.size)
        elif read is not None and each.state is State.BROKEN:
            changing.set_state(cursor, each.id, State.READY, None)

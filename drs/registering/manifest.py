"""Manifests: one object on each line, as JSON, read as they come and never held as a whole.

    {"location": "s3://bucket/a.bam", "size": 12, "checksums": {"sha-256": "..."}, "id": "a"}
    {"id": "both", "name": "both", "contents": [{"name": "a.bam", "id": "a"}]}

`checksums` may be a list of `{"type", "checksum"}` as well, as DRS has it. Of a file that is looked at, size
and checksums may be left out. What a bundle holds has to stand before it, or be registered.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import orjson

from database.engine import Database
from drs.domain.entries import Entry
from drs.domain.objects import Place
from drs.errors import EntryInvalid
from drs.registering.registrar import Registrar, Report
from drs.storage.errors import Changed, Missing, Unreachable
from drs.storage.hashing import digests_of
from drs.storage.location import Location, Stat
from drs.storage.store import Stores
from drs.store import objects as store
from governance.errors import shown
from serving.reasons import Reason

LINE_LONGEST = 4_194_304
_FIELDS = frozenset(
    ("location", "size", "checksums", "id", "name", "mime_type", "description", "version", "created_time",
     "updated_time", "aliases", "contents")
)  # fmt: skip
_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class Said:
    """What a line says, and which line it is."""

    number: int
    fields: Mapping[str, Any]

    @property
    def bundle(self) -> bool:
        """True where it is no file."""
        return "contents" in self.fields


def lines_of(raw: Iterable[bytes], report: Report) -> Iterator[Said]:
    """The lines that are JSON objects with fields that are known; the others are reported."""
    for number, line in enumerate(raw, 1):
        if not line.strip():
            continue
        try:
            yield Said(number, fields_of(line))
        except EntryInvalid as problem:
            report.refuse(f"line {number}", problem.public)


def fields_of(line: bytes) -> Mapping[str, Any]:
    """What a line says.

    Raises:
        EntryInvalid: it is none.
    """
    if len(line) > LINE_LONGEST:
        raise EntryInvalid(f"It has more than {LINE_LONGEST} bytes.")
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise EntryInvalid(f"It is not JSON: {error.msg}.") from None
    return checked(found)


def checked(found: Any) -> Mapping[str, Any]:
    """An object of JSON whose fields are known and of the right kinds.

    Raises:
        EntryInvalid: it is none; says what to change.
    """
    if not isinstance(found, dict):
        raise EntryInvalid("It is no JSON object.")
    if unknown := sorted(found.keys() - _FIELDS):
        raise EntryInvalid(
            f"There is no field {shown(unknown[0])}: it may have {', '.join(sorted(_FIELDS))}."
        )
    if ("location" in found) == ("contents" in found):
        raise EntryInvalid("It has either a location (a file) or contents (a bundle).")
    for name, fits in _KINDS.items():
        if found.get(name) is not None and not fits(found[name]):
            raise EntryInvalid(f"Its {name} is of the wrong kind.")
    return found


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_KINDS: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("location", "id", "name", "mime_type", "description", "version"), _is_text),
    **dict.fromkeys(("created_time", "updated_time"), _is_text),
    "size": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "aliases": lambda value: isinstance(value, list) and all(map(_is_text, value)),
    "checksums": lambda value: isinstance(value, (dict, list)),
    "contents": lambda value: (
        isinstance(value, list)
        and all(
            isinstance(each, dict) and _is_text(each.get("name")) and _is_text(each.get("id"))
            for each in value
        )
    ),
}


class Reader:
    """Makes entries of what lines say. `trusting` takes sizes and checksums as they are given, unseen."""

    def __init__(self, database: Database, stores: Stores, dataset: str, *, trusting: bool) -> None:
        self._database = database
        self._stores = stores
        self._dataset = dataset
        self.trusting = trusting

    def file(self, fields: Mapping[str, Any], *, reads: bool = True) -> Entry:
        """A file. Where nothing says its checksums they are made, or left to a worker unless it `reads`.

        Raises:
            EntryInvalid, Outside, Missing, Changed, Unreachable: it cannot be registered; says why.
        """
        where = self._stores.locate(fields["location"])
        sums, size = _sums(fields.get("checksums")), fields.get("size")
        stat = None if self.trusting else self._seen(where, size)
        if stat is None and (size is None or not sums):
            raise EntryInvalid("What is not looked at needs a size and a checksum.")
        if not sums and reads and stat is not None:
            sums = self._read(where, stat)
        created = fields.get("created_time")
        modified = None if stat is None else datetime.fromtimestamp(stat.modified, UTC)
        return Entry.of_file(
            self._dataset,
            Place(where.store, where.key, None if stat is None else stat.mark),
            stat.size if stat is not None else int(size or 0),
            sums,
            _time(created) or modified or datetime.now(UTC),
            id=fields.get("id"),
            name=fields.get("name"),
            updated=_time(fields.get("updated_time")),
            mime_type=fields.get("mime_type"),
            description=fields.get("description"),
            version=fields.get("version"),
            aliases=fields.get("aliases") or (),
        )

    def bundle(self, fields: Mapping[str, Any]) -> Entry:
        """A bundle of objects that are registered.

        Raises:
            EntryInvalid: it cannot be registered; says why.
        """
        ids = [each["id"] for each in fields["contents"]]
        if not ids:
            raise EntryInvalid("A bundle holds one object at least.")
        with self._database.reading() as connection:
            known = store.find(connection, ids, ids)
        absent = [each for each in ids if each not in known or known[each].dataset != self._dataset]
        if absent:
            raise EntryInvalid(f"The dataset has no object {shown(absent[0])}.")
        if any(not known[each].checksums for each in ids):
            raise EntryInvalid("One of its objects is still being prepared.")
        members = {
            each["name"]: (known[each["id"]].id, known[each["id"]].size, known[each["id"]].checksums)
            for each in fields["contents"]
        }
        if len(members) < len(ids):
            raise EntryInvalid("The names in a bundle differ from each other.")
        newest = max(known[each].updated or known[each].created for each in ids)
        return Entry.of_bundle(
            self._dataset,
            fields.get("name"),
            members,
            _time(fields.get("created_time")) or newest,
            id=fields.get("id"),
            description=fields.get("description"),
            aliases=fields.get("aliases") or (),
        )

    def _seen(self, where: Location, size: int | None) -> Stat:
        stat = self._stores.get(where.store).stat(where.key)
        if size is not None and size != stat.size:
            raise EntryInvalid(f"The file has {stat.size} bytes, not {size}.")
        return stat

    def _read(self, where: Location, stat: Stat) -> dict[str, str]:
        with self._stores.get(where.store).open(where.key, stat) as source:
            found = digests_of(source)
        return {"sha-256": found.sha256, "md5": found.md5, "crc32c": found.crc32c}


class Loading:
    """Registers a manifest; `threads` lines are looked at together."""

    def __init__(self, reader: Reader, registrar: Registrar, threads: int) -> None:
        self._reader = reader
        self._registrar = registrar
        self._threads = threads

    def run(self, raw: Iterable[bytes], progress: Callable[[int], object] = lambda _: None) -> Report:
        """What became of all lines; `progress` is told how many are done."""
        report = Report()
        lines = lines_of(raw, report)
        with ThreadPoolExecutor(self._threads, "manifest") as pool:
            while some := list(islice(lines, _ENTRIES)):
                files = [each for each in some if not each.bundle]
                made = map(self._file, files) if self._reader.trusting else pool.map(self._file, files)
                self._register(made, files, report)
                for each in some:
                    if each.bundle:  # one by one, for one may hold another
                        self._register([self._bundle(each)], [each], report)
                progress(some[-1].number)
        return report

    def _register(self, made: Iterable[Entry | str], said: list[Said], report: Report) -> None:
        entries = []
        for each, line in zip(made, said, strict=True):
            if isinstance(each, str):
                report.refuse(f"line {line.number}", each)
            else:
                entries.append(each)
        if entries:
            self._registrar.register(entries, report)

    def _file(self, said: Said) -> Entry | str:
        try:
            return self._reader.file(said.fields)
        except (Missing, Changed, Unreachable) as trouble:
            return trouble.detail
        except Reason as problem:
            return problem.public

    def _bundle(self, said: Said) -> Entry | str:
        try:
            return self._reader.bundle(said.fields)
        except EntryInvalid as problem:
            return problem.public


def _sums(said: Any) -> dict[str, str]:
    listed = said or {}
    if isinstance(listed, list):
        listed = {each.get("type"): each.get("checksum") for each in listed if isinstance(each, dict)}
    if not all(isinstance(name, str) and isinstance(each, str) for name, each in listed.items()):
        raise EntryInvalid("Checksums are texts, by their types.")
    return dict(listed)


def _time(said: str | None) -> datetime | None:
    if said is None:
        return None
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        raise EntryInvalid("A time is written as in 2027-12-31T00:00:00Z.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)

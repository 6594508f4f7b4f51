"""Registering objects: batch by batch, each a transaction, with indexes joined to their files."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from database.engine import Database
from drs.domain.entries import Entry
from drs.store import changing
from drs.store.registering import Merged, merge

BATCH = 10_000
_SHOWN = 100  # reasons that a report keeps

INDEXES = {
    "bai": (".bam.bai", ".bam"),
    "csi": (".csi", ""),
    "tbi": (".gz.tbi", ".gz"),
    "crai": (".cram.crai", ".cram"),
    "gzi": (".gz.gzi", ".gz"),
}
"""How an index is called, by kind, and what its file is called instead: `a.bam.bai` is of `a.bam`."""

_SHORT = {"bai": (".bai", ".bam"), "crai": (".crai", ".cram")}
"""The same, of names in which the index takes the file's ending away: `a.bai`."""


@dataclass(slots=True)
class Report:
    """What became of the objects of a registration."""

    new: int = 0
    known: int = 0
    paired: int = 0
    refused: int = 0
    bytes: int = 0
    problems: list[str] = field(default_factory=list)

    def refuse(self, what: str, why: str) -> None:
        """Counts something that was not registered, and says why as long as there are not too many."""
        self.refused += 1
        self.tell(f"{what}: {why}")

    def tell(self, problem: str) -> None:
        """Keeps a sentence about something that went wrong."""
        if len(self.problems) < _SHOWN:
            self.problems.append(problem)


class Registrar:
    """Registers what was looked at before (`Entry`). Safe between threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def register(self, entries: Sequence[Entry], report: Report | None = None) -> list[Merged]:
        """What became of each entry, in order: all of them in one transaction, but those that contradict."""
        with self._database.unit_of_work() as work:
            found = merge(work.raw, entries)
            with work.raw.cursor() as cursor:
                paired = changing.pair(cursor, _pairs(entries))
            work.commit()
        if report is not None:
            report.paired += paired
            _note(report, entries, found)
        return found

    def register_all(self, entries: Iterable[Entry], report: Report) -> Iterator[int]:
        """Registers as many as come, in batches; after each batch gives how many have come so far."""
        coming, done = iter(entries), 0
        while batch := list(islice(coming, BATCH)):
            self.register(batch, report)
            done += len(batch)
            yield done


def _note(report: Report, entries: Sequence[Entry], found: Sequence[Merged]) -> None:
    for entry, made in zip(entries, found, strict=True):
        named = entry.place.key if entry.place else entry.id
        if made.wrong is not None:
            report.refuse(named, made.wrong)
            continue
        report.new += made.fresh
        report.known += not made.fresh
        report.bytes += entry.size if entry.members is None else 0
        for each in made.lost:
            report.tell(f"{named}: the alias {each} is another object's")


def _pairs(entries: Iterable[Entry]) -> Iterator[changing.Pair]:
    """Every pair of a file and an index that may be there, as far as these files may be either."""
    for entry in entries:
        if entry.place is not None:
            for key, index_key, kind in pairs_of(entry.place.key):
                yield entry.dataset, entry.place.store, key, index_key, kind


def pairs_of(key: str) -> Iterator[tuple[str, str, str]]:
    """The pairs that a file of that name can be in: the file, its index, and the index's kind."""
    for kind, (ending, of) in (*INDEXES.items(), *_SHORT.items()):
        if key.endswith(ending):
            yield key.removesuffix(ending) + of, key, kind
        elif of and key.endswith(of):
            yield key, key.removesuffix(of) + ending, kind
    if key.endswith((".bam", ".bcf", ".gz")):
        yield key, f"{key}.csi", "csi"

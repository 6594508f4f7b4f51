"""A file's header and index, read once for each state of the file and kept."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

from drs.htsget.asking import Region
from drs.htsget.errors import InvalidRange
from drs.htsget.files import HtsFile
from drs.htsget.kept import Kept, Thing
from drs.htsget.reading.header import Header
from drs.htsget.reading.inflating import whole
from drs.htsget.slicing.pieces import Inline, Piece, Range, arranged
from drs.storage.location import Stat
from drs.storage.store import Source

INLINE = 1 << 18
"""Bytes of the largest header that a ticket holds itself; a larger one is fetched from the file."""


class Slices(Protocol):
    """What a ticket for a file can be made of. Each raises Damaged where file or index cannot be read."""

    def header(self) -> Iterable[Piece]:
        """The header."""

    def everything(self) -> Iterable[Piece]:
        """All records, and the file's end."""

    def of(self, regions: Iterable[Region]) -> Iterable[Piece]:
        """The records of regions, and perhaps others beside them, and an end.

        Raises:
            NoSuchReference, InvalidRange: there is no such reference; or no index.
        """


@dataclass(frozen=True, slots=True)
class Front:
    """The header of a file: what it says, and its bytes as pieces of a ticket. `version` is that of CRAM."""

    header: Header
    pieces: tuple[Piece, ...]
    version: int = 0

    @property
    def size(self) -> int:
        """Bytes of memory, about."""
        held = sum(len(each.data) for each in self.pieces if isinstance(each, Inline))
        return held + sum(150 + len(each) for each in self.header.names)


@dataclass(frozen=True, slots=True)
class Reading:
    """How headers and indexes of a file are had."""

    file: HtsFile
    kept: Kept
    index_bytes: int

    def front(self, make: Callable[[Source], Front]) -> Front:
        """The file's header."""
        key = ("front", self.file.format, *_state(self.file.source.stat))
        return self.kept.get(key, lambda: make(self.file.source))

    def index(self, kinds: Collection[str], make: Callable[[bytes], Thing]) -> Thing:
        """The file's index, which is to be of one of the kinds.

        Raises:
            InvalidRange: it has none.
        """
        source = self.file.index
        if source is None or self.file.index_kind not in kinds:
            raise InvalidRange(
                "This object has no index here: only its header, or the whole of it, can be asked for."
            )
        key = ("index", self.file.index_kind, *_state(source.stat), *_state(self.file.source.stat))
        return self.kept.get(key, lambda: make(whole(source, self.index_bytes)))


def inlined(source: Source, pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """The pieces of a header, with the bytes of the file in them where they are few."""
    found = list(pieces)
    ranged = sum(each.stop - each.start for each in found if isinstance(each, Range))
    if ranged > INLINE:
        return tuple(arranged(found))
    return tuple(
        arranged(
            Inline(source.read(each.start, each.stop), header=True) if isinstance(each, Range) else each
            for each in found
        )
    )


def _state(stat: Stat) -> tuple[str, int, float]:
    return stat.mark, stat.size, stat.modified

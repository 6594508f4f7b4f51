"""One part of a load: claimed, decoded and written in one transaction, so it is done wholly or not at all."""

import logging
import struct
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

import numpy as np
import numpy.typing as npt
from psycopg2.extras import Json

from database.copying import copy_rows
from database.engine import Database, UnitOfWork
from database.errors import DatabaseProblem
from serving.reasons import Reason
from variants.domain import carriers
from variants.domain.allele import AlleleRow
from variants.domain.carriers import encode_bitmap
from variants.errors import CannotLoad
from variants.loading.load import Load
from variants.loading.registering import read_load
from variants.reading.header import Header
from variants.reading.plan import Part
from variants.reading.reference import Reference
from variants.reading.report import Report
from variants.reading.source import read_header, read_part
from variants.store import generations, places
from variants.store.generations import FOREVER, NEVER
from variants.store.rows import STORED, to_stored
from variants.store.tiles import FINE

_log = logging.getLogger(__name__)
_TILE_SETS = 4000  # sets of one tile held in memory before they are joined
_TILE_MEMORY = 64 << 20  # bytes of joined sets held in memory
_TILE_HEAD = struct.Struct("<qI")  # tile, and bytes of its set

PART_LOCK = "hashtextextended('variants.part ' || load || ' ' || number, 0)"
# Who holds a part says so by this lock from before its beginning is counted: were it counted first, workers
# that hold and count by turns could keep each other from it until it seemed to kill whoever begins it.
_HOLD = f"""
SELECT number FROM (
    SELECT p.load, p.number FROM variants.part p JOIN variants.load l ON l.id = p.load
    WHERE p.load = %s AND NOT p.done AND l.state = 'running' AND l.reason IS NULL
    ORDER BY p.number OFFSET 0) AS undone
WHERE pg_try_advisory_xact_lock({PART_LOCK}) LIMIT 1
"""
_BEGIN = """
UPDATE variants.part SET attempts = attempts + 1 WHERE load = %s AND number = %s AND NOT done
RETURNING attempts
"""
_TAKE = """
SELECT p.stretch, f.bytes, f.ordinals, f.panel FROM variants.part p JOIN variants.file f ON f.id = p.file
WHERE p.load = %s AND p.number = %s AND NOT p.done FOR UPDATE OF p SKIP LOCKED
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A part that this transaction holds."""

    number: int
    part: Part
    ordinals: npt.NDArray[np.uint32]
    panel: int | None


class PartWorker:
    """Does parts of loads, one at a time. Any number of them may work on one load, in any processes."""

    def __init__(self, database: Database, part_attempts: int = 5) -> None:
        self._database = database
        self._attempts = part_attempts

    def work(self, load: int) -> bool:
        """Does one part of the load that nobody does yet; False where there is none left to begin.

        A damaged file, a bad line under `strict` or any other fault of the part ends the load: its reason is
        written down and the other parts are not begun. A worker that is killed leaves its part undone.

        Raises:
            DatabaseProblem: the database went away; the part is undone, and whoever comes next does it.
        """
        number: int | None = None
        try:
            while True:
                with self._database.unit_of_work() as work:
                    number = _hold(work.raw, load)
                    if number is None:
                        return False
                    if self._begin(load, number) and self._do(work, load, number):
                        return True
        except DatabaseProblem:
            raise
        except Reason as reason:
            self._give_up(load, reason.public)
        except Exception as fault:  # noqa: BLE001  (whatever it is, the load must end with a reason)
            _log.exception("part %s of load %s", number, load)
            self._give_up(
                load, f"part {number} cannot be loaded ({type(fault).__name__}); see the site's log"
            )
        return False

    def _begin(self, load: int, number: int) -> bool:
        """Counts a beginning at once: a part that kills its workers is found out. False if it is done.

        Raises CannotLoad where it was begun too often.
        """
        with self._database.calling() as connection, connection.cursor() as cursor:
            cursor.execute(_BEGIN, (load, number))
            row = cursor.fetchone()
        if row is not None and row[0] > self._attempts:
            raise CannotLoad(
                f"part {number} was begun {row[0] - 1} times and its worker died each time: "
                "see the site's log, and whether there is memory enough"
            )
        return row is not None

    def _do(self, work: UnitOfWork, load_id: int, number: int) -> bool:
        """Does a part that is held, unless its load is being thrown away."""
        cursor = work.raw.cursor()
        # Should the server crash, rows and the mark that they are there are lost together.
        cursor.execute("SET LOCAL synchronous_commit = off")
        taken = _take(cursor, load_id, number)
        if taken is None:
            return False
        load = read_load(cursor, load_id)
        report = _write(work.raw, cursor, load, taken, self._database)
        cursor.execute(
            "UPDATE variants.part SET done = true, report = %s WHERE load = %s AND number = %s",
            (Json(report.as_json()), load_id, number),
        )
        work.commit()
        return True

    def _give_up(self, load: int, reason: str) -> None:
        with self._database.unit_of_work() as work, work.raw.cursor() as cursor:
            cursor.execute(
                "UPDATE variants.load SET reason = %s WHERE id = %s AND state = 'running' AND reason IS NULL",
                (reason, load),
            )
            work.commit()


def _hold(connection: Any, load: int) -> int | None:
    """The first part that nobody does, held until the transaction ends; None where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, (load,))
        row = cursor.fetchone()
    return None if row is None else row[0]


def _take(cursor: Any, load: int, number: int) -> Taken | None:
    cursor.execute(_TAKE, (load, number))
    row = cursor.fetchone()
    if row is None:
        return None
    stretch, size, ordinals, panel = row
    part = Part.from_json(stretch)
    if not Path(part.file).is_file() or Path(part.file).stat().st_size != size:
        raise CannotLoad(f"{part.file} changed or went away while it was being loaded: load it again")
    return Taken(number, part, np.frombuffer(ordinals, "<u4").astype(np.uint32), panel)


def _write(connection: Any, cursor: Any, load: Load, taken: Taken, database: Database) -> Report:
    """Copies the part's rows and what they add to tiles; gives the account of its reading."""
    report = Report()
    found = read_part(
        taken.part, _header(taken.part.file, *_state(taken.part.file)), ordinals=taken.ordinals,
        assembly=load.assembly, report=report, reference=_reference(load.reference, load.assembly),
        strict=load.strict,
        uncarried=True,
    )  # fmt: skip
    ordinals = _Ordinals(
        database, load, places.of_generation(cursor, load.assembly, load.generation)
    )
    top = int(taken.ordinals.max()) + 1 if len(taken.ordinals) else 0
    table = generations.stage(load.id) if load.staged else generations.alleles(load.generation)
    with closing(TileSets(top)) as tiles:
        copy_rows(connection, table, STORED, _stored(found, ordinals, taken.panel, load.sequence, tiles))
        copy_rows(
            connection,
            "variants.part_tile",
            ("load", "tile", "carriers"),
            ((load.id, tile, data) for tile, data in tiles.joined()),
        )
    return report


def _stored(
    found: Iterable[AlleleRow], ordinals: "_Ordinals", panel: int | None, sequence: int, tiles: "TileSets"
) -> Iterator[list[Any]]:
    for row in found:
        exists = panel is None or row.carried > 0
        stored = to_stored(row, ordinals, panel, sequence, FOREVER if exists else NEVER)
        if row.carriers is not None:
            tiles.add(stored[0] >> FINE, row.carriers)
        yield stored


class TileSets:
    """Who carries anything in each tile, gathered as rows come by, nearly in order.

    A part may be a whole genome of a hundred thousand samples, in no order: beyond some memory, what was
    gathered lies in a temporary file.
    """

    def __init__(self, samples: int, memory: int = _TILE_MEMORY) -> None:
        self._samples = samples
        self._tile = -1
        self._sets: list[bytes] = []
        self._done = SpooledTemporaryFile(max_size=memory)  # noqa: SIM115 - `close` closes it

    def add(self, tile: int, data: bytes) -> None:
        """Takes the carriers of an allele that starts in the tile."""
        if tile != self._tile or len(self._sets) >= _TILE_SETS:
            self._join()
            self._tile = tile
        self._sets.append(data)

    def joined(self) -> Iterator[tuple[int, bytes]]:
        """Tiles with their carriers; a tile may come several times. Nothing may be added any more."""
        self._join()
        self._done.seek(0)
        while head := self._done.read(_TILE_HEAD.size):
            tile, size = _TILE_HEAD.unpack(head)
            yield tile, self._done.read(size)

    def close(self) -> None:
        """Gives up what was gathered."""
        self._done.close()

    def _join(self) -> None:
        if self._sets:
            data = encode_bitmap(carriers.union(self._sets, self._samples)) or b""
            self._done.write(_TILE_HEAD.pack(self._tile, len(data)) + data)
            self._sets = []


class _Ordinals(dict[str, int]):
    """Ordinals by sequence; one that no header declared is noted at once, whatever becomes of the part."""

    def __init__(self, database: Database, load: Load, known: dict[str, int]) -> None:
        super().__init__(known)
        self._database = database
        self._load = load

    def __missing__(self, name: str) -> int:
        with self._database.unit_of_work() as work, work.raw.cursor() as cursor:
            self.update(places.add_to(cursor, self._load.assembly, self._load.generation, {name: None}))
            work.commit()
        return self[name]


def _state(path: str) -> tuple[int, int]:
    """What changes when a file does."""
    found = Path(path).stat()
    return found.st_size, found.st_mtime_ns


@lru_cache(maxsize=8)
def _header(path: str, size: int, modified: int) -> Header:
    del size, modified  # a file that has changed has another header
    return read_header(Path(path))


@lru_cache(maxsize=1)
def _reference(path: Path | None, assembly: str) -> Reference | None:
    return None if path is None else Reference(path, assembly)

"""A load written down: its samples, files and parts; or the interrupted load of the same files."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from database.copying import copy_rows
from database.engine import Database
from variants.domain.carriers import encode_bitmap
from variants.errors import CannotLoad, LoadConflict
from variants.loading.load import Load
from variants.loading.panels import panel_id
from variants.loading.planning import Candidate, Wanted
from variants.reading.header import Header
from variants.reading.plan import Part, plan
from variants.store import generations, places, registry


def register(database: Database, wanted: Wanted, part_bytes: int) -> Load:
    """The load of what is wanted: an interrupted one continued, or a new one with all its parts written down.

    Call it while holding the dataset (`registry.alone`). Interrupted loads of other files are thrown away.

    Raises:
        LoadConflict: a file was loaded with other content.
        CannotLoad: samples where the dataset has none, or the reverse.
        Corrupt: a file is damaged or cut.
    """
    with database.unit_of_work() as work:
        cursor = work.raw.cursor()
        interrupted = _interrupted(cursor, wanted)
        if interrupted is not None:
            work.commit()
            return interrupted
        current = None if wanted.replace else _current(cursor, wanted)
        known = {} if current is None else _known_files(cursor, current[0])
        new = [each for each in wanted.files if each.digest not in known]
        _unchanged(new, known)
        if not new:
            return _nothing(wanted, known, current or (0, 0, 0))
        parts = {each.digest: plan(each.header, _target(new, part_bytes)) for each in new}
        load = _written(cursor, wanted, new, parts, current)
        work.commit()
    return load


def _target(new: Sequence[Candidate], part_bytes: int) -> int:
    """Parts small enough that several workers share even a small file."""
    return min(part_bytes, max(1 << 16, sum(each.size for each in new) // 16))


def _interrupted(cursor: Any, wanted: Wanted) -> Load | None:
    """The running load of the same files; any other that nobody works on any more is discarded."""
    cursor.execute(
        "SELECT id, fingerprint, reason FROM variants.load "
        "WHERE dataset = %s AND state = 'running' ORDER BY id",
        (wanted.dataset,),
    )
    found = None
    for load, fingerprint, reason in cursor.fetchall():
        if fingerprint == wanted.fingerprint and found is None and reason is None:
            found = load
        else:
            registry.discard(
                cursor, load, reason or "it was interrupted, and other files were loaded instead"
            )
    if found is None:
        return None
    cursor.execute("UPDATE variants.part SET attempts = 0 WHERE load = %s AND NOT done", (found,))
    return read_load(cursor, found, resumed=True)


def read_load(cursor: Any, load: int, *, resumed: bool = False) -> Load:
    """A registered load."""
    cursor.execute(
        "SELECT l.dataset, g.assembly, l.generation, l.sequence, l.staged, l.strict, l.reference, "
        "l.known_files FROM variants.load l JOIN variants.generation g ON g.id = l.generation "
        "WHERE l.id = %s",
        (load,),
    )
    dataset, assembly, generation, sequence, staged, strict, reference, known = cursor.fetchone()
    cursor.execute("SELECT path, bytes FROM variants.file WHERE load = %s ORDER BY id", (load,))
    files = cursor.fetchall()
    cursor.execute("SELECT count(*) FROM variants.part WHERE load = %s", (load,))
    return Load(
        load,
        dataset,
        assembly,
        generation,
        sequence,
        staged,
        strict,
        Path(reference) if reference else None,
        tuple(path for path, _ in files),
        tuple(known),
        sum(size for _, size in files),
        cursor.fetchone()[0],
        resumed,
    )


def _current(cursor: Any, wanted: Wanted) -> tuple[int, int, int] | None:
    """Generation, sequence and samples of the dataset's release, which the files must fit."""
    cursor.execute(
        "SELECT r.generation, r.sequence, r.samples, g.assembly FROM variants.release r "
        "JOIN variants.generation g ON g.id = r.generation WHERE r.dataset = %s",
        (wanted.dataset,),
    )
    row = cursor.fetchone()
    if row is None:
        return None
    generation, sequence, samples, assembly = row
    if assembly != wanted.assembly:
        raise CannotLoad(
            f"dataset {wanted.dataset} holds {assembly} and is now said to be on {wanted.assembly}: load "
            "with --replace"
        )
    if bool(samples) != bool(wanted.files[0].header.samples):
        there, here = ("has samples", "has none") if samples else ("has no samples", "has some")
        raise CannotLoad(
            f"dataset {wanted.dataset} {there} and {wanted.files[0].path} {here}: load it into a dataset "
            "of its own"
        )
    return generation, sequence, samples


def _known_files(cursor: Any, generation: int) -> dict[str, tuple[int, str]]:
    """Load and path of the files in a generation, by digest."""
    cursor.execute(
        "SELECT f.digest, f.load, f.path FROM variants.file f JOIN variants.load l ON l.id = f.load "
        "WHERE f.generation = %s AND l.state = 'done'",
        (generation,),
    )
    return {digest: (load, path) for digest, load, path in cursor.fetchall()}


def _unchanged(new: Sequence[Candidate], known: Mapping[str, tuple[int, str]]) -> None:
    paths = {path for _, path in known.values()}
    for each in new:
        if str(each.path) in paths:
            raise LoadConflict(
                f"{each.path} was loaded before and has changed since: what it said before cannot be "
                "taken back by itself, load the whole dataset with --replace"
            )


def _nothing(wanted: Wanted, known: Mapping[str, tuple[int, str]], current: tuple[int, int, int]) -> Load:
    load = max(known[each.digest][0] for each in wanted.files)
    return Load(
        load,
        wanted.dataset,
        wanted.assembly,
        current[0],
        current[1],
        True,
        wanted.strict,
        wanted.reference,
        (),
        tuple(str(each.path) for each in wanted.files),
    )


# --- writing it down


def _written(
    cursor: Any,
    wanted: Wanted,
    new: Sequence[Candidate],
    parts: Mapping[str, list[Part]],
    current: tuple[int, int, int] | None,
) -> Load:
    generation, sequence = (current[0], current[1] + 1) if current else (_new_generation(cursor, wanted), 1)
    known = [str(each.path) for each in wanted.files if each not in new]
    cursor.execute(
        "INSERT INTO variants.load (dataset, generation, sequence, state, replacing, staged, strict, "
        "reference, fingerprint, known_files) "
        "VALUES (%s, %s, %s, 'running', %s, %s, %s, %s, %s, %s) RETURNING id",
        (
            wanted.dataset,
            generation,
            sequence,
            wanted.replace,
            current is not None,
            wanted.strict,
            None if wanted.reference is None else str(wanted.reference),
            wanted.fingerprint,
            known,
        ),
    )
    load = cursor.fetchone()[0]
    if current is not None:
        generations.create_alleles(cursor, generations.stage(load))
    for each in new:
        places.add_to(cursor, wanted.assembly, generation, each.contigs)
    ordinals = _samples(cursor, load, generation, new)
    files = [_file(cursor, load, generation, each, ordinals) for each in new]
    stretches = [(file, part) for file, each in zip(files, new, strict=True) for part in parts[each.digest]]
    copy_rows(
        cursor.connection,
        "variants.part",
        ("load", "number", "file", "stretch", "bytes"),
        ((load, number, file, part.as_json(), part.size) for number, (file, part) in enumerate(stretches)),
    )
    return read_load(cursor, load)


def _new_generation(cursor: Any, wanted: Wanted) -> int:
    cursor.execute(
        "INSERT INTO variants.generation (dataset, assembly) VALUES (%s, %s) RETURNING id",
        (wanted.dataset, wanted.assembly),
    )
    generation = int(cursor.fetchone()[0])
    generations.create_generation(cursor, generation)
    return generation


def _samples(cursor: Any, load: int, generation: int, new: Sequence[Candidate]) -> dict[str, int]:
    """The ordinals of all samples by name; those that are new get the numbers after the last.

    Until somebody says otherwise, every sample is of a biosample and a person of its own name. When and by
    what its calls were made is what the first of the files says that names it.
    """
    cursor.execute("SELECT name, ordinal FROM variants.sample WHERE generation = %s", (generation,))
    ordinals: dict[str, int] = dict(cursor.fetchall())
    fresh: dict[str, Header] = {}
    for each in new:
        for name in each.header.samples:
            if name not in ordinals:
                fresh.setdefault(name, each.header)
    numbered = list(enumerate(fresh, start=len(ordinals)))
    copy_rows(
        cursor.connection,
        "variants.sample",
        ("generation", "ordinal", "name", "biosample", "person", "load", "written", "source"),
        (
            (generation, ordinal, name, name, name, load, _iso(fresh[name].written), fresh[name].source)
            for ordinal, name in numbered
        ),
    )
    return ordinals | {name: ordinal for ordinal, name in numbered}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _file(cursor: Any, load: int, generation: int, each: Candidate, ordinals: Mapping[str, int]) -> int:
    columns: npt.NDArray[np.uint32] = np.array([ordinals[name] for name in each.header.samples], np.uint32)
    members = BitMap(columns.tolist())
    panel = panel_id(members) if members else None
    if panel is not None:
        cursor.execute(
            "INSERT INTO variants.panel (generation, id, members) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            (generation, panel, encode_bitmap(members)),
        )
    cursor.execute(
        "INSERT INTO variants.file (load, generation, path, bytes, digest, ordinals, panel) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id",
        (load, generation, str(each.path), each.size, each.digest, columns.astype("<u4").tobytes(), panel),
    )
    return int(cursor.fetchone()[0])

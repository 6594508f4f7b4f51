"""Registering objects of an open site: progress while it lasts, the record of it, and the report in words."""

import gzip
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from drs.registering.bundling import Bundling
from drs.registering.manifest import Loading, Reader
from drs.registering.registrar import Registrar, Report
from drs.registering.verifying import Verified, Verifying
from drs.registering.walking import Extent, Walking
from drs.storage.errors import Missing, Unreachable
from drs.storage.location import Location
from governance.audit.acts import acting
from insitu.exits import Exit, Stop
from insitu.house import House
from insitu.terminal import bar, say, size

REGISTERED = "objects.registered"
VERIFIED = "objects.verified"
THREADS = 8


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of a registration, and the bundle of all of it where one was asked for."""

    report: Report
    extent: Extent | None = None
    bundle: str | None = None

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        skipped = {} if self.extent is None else asdict(self.extent.skipped)
        return {**asdict(self.report), "skipped": skipped, "bundle": self.bundle}


def load_objects(house: House, dataset_id: str, where: str, *, threads: int, bundles: bool) -> Filed:
    """Registers what lies at a path or URL as objects of a dataset.

    Raises:
        DatasetUnknown, Outside: there is no such dataset, or the place is in none of the site's stores.
        Stop: nothing is there, or its store does not answer.
    """
    dataset = house.register.get(dataset_id).id
    place = house.stores.locate(_absolute(where))
    walking = Walking(house.database, house.stores, dataset, threads)
    with _found(), acting(house.trail, REGISTERED, dataset=dataset, details={"place": shown(place)}) as came:
        extent = walking.extent(place)
        with bar(f"Reading {size(extent.bytes)}") as drawn:
            report = walking.run(place, extent, lambda done, total: drawn.update(done, total, size(done)))
        bundle = Bundling(house.database, dataset, report).run(place) if bundles else None
        came.update(_counted(report), bundle=bundle)
    return Filed(report, extent, bundle)


def load_manifest(house: House, dataset_id: str, file: Path, *, threads: int, trusting: bool) -> Filed:
    """Registers what a manifest lists; `-` is standard input, and a name in `.gz` is decompressed.

    Raises:
        DatasetUnknown: there is no such dataset.
    """
    dataset = house.register.get(dataset_id).id
    reader = Reader(house.database, house.stores, dataset, trusting=trusting)
    loading = Loading(reader, Registrar(house.database), threads)
    about = {"manifest": str(file), "trusting": trusting}
    with acting(house.trail, REGISTERED, dataset=dataset, details=about) as came, _opened(file) as raw:
        with bar("Registering") as drawn:
            report = loading.run(raw, lambda lines: drawn.update(lines, 0, f"{lines:,} lines"))
        came.update(_counted(report))
    return Filed(report)


def verify_objects(house: House, dataset_id: str, *, threads: int, reads: bool) -> Verified:
    """Looks whether a dataset's objects are still there and the same, and has DRS say so of what is not.

    Raises:
        DatasetUnknown: there is no such dataset.
    """
    dataset = house.register.get(dataset_id).id
    verifying = Verifying(house.database, house.stores, threads=threads, reads=reads)
    done = 0

    def told(piece: int) -> None:
        nonlocal done
        done += piece
        drawn.update(done, 0, size(done))

    with acting(house.trail, VERIFIED, dataset=dataset, details={"reads": reads}) as came:
        with bar(f"Verifying {dataset}") as drawn:
            found = verifying.run(dataset, told)
        came.update({name: value for name, value in asdict(found).items() if name != "problems"})
    return found


def describe(filed: Filed) -> list[str]:
    """The report in lines."""
    report = filed.report
    lines = [
        f"{report.new:>12,} objects are new",
        f"{report.known:>12,} were registered already",
        f"{report.paired:>12,} indexes belong to files",
        f"{report.refused:>12,} were not registered",
        *(f"{'':>13}{each}" for each in report.problems[:20]),
    ]
    if filed.extent is not None and filed.extent.skipped.total:
        skipped = asdict(filed.extent.skipped)
        told = (
            f"{name} {len(each) if isinstance(each, list) else each}"
            for name, each in skipped.items()
            if each
        )
        lines.append(f"{filed.extent.skipped.total:>12,} were passed over: {', '.join(told)}")
    if filed.bundle is not None:
        lines.append(f"The bundle of all of it is {filed.bundle}")
    return lines


def shown(place: Location) -> str:
    """A place as people and the record see it."""
    return f"{place.store}:{place.key}"


def _counted(report: Report) -> dict[str, Any]:
    return {"new": report.new, "known": report.known, "refused": report.refused, "bytes": report.bytes}


def _absolute(where: str) -> str:
    return where if "://" in where else str(Path(where).absolute())


@contextmanager
def _found() -> Iterator[None]:
    """Says to an operator what callers are not told: which place it is that cannot be read."""
    try:
        yield
    except (Missing, Unreachable) as trouble:
        code = Exit.REFUSED if isinstance(trouble, Missing) else Exit.UNAVAILABLE
        raise Stop(trouble.detail, code) from trouble


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    if str(file) == "-":
        say("Reading the manifest from standard input")
        yield sys.stdin.buffer
    elif file.suffix == ".gz":
        with gzip.open(file, "rb") as raw:
            yield raw  # type: ignore[misc]
    else:
        with file.open("rb") as raw:
            yield raw

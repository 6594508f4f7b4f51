"""Which files, by checksum, became which release of a dataset."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.audit.acts import record_act
from governance.audit.reading import Wanted, newest
from insitu.exits import Exit, Stop

if TYPE_CHECKING:
    from insitu.house import House
    from variants.service import Release, Summary

LOADED = "dataset.loaded"
SAMPLES = "samples.loaded"
GENES = "genes.loaded"
FOUND = "done, by the store: the command did not live to record it"
"""What lineage says of a load that is in force and that the trail does not know as done."""

_ACTS = (LOADED, SAMPLES, "dataset.added", "dataset.removed")


def checksums(files: Iterable[str | Path]) -> list[dict[str, Any]]:
    """Path, length in bytes and SHA-256 of all bytes of each file."""
    return Taken(files).files


class Taken:
    """Checksums of files that are about to be read, and whether they still stand afterwards."""

    def __init__(self, files: Iterable[str | Path]) -> None:
        self._before: dict[str, tuple[int, ...]] = {}
        self.files = [self._checksum(Path(each).absolute()) for each in files]

    @property
    def unchanged(self) -> bool:
        """True where each file is the very one, unwritten, that its checksum was taken of."""
        return all(_state(Path(path)) == before for path, before in self._before.items())

    def _checksum(self, path: Path) -> dict[str, Any]:
        self._before[str(path)] = _state(path)  # before: who writes meanwhile is noticed
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return {"path": str(path), "bytes": file.tell(), "sha256": digest}


def _state(path: Path) -> tuple[int, ...]:
    """What changes when a file is replaced or written; nothing where it is gone."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def lineage(house: "House", dataset: str) -> dict[str, Any]:
    """What the trail and the store know of how a dataset came to be, oldest first.

    `acts` are the rows of the trail about loads; `files` those of the current release, each with the
    checksum that the trail has of it, None where it has none.

    Raises:
        Stop: neither knows of such a dataset.
    """
    rows = newest(house.database, Wanted(kind="act", dataset=dataset), None)
    summary = house.variants.summary(dataset)
    acts = _settled([each for each in rows if each["what"] in _ACTS][::-1], _done(summary))
    if not acts and not summary.files:
        raise Stop(f"neither the trail nor the store knows of a dataset {dataset}", Exit.REFUSED)
    return {
        "dataset": dataset,
        "release": release_of(house.variants.release(dataset)),
        "files": [_known(file, acts) for file in summary.files],
        "acts": [_act(each) for each in acts],
    }


def reconcile(house: "House", dataset: str) -> None:
    """Records of loads that are in force, and of which the trail says no more than that they were begun.

    Their command was killed, or could not record, after the switch.
    """
    rows = list(newest(house.database, Wanted(kind="act", action=LOADED, dataset=dataset), None))[::-1]
    for row in _settled(rows, _done(house.variants.summary(dataset))):
        if row["outcome"] == FOUND:
            about = {**row["details"], "begun": row["sequence"], "afterwards": "not recorded"}
            record_act(house.trail, LOADED, dataset=dataset, details=about)


def _done(summary: "Summary") -> set[int]:
    """The loads that were switched to."""
    return {each["id"] for each in summary.loads if each["state"] == "done"}


def _settled(acts: list[dict[str, Any]], done: set[int]) -> list[dict[str, Any]]:
    """The acts without their beginnings, in order; what became of a load is what the store says."""
    ended = {
        each["details"].get("load") for each in acts if each["what"] == LOADED and each["outcome"] == "done"
    }
    last = {
        each["details"]["load"]: each["sequence"]
        for each in acts
        if each["what"] == LOADED and "load" in each["details"] and "files" in each["details"]
    }
    found = []
    for each in acts:
        load = each["details"].get("load") if each["what"] == LOADED else None
        if load in done and load not in ended:
            if each["sequence"] == last.get(load):
                found.append({**each, "outcome": FOUND})
        elif each["outcome"] != "begun":
            found.append(each)
    return found


def release_of(release: "Release | None") -> dict[str, Any] | None:
    """What names a release, its generation and its number in it, with what it holds; None for none."""
    if release is None:
        return None
    return {
        "generation": release.generation,
        "sequence": release.sequence,
        "samples": release.samples,
        "alleles": release.alleles,
    }


def _known(file: dict[str, Any], acts: list[dict[str, Any]]) -> dict[str, Any]:
    """A file of the release, with the newest checksum that was taken when a file of that name was loaded."""
    path = str(Path(file["path"]).absolute())
    taken = [
        (each["sequence"], one["sha256"])
        for each in acts
        if each["what"] == LOADED
        and each["outcome"] in ("done", FOUND)
        and each["details"].get("unchanged", True)
        for one in each["details"].get("files", ())
        if one["path"] == path and one["bytes"] == file["bytes"]
    ]
    row, sha256 = taken[-1] if taken else (None, None)
    return {"path": path, "bytes": file["bytes"], "samples": file["samples"], "sha256": sha256, "row": row}


def _act(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("sequence", "at", "what", "by", "outcome", "details")}

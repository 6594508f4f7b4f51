"""Which files, by checksum, became which release of a dataset."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.audit.reading import Wanted, newest
from insitu.exits import Exit, Stop

if TYPE_CHECKING:
    from insitu.house import House
    from variants.service import Release

LOADED = "dataset.loaded"
SAMPLES = "samples.loaded"
GENES = "genes.loaded"
_ACTS = (LOADED, SAMPLES, "dataset.added", "dataset.removed")


def checksums(files: Iterable[str | Path]) -> list[dict[str, Any]]:
    """Path, length in bytes and SHA-256 of all bytes of each file."""
    return [_checksum(Path(each)) for each in files]


def _checksum(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"path": str(path.absolute()), "bytes": file.tell(), "sha256": digest}


def unchanged(files: list[dict[str, Any]]) -> bool:
    """True where the files are still as long as when their checksums were taken."""
    return all(Path(each["path"]).stat().st_size == each["bytes"] for each in files)


def lineage(house: "House", dataset: str) -> dict[str, Any]:
    """What the trail and the store know of how a dataset came to be, oldest first.

    `acts` are the rows of the trail about loads; `files` those of the current release, each with the
    checksum that the trail has of it, None where it has none.

    Raises:
        Stop: neither knows of such a dataset.
    """
    rows = newest(house.database, Wanted(kind="act", dataset=dataset), None)
    acts = [each for each in rows if each["what"] in _ACTS and each["outcome"] != "begun"][::-1]
    summary = house.variants.summary(dataset)
    if not acts and not summary.files:
        raise Stop(f"neither the trail nor the store knows of a dataset {dataset}", Exit.REFUSED)
    return {
        "dataset": dataset,
        "release": release_of(house.variants.release(dataset)),
        "files": [_known(file, acts) for file in summary.files],
        "acts": [_act(each) for each in acts],
    }


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
        if each["what"] == LOADED and each["outcome"] == "done"
        for one in each["details"].get("files", ())
        if one["path"] == path and one["bytes"] == file["bytes"]
    ]
    row, sha256 = taken[-1] if taken else (None, None)
    return {"path": path, "bytes": file["bytes"], "samples": file["samples"], "sha256": sha256, "row": row}


def _act(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("sequence", "at", "what", "by", "outcome", "details")}

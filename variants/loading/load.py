"""A load, how far it is, and what became of it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from variants.reading.report import Report


@dataclass(frozen=True, slots=True)
class Load:
    """A load as it was planned. `resumed` continues one that was interrupted.

    `new_files` are to be read; `known_files` are in the dataset already and left alone. Where there are
    no new files there is nothing to do, and `id` is that of the load which brought them.
    """

    id: int
    dataset: str
    assembly: str
    generation: int
    sequence: int
    staged: bool
    strict: bool
    reference: Path | None
    new_files: tuple[str, ...]
    known_files: tuple[str, ...] = ()
    bytes: int = 0
    parts: int = 0
    resumed: bool = False

    @property
    def nothing_to_do(self) -> bool:
        """True where everything that was named is loaded already."""
        return not self.new_files


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a load is. `stage` is reading, merging, indexing or done; rates are over the time of this run.

    `seconds_left` is an estimate for what is left of reading; None while there is nothing to estimate from.
    """

    stage: str
    done_bytes: int
    total_bytes: int
    done_parts: int
    total_parts: int
    records: int
    records_a_second: float = 0.0
    bytes_a_second: float = 0.0
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load read, kept, normalised, skipped and why, and what the dataset holds now.

    `files` gives the report of each file by path, `total` their sum. `alleles` and `samples` are the
    dataset's, `new_alleles` and `new_samples` what this load brought. `merged` counts alleles that came
    more than once, or were there before; `contradictions` the genotypes in which such observations
    differ. `known_files` were loaded before and not read again.
    """

    dataset: str
    load: int
    files: dict[str, Report]
    alleles: int
    new_alleles: int
    samples: int
    new_samples: int
    merged: int = 0
    contradictions: int = 0
    known_files: tuple[str, ...] = ()
    seconds: float = 0.0
    notes: tuple[str, ...] = field(default=())

    @property
    def total(self) -> Report:
        """All files together."""
        return sum(self.files.values(), Report())

    def as_json(self) -> dict[str, Any]:
        """Plain JSON that `from_json` reads back."""
        return {
            "dataset": self.dataset,
            "load": self.load,
            "files": {path: report.as_json() for path, report in self.files.items()},
            "alleles": self.alleles,
            "newAlleles": self.new_alleles,
            "samples": self.samples,
            "newSamples": self.new_samples,
            "merged": self.merged,
            "contradictions": self.contradictions,
            "knownFiles": list(self.known_files),
            "seconds": self.seconds,
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "LoadReport":
        """The report that `as_json` wrote."""
        return cls(
            dataset=data["dataset"],
            load=data["load"],
            files={path: Report.from_json(report) for path, report in data["files"].items()},
            alleles=data["alleles"],
            new_alleles=data["newAlleles"],
            samples=data["samples"],
            new_samples=data["newSamples"],
            merged=data["merged"],
            contradictions=data["contradictions"],
            known_files=tuple(data["knownFiles"]),
            seconds=data["seconds"],
            notes=tuple(data["notes"]),
        )

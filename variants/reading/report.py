"""What became of every record and every allele of a file."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

BAD_LINES_KEPT = 100


@dataclass(frozen=True, slots=True)
class BadLine:
    """A record that could not be read. `line` counts from one: lines of the text, or records of a BCF."""

    file: str
    line: int
    reason: str


@dataclass(slots=True)
class Report:
    """The account of a reading, in which two sums always hold.

    `records == records_kept + sum(records_skipped) + bad_count` (a record is kept when one of its alleles
    is), and `alleles == kept + sum(skipped)` over the alternate alleles of all records that are not bad.

    `normalised` counts the kept alleles that the file spells otherwise than the shortest VCF spelling at
    their place. `notes` counts what was read with a reservation (an END before POS, ...) and is no part of
    the sums. `bad` keeps the first hundred; `bad_count` counts all. `lines` is how many lines (or BCF
    records) of each file the account covers: adding the reports of a file's parts in their order numbers
    the bad lines of the whole file.
    """

    records: int = 0
    records_kept: int = 0
    records_skipped: Counter[str] = field(default_factory=Counter)
    alleles: int = 0
    kept: int = 0
    normalised: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    bad: list[BadLine] = field(default_factory=list)
    bad_count: int = 0
    lines: Counter[str] = field(default_factory=Counter)

    def add_bad(self, file: str, line: int, reason: str) -> None:
        """Counts a bad record, keeping it while there is room."""
        self.bad_count += 1
        if len(self.bad) < BAD_LINES_KEPT:
            self.bad.append(BadLine(file, line, reason))

    def balanced(self) -> bool:
        """True where every record and every allele is accounted for."""
        records = self.records_kept + self.records_skipped.total() + self.bad_count
        return self.records == records and self.alleles == self.kept + self.skipped.total()

    def __add__(self, other: "Report") -> "Report":
        """The account of both, `other` being what follows in the file (or another file)."""
        later = [BadLine(bad.file, bad.line + self.lines[bad.file], bad.reason) for bad in other.bad]
        return Report(
            records=self.records + other.records,
            records_kept=self.records_kept + other.records_kept,
            records_skipped=self.records_skipped + other.records_skipped,
            alleles=self.alleles + other.alleles,
            kept=self.kept + other.kept,
            normalised=self.normalised + other.normalised,
            skipped=self.skipped + other.skipped,
            notes=self.notes + other.notes,
            bad=(self.bad + later)[:BAD_LINES_KEPT],
            bad_count=self.bad_count + other.bad_count,
            lines=self.lines + other.lines,
        )

    def as_json(self) -> dict[str, Any]:
        """Plain JSON that `from_json` reads back."""
        return {
            "records": self.records,
            "recordsKept": self.records_kept,
            "recordsSkipped": dict(self.records_skipped),
            "alleles": self.alleles,
            "kept": self.kept,
            "normalised": self.normalised,
            "skipped": dict(self.skipped),
            "notes": dict(self.notes),
            "bad": [{"file": bad.file, "line": bad.line, "reason": bad.reason} for bad in self.bad],
            "badCount": self.bad_count,
            "lines": dict(self.lines),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The report that `as_json` wrote."""
        return cls(
            records=data["records"],
            records_kept=data["recordsKept"],
            records_skipped=Counter(data["recordsSkipped"]),
            alleles=data["alleles"],
            kept=data["kept"],
            normalised=data["normalised"],
            skipped=Counter(data["skipped"]),
            notes=Counter(data["notes"]),
            bad=[BadLine(**bad) for bad in data["bad"]],
            bad_count=data["badCount"],
            lines=Counter(data["lines"]),
        )

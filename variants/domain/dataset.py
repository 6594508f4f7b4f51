"""What a dataset holds at one moment: its release, its sequences and its samples."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from variants.domain.sexes import Sex


@dataclass(frozen=True, slots=True)
class Place:
    """A sequence of an assembly. `ordinal` makes linear coordinates; `length` is in bases."""

    name: str
    ordinal: int
    length: int | None
    accession: str | None


@dataclass(frozen=True, slots=True)
class Release:
    """What readers of a dataset see: immutable, so anything learnt under one release stays true for it.

    `generation` names the tables, `sequence` the rows of them that count. `samples` are numbered from 0
    without gaps; a dataset without genotypes has none. `places` are the assembly's chromosomes and what else
    the dataset's files speak of, by name. `reach` is the longest stretch of reference, in bases, that an
    allele outside the long-allele index covers; `long_alleles` counts the others. `annotated` says whether
    any allele carries an annotation; `one_sample_each` whether every person has exactly one sample. `people`
    numbers what was said of the samples: whose they are, and those persons' sex. `roll` is the furthest that
    an insertion or deletion is known to roll to the right, in bases (see `rolling`).
    """

    dataset_id: str
    generation: int
    sequence: int
    assembly: str
    samples: int
    alleles: int
    loaded_at: datetime
    places: dict[str, Place] = field(repr=False, hash=False)
    reach: int = 1
    long_alleles: int = 0
    annotated: bool = False
    one_sample_each: bool = True
    people: int = 0
    roll: int = 0

    @property
    def has_samples(self) -> bool:
        """True where the dataset has genotypes, and so people."""
        return self.samples > 0

    def place_at(self, linear: int) -> str:
        """The name of the sequence on which a linear coordinate lies."""
        return next(place.name for place in self.places.values() if place.ordinal == linear >> 32)


@dataclass(frozen=True, slots=True)
class Sample:
    """A sequenced sample: a column of the files, the biosample it was made of, and the person it is of.

    A biosample is of one person, and a person has one sex. `written` is the day (ISO 8601) on which the file
    was written that brought it, `source` what wrote that file: None where its header does not say.
    """

    ordinal: int
    name: str
    biosample: str
    person: str
    sex: Sex = Sex.UNKNOWN
    written: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What the custodian sees of a dataset: counts, files and the loads that brought them, newest first.

    Each of `files` is `{"path", "bytes", "samples", "loaded_at"}`; each of `loads` is
    `{"id", "state", "started", "finished", "report"}`, `report` as `LoadReport.as_json` wrote it.
    """

    dataset_id: str
    release: Release | None
    files: tuple[dict[str, Any], ...] = ()
    loads: tuple[dict[str, Any], ...] = ()

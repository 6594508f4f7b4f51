"""From files to a registered load: everything that can be refused is refused before anything is written."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from governance.datasets import Dataset
from variants.domain.assembly import canonical_assembly
from variants.errors import CannotLoad
from variants.loading.identity import digest_of
from variants.reading.contigs import ContigNames
from variants.reading.header import Header
from variants.reading.reference import Reference
from variants.reading.source import read_header


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that was named for loading."""

    path: Path
    size: int
    digest: str
    header: Header
    contigs: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be loaded, and how."""

    dataset: str
    assembly: str
    files: tuple[Candidate, ...]
    reference: Path | None
    strict: bool
    replace: bool

    @property
    def fingerprint(self) -> str:
        """The same for the same command over the same files: how an interrupted load is found again."""
        parts = [self.assembly, str(self.reference), str(self.strict), str(self.replace)]
        return hashlib.sha256(
            "\n".join([*parts, *sorted(each.digest for each in self.files)]).encode()
        ).hexdigest()


def look_at(
    dataset: Dataset, files: Sequence[Path], *, reference: Path | None, strict: bool, replace: bool
) -> Wanted:
    """Reads the headers and checks that the files fit the dataset and each other.

    Raises:
        CannotLoad: no files, one twice, another assembly, or files with samples beside files without.
        Unreadable, Corrupt: not a VCF or BCF, or damaged.
    """
    assembly = canonical_assembly(dataset.assembly)
    found: dict[str, Candidate] = {}
    for path in files:
        candidate = _candidate(path.resolve(), assembly)
        found.setdefault(candidate.digest, candidate)
    if not found:
        raise CannotLoad("name at least one VCF or BCF file")
    if len({bool(each.header.samples) for each in found.values()}) > 1:
        raise CannotLoad("some of these files have samples and some have none: load them into two datasets")
    if reference is not None:
        Reference(reference, assembly).close()
    reference = None if reference is None else reference.resolve()
    return Wanted(dataset.id, assembly, tuple(found.values()), reference, strict, replace)


def _candidate(path: Path, assembly: str) -> Candidate:
    if not path.is_file():
        raise CannotLoad(f"there is no file {path}")
    header = read_header(path)
    names = ContigNames(header, assembly)
    faults = names.faults()
    if faults:
        raise CannotLoad(f"{path} is not on {assembly}, the dataset's assembly: {'; '.join(faults[:3])}")
    if header.assembly is not None and header.assembly != assembly:
        raise CannotLoad(
            f"{path} is on {header.assembly} and the dataset is on {assembly}: load it into a dataset "
            f"added with --assembly {header.assembly}"
        )
    return Candidate(path, path.stat().st_size, digest_of(path), header, names.declared())

"""Files loaded as datasets of one store, each when first asked for, with the oracle's reading beside it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from database.engine import Database
from variants.domain.dataset import Release
from variants.loading.people import load_people
from variants.service import Variants

from . import brute, files
from .seen import Gene

# Places that the files cover: a gene on each chromosome that has many alleles, and one in the made file.
GENES = (
    Gene("PSMF1", "20", 1_099_238, 1_145_683),
    Gene("SIRPA", "20", 1_874_813, 1_920_543),
    Gene("WASH7P", "1", 14_361, 29_370),
    Gene("AGRN", "1", 955_502, 991_499),
    Gene("XG", "X", 2_670_090, 2_733_821),
    Gene("HERE", "20", 1000, 1050),
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A dataset as the store has it, and as the file has it."""

    variants: Variants
    release: Release
    report: dict[str, Any]
    oracle: brute.Oracle


@dataclass(slots=True)
class Shelf:
    """The datasets by name. `load` registers one that is not there, loads files into it, gives the report."""

    url: str
    database: Database
    variants: Variants
    folder: Path
    load: Callable[[str, str, list[Path]], dict[str, Any]]
    loaded: dict[str, Loaded] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Loaded:
        """The dataset, loaded by now."""
        if name not in self.loaded:
            self.loaded[name] = self._put(name)
        return self.loaded[name]

    def _put(self, name: str) -> Loaded:
        real = next((real for real in files.REAL if real.dataset == name), None)
        path = real.path if real else files.made(name, self.folder)
        report = self.load(name, "GRCh37", [path])
        oracle = replace(brute.read(files.for_pysam(path, self.folder)), genes=GENES)
        if oracle.samples:
            oracle = replace(oracle, sexes=self._tell_sexes(name, oracle.samples))
        release = self.variants.release(name)
        assert release is not None
        return Loaded(self.variants, release, report, oracle)

    def _tell_sexes(self, name: str, samples: list[str]) -> tuple[str, ...]:
        """Sexes made up for the samples, but for the last, of which nothing is said."""
        sexes = ("female", "male", "other", "male", "unknown")
        told = [sexes[number % len(sexes)] for number in range(len(samples) - 1)]
        path = self.folder / f"{name}.tsv"
        lines = (f"{sample}\t{sex}\n" for sample, sex in zip(samples, told, strict=False))
        path.write_text("sample\tsex\n" + "".join(lines))
        if told:
            assert load_people(self.database, name, path).set == len(told)
        return (*told, "unknown")


def genes_bed(folder: Path) -> Path:
    """The genes as a file to load."""
    path = folder / "genes.bed"
    path.write_text("".join(f"{gene.contig}\t{gene.start}\t{gene.end}\t{gene.name}\n" for gene in GENES))
    return path

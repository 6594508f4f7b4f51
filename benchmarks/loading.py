"""Loading into the allele store, indexes included, beside a bare one-thread decode of the same file.

Runs are interleaved, decode then load, file after file, so that a noisy minute touches both sides of a ratio.
"""

import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks import files, site
from benchmarks.files import Measured
from benchmarks.processes import Ran, run
from benchmarks.tables import Cell, table

COLUMNS = (
    *(
        "file",
        "genotypes",
        "MB",
        "bcftools view",
        "decode s",
        "load s",
        "ratio (min)",
        "ratio (median)",
        "M genotypes/s",
    ),
    *("peak MB ours", "peak MB servers"),
)


@dataclass(slots=True)
class _Sides:
    decodes: list[Ran] = field(default_factory=list)
    loads: list[Ran] = field(default_factory=list)


def measure(folder: Path, *, quick: bool, runs: int, workers: int) -> str:
    """The table: three files, `runs` times each."""
    measured = _files(folder, quick=quick)
    sides = {file.name: _Sides() for file in measured}
    for number in range(runs):
        for file in measured:
            print(f"loading: {file.name}, run {number + 1} of {runs}", file=sys.stderr)
            sides[file.name].decodes.append(_decode(file))
            sides[file.name].loads.append(_load(folder, file, workers))
    return table(COLUMNS, [_row(file, sides[file.name]) for file in measured])


def _files(folder: Path, *, quick: bool) -> list[Measured]:
    origin = files.source()
    vcf = files.long_vcf(origin, 10 if quick else 150, folder)
    return [vcf, files.as_bcf(vcf), files.rich_vcf(origin, 500 if quick else 15_000, folder)]


def _decode(file: Measured) -> Ran:
    program = files.bcftools(shutil.which("bcftools"))
    return run([*program, "view", file.decode, str(file.path)], discard=True)


def _load(folder: Path, file: Measured, workers: int) -> Ran:
    """A fresh site each time: its start is part of the command and of the time."""
    home = folder / "site-of-loading"
    shutil.rmtree(home, ignore_errors=True)
    site.add_dataset(home, "measured")
    ran, report = site.load(home, file.path, "measured", workers)
    records = sum(each["records"] for each in report["files"].values())
    if records != file.records:
        raise RuntimeError(f"{file.name}: {records} records loaded of {file.records}")
    shutil.rmtree(home, ignore_errors=True)
    return ran


def _row(file: Measured, sides: _Sides) -> list[Cell]:
    decodes, loads = ([ran.seconds for ran in side] for side in (sides.decodes, sides.loads))
    return [
        file.name,
        file.genotypes,
        file.path.stat().st_size / 1e6,
        file.decode,
        min(decodes),
        min(loads),
        min(loads) / min(decodes),
        median(loads) / median(decodes),
        file.genotypes / min(loads) / 1e6,
        max(ran.own for ran in sides.loads) / 1e6,
        max(ran.servers for ran in sides.loads) / 1e6,
    ]

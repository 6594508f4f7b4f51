"""The memberships as VCFs, loaded into the attacked site."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from sqlalchemy import text

from benchmarks.attack.measure import Note
from benchmarks.attack.memberships import dataset, member
from benchmarks.attack.people import Mask, Pool
from database.embedded import DATABASE
from database.engine import Database
from database.migrations import migrate
from governance.datasets import PROTECTIONS, Tier
from governance.register import DatasetRegister
from insitu.house import ROOMS
from variants.loading.loader import Loader
from variants.service import Variants


def load(
    database: Database, pool: Pool, inside: Mask, presets: Sequence[str], *, folder: Path, note: Note
) -> int:
    """How many alleles all datasets have together, now that they are loaded by a file in `folder`."""
    migrate(database, ROOMS)
    _hasten(database)
    register, path = DatasetRegister(database), folder / "members.vcf"
    for seed, members in enumerate(inside):
        for preset in presets:
            protection = PROTECTIONS[preset]
            made = register.add(dataset(preset, seed), "GRCh37", Tier.BOOLEAN, protection=protection)
            names = [member(preset, seed, int(each)) for each in np.flatnonzero(members)]
            _write(path, pool, names, pool.carries[:, members])
            with Loader(database) as loader:
                loader.run(loader.plan(made, [path]))
        note(f"loaded membership {seed + 1} of {len(inside)}")
    path.unlink()
    return sum(each.alleles for each in Variants(database).releases().values())


def _hasten(database: Database) -> None:
    """Has who connects from now on not wait for the disk: no answer depends on it, and nothing is kept."""
    with database.unit_of_work() as work:
        work.connection.execute(text(f"ALTER DATABASE {DATABASE} SET synchronous_commit = off"))
        work.commit()


def _write(path: Path, pool: Pool, names: Iterable[str], carries: Mask) -> None:
    with path.open("wb") as out:
        out.write(b"##fileformat=VCFv4.3\n##contig=<ID=20,length=63025520,assembly=GRCh37>\n")
        out.write(b'##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n')
        columns = ("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *names)
        out.write("\t".join(columns).encode() + b"\n")
        calls = np.where(carries, b"\t0|1", b"\t0|0")
        for (contig, position, reference, alternate), row in zip(pool.spelled, calls, strict=True):
            place = f"{contig}\t{position}\t.\t{reference}\t{alternate}\t.\t.\t.\tGT"
            out.write(place.encode() + row.tobytes() + b"\n")

"""Makes the demonstration's files, once."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from insitu.demonstration import genealogy, mosaic
from insitu.demonstration.files import Panel, write_genes
from insitu.demonstration.genes import Gene, lay_genes, random_sequence
from insitu.demonstration.people import People, Planted, measure, plant, populate
from insitu.demonstration.plan import ASSEMBLY, DATASETS, REGIONS, SEED, VERSION, Region
from insitu.demonstration.variation import Mutator, Record

TRUTH = "planted.json"
GENES = "genes.bed"
_MUTATION = 2.5e-4  # per base and 2N generations: 2 x 10,000 x 1.25e-8
_RECOMBINATION = 5e-5  # of the founders' own history; most mixing is the mosaic's
_AGAIN = 0.015  # of the young mutations fall where another one did

Progress = Callable[[str, int, int], None]


def make(folder: Path, on_progress: Progress, regions: tuple[Region, ...] = REGIONS) -> None:
    """Fills `folder` with VCFs, genes and the planted truth; does nothing where this version's are there.

    The files appear together: they are made beside `folder` and moved. `on_progress` is told what is being
    made, how many steps are done, and of how many.
    """
    if made(folder):
        return
    draft = folder.with_name(folder.name + ".draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    _fill(draft, on_progress, regions)
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)


def made(folder: Path) -> bool:
    """True where the files of this version of the generator are in `folder`."""
    try:
        found = json.loads((folder / TRUTH).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    return bool(found["version"] == VERSION)


def files_of(folder: Path, dataset_id: str) -> list[Path]:
    """The VCFs of a dataset, one for each region."""
    return [folder / _file_name(dataset_id, region) for region in REGIONS]


def _file_name(dataset_id: str, region: Region) -> str:
    return f"{dataset_id}.chr{region.chromosome}.vcf.gz"


def _fill(folder: Path, on_progress: Progress, regions: tuple[Region, ...]) -> None:
    rng = np.random.default_rng(SEED)
    people = populate(DATASETS, rng)
    steps, done = len(regions) * (1 + len(DATASETS)), 0
    planted: list[Planted] = []
    deletion: dict[str, Any] = {}
    counts: dict[str, int] = dict.fromkeys((each.id for each in DATASETS), 0)
    for number, region in enumerate(regions):
        on_progress(f"chromosome {region.chromosome}: founders and mosaics", done, steps)
        genes, records = _region(region, people, 1 + 100 * number, rng)
        write_genes(folder / GENES, region, genes)
        if number == 0:
            planted = plant(people, region.chromosome, region.start, records, rng)
            deletion = _long_deletion(region, people, records)
        for at, dataset in enumerate(DATASETS):
            done += 1
            on_progress(f"chromosome {region.chromosome}: {dataset.id}", done, steps)
            panel = Panel(region, people, at, phased=dataset.phased, rng=rng)
            counts[dataset.id] += panel.write(folder / _file_name(dataset.id, region), records)
        done += 1
    on_progress("traits", done, steps)
    truth = _truth(people, planted, counts, rng) | {"longDeletion": deletion}
    (folder / TRUTH).write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")


def _region(
    region: Region, people: People, first: int, rng: np.random.Generator
) -> tuple[list[Gene], list[Record]]:
    """The genes of a region, and the records of everybody's haplotypes there, by place."""
    sequence = random_sequence(region.length, rng)
    genes = lay_genes(sequence, list(region.genes), first, rng)
    origin = people.population[people.haplotypes(region.chromosome)]
    founders = genealogy.found(
        region.founders, region.length, mutation=_MUTATION, recombination=_RECOMBINATION, rng=rng
    )
    morgans = mosaic.recombination_map(region.length, rng)
    haplotypes = mosaic.descend(region.founders, origin, region.length, morgans, rng)
    old = mosaic.inherit(founders, haplotypes)
    places = rng.integers(region.length, size=region.young)
    again = rng.random(region.young) < _AGAIN
    places[again] = rng.choice(founders.positions, size=int(again.sum()))
    new = mosaic.young(places, haplotypes, origin, rng)
    mutator = Mutator(sequence, genes, rng)
    positions, carried = np.concatenate([founders.positions, places]), np.concatenate([old, new])
    records = mutator.short(positions, carried)
    records += mutator.structural(region.structural, positions, carried)
    return genes, sorted(records, key=lambda each: each.place)


def _long_deletion(region: Region, people: People, records: list[Record]) -> dict[str, Any]:
    """Where the longest deletion lies that people of the most datasets carry (1-based, as in the VCF)."""
    dataset = people.dataset[people.haplotypes(region.chromosome)]
    deletions = [each for each in records if each.alts == ["<DEL>"]]
    shown = max(deletions, key=lambda each: (len(np.unique(dataset[each.codes > 0])), each.span or 0))
    return {
        "chromosome": region.chromosome,
        "position": region.start + shown.place + 1,
        "length": shown.span,
    }


def _truth(
    people: People, planted: list[Planted], counts: dict[str, int], rng: np.random.Generator
) -> dict[str, Any]:
    """What was planted, to be found again later: effects, people, and what each dataset holds."""
    persons = measure(people, planted, rng)
    ids = [each.id for each in DATASETS]
    return {
        "version": VERSION, "seed": SEED, "assembly": ASSEMBLY,
        "about": "Made-up people on a made-up sequence: positions are GRCh38's, bases and genes are not.",
        "records": counts,
        "planted": [each.told() for each in planted],
        "people": [
            {"dataset": ids[people.dataset[at]], **person} for at, person in enumerate(persons)
        ],
    }  # fmt: skip

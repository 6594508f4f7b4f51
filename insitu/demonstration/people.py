"""The made-up people: population, sex, haplotypes, and the traits that some of their alleles move."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from insitu.demonstration.mosaic import Ints
from insitu.demonstration.plan import POPULATIONS, SHARES, TRAITS, DemoDataset, Trait
from insitu.demonstration.variation import Record

_WELL_CARRIED = (0.08, 0.4)  # frequencies at which an effect can be found among a few hundred people


@dataclass(frozen=True, slots=True)
class People:
    """Everybody of every dataset, in order; `dataset` and `population` are the indexes of theirs."""

    names: list[str]
    dataset: Ints
    population: Ints
    male: npt.NDArray[np.bool_]

    def haplotypes(self, chromosome: str) -> Ints:
        """The person of each haplotype, in order; men have one X, everybody else two of each."""
        copies = np.where(self.male & (chromosome == "X"), 1, 2)
        return np.repeat(np.arange(len(self.names)), copies)


def populate(datasets: tuple[DemoDataset, ...], rng: np.random.Generator) -> People:
    """As many people as the datasets ask for, named by number."""
    count = sum(each.people for each in datasets)
    return People(
        [f"DEMO{number:04d}" for number in range(1, count + 1)],
        np.repeat(np.arange(len(datasets)), [each.people for each in datasets]),
        rng.choice(len(POPULATIONS), size=count, p=SHARES),
        rng.random(count) < 0.5,
    )


@dataclass(frozen=True, slots=True)
class Planted:
    """An allele that moves a trait by `effect` for each copy. `place` is 0-based on the chromosome."""

    trait: Trait
    effect: float
    chromosome: str
    place: int
    record: Record
    copies: Ints

    def told(self) -> dict[str, Any]:
        """As the truth file names it (1-based, as in the VCF)."""
        gene = self.record.effects[0]
        return {
            "trait": self.trait.name, "unit": self.trait.unit, "effectPerCopy": self.effect,
            "chromosome": self.chromosome, "position": self.place + 1, "ref": self.record.ref,
            "alt": self.record.alts[0], "gene": gene.gene.name if gene else None,
        }  # fmt: skip


def plant(
    people: People, chromosome: str, start: int, records: list[Record], rng: np.random.Generator
) -> list[Planted]:
    """Gives each effect of each trait an allele of its own: common, of a single base, and inside a gene."""
    fit = [each for each in records if _can_carry(each)]
    effects = [(trait, effect) for trait in TRAITS for effect in trait.effects]
    chosen = rng.choice(len(fit), size=len(effects), replace=False)
    owner = people.haplotypes(chromosome)
    return [
        Planted(trait, effect, chromosome, start + fit[at].place, fit[at],
                np.bincount(owner, weights=fit[at].codes, minlength=len(people.names)).astype(np.int64))
        for (trait, effect), at in zip(effects, chosen, strict=True)
    ]  # fmt: skip


def _can_carry(record: Record) -> bool:
    frequency = record.codes.mean()
    return (
        len(record.alts) == len(record.ref) == len(record.alts[0]) == 1
        and record.effects[0] is not None
        and _WELL_CARRIED[0] < frequency < _WELL_CARRIED[1]
    )


def measure(people: People, planted: list[Planted], rng: np.random.Generator) -> list[dict[str, Any]]:
    """Each person's sex, population and traits: the mean of their sex, the planted effects, and noise."""
    values = {}
    for trait in TRAITS:
        base = np.where(people.male, trait.mean["male"], trait.mean["female"])
        moved = sum(each.effect * each.copies for each in planted if each.trait is trait)
        values[trait.name] = np.round(base + moved + rng.normal(0, trait.noise, len(people.names)), 2)
    return [
        {
            "person": name, "sex": "male" if people.male[at] else "female",
            "population": POPULATIONS[people.population[at]],
            "traits": {trait: float(value[at]) for trait, value in values.items()},
        }
        for at, name in enumerate(people.names)
    ]  # fmt: skip

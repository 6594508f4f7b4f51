"""The people of the experiment: 503 of 1000 Genomes where they are at hand, made-up ones where not."""

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

MEMBERS = 300
FILES = ("chr20_1-4Mb_siteA_300x24990.vcf.gz", "chr20_1-4Mb_siteB_203x24990.vcf.gz")
_PEOPLE, _ALLELES = 503, 25_000

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pool:
    """Everybody the attacker thinks of: `carries[allele, person]`, and how each allele is asked for.

    `spelled` are chromosome, 1-based position, reference and alternate bases, in order of position.
    """

    source: str
    carries: Mask
    spelled: tuple[tuple[str, int, str, str], ...]

    @property
    def people(self) -> int:
        """How many."""
        return int(self.carries.shape[1])

    def frequencies(self) -> Numbers:
        """How many of the pool carry each allele."""
        found: Numbers = self.carries.sum(1)
        return found


def pool(folder: Path) -> Pool:
    """The real people where the folder holds them, else made-up ones."""
    paths = [folder / name for name in FILES]
    return _real(paths) if all(path.is_file() for path in paths) else _made_up()


def splits(people: int, seeds: range) -> Mask:
    """Who is a member, `[split, person]`: at random, for sites of two populations would be told apart."""
    inside = np.zeros((len(seeds), people), np.bool_)
    for row, seed in enumerate(seeds):
        inside[row, np.random.default_rng([0, seed]).permutation(people)[:MEMBERS]] = True
    return inside


def _real(paths: list[Path]) -> Pool:
    read = [_read(path) for path in paths]
    spelled = read[0][0]
    if any(other != spelled for other, _ in read):
        raise ValueError(f"{' and '.join(map(str, paths))} do not hold the same alleles")
    carries = np.concatenate([calls for _, calls in read], 1)
    return Pool("1000 Genomes, chromosome 20, 1 to 4 Mb", carries, spelled)


def _read(path: Path) -> tuple[tuple[tuple[str, int, str, str], ...], Mask]:
    spelled, calls = [], []
    with gzip.open(path, "rt") as lines:
        for line in lines:
            if line.startswith("#"):
                continue
            fields = line.rstrip("\n").split("\t")
            spelled.append((fields[0], int(fields[1]), fields[3], fields[4]))
            calls.append(["1" in each.partition(":")[0] for each in fields[9:]])
    return tuple(spelled), np.array(calls)


def _made_up() -> Pool:
    """People whose alleles lie on shared pieces, most of them rare, as people's do."""
    random = np.random.default_rng(20)
    carries = np.zeros((_ALLELES, _PEOPLE), np.bool_)
    sizes = np.arange(1, _PEOPLE)
    numbers = random.choice(sizes, _ALLELES, p=(1 / sizes) / (1 / sizes).sum())
    for allele, number in enumerate(numbers):
        if allele % 4 and number <= carries[allele - 1].sum() < 2 * number:
            carries[allele, random.permutation(np.flatnonzero(carries[allele - 1]))[:number]] = True
        else:
            carries[allele, random.permutation(_PEOPLE)[:number]] = True
    spelled = tuple(("20", 1_000_000 + 100 * allele, "A", "T") for allele in range(_ALLELES))
    return Pool("made-up people (the real ones are not at hand)", carries, spelled)

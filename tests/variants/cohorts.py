"""Small random cohorts: their VCF in any cut, and what any cut must come to."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

HEADER = "##fileformat=VCFv4.3\n##contig=<ID=20,length=63025520>\n##contig=<ID=21,length=48129895>\n"
CALLS = ("0/0", "0/0", "0/0", "0/1", "1/0", "1/1", "./.", "./1", "0/.", "0", "1")


@dataclass(frozen=True)
class Site:
    """A biallelic record: its line without samples, and each sample's call."""

    contig: str
    position: int
    ref: str
    alt: str
    calls: tuple[str, ...]

    def line(self, columns: Iterable[int]) -> str:
        """The record with these samples."""
        fixed = [self.contig, str(self.position), ".", self.ref, self.alt, "50", "PASS", ".", "GT"]
        return "\t".join([*fixed, *(self.calls[column] for column in columns)]) + "\n"


@dataclass(frozen=True)
class Cohort:
    """Samples `S0`, `S1`, ... and their sites, in order of place."""

    samples: int
    sites: tuple[Site, ...]

    def write(self, path: Path, sites: Sequence[Site], columns: Sequence[int]) -> Path:
        """A VCF of some sites and some samples."""
        names = "".join(f"\tS{column}" for column in columns)
        fixed = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
        format_ = "\tFORMAT" if columns else ""
        path.write_text(
            HEADER + fixed + format_ + names + "\n" + "".join(site.line(columns) for site in sites)
        )
        return path


def cohort(seed: int, samples: int = 9, sites: int = 60) -> Cohort:
    """The same for the same seed. Places lie so close that alleles share them."""
    rng = random.Random(seed)
    found: dict[tuple[str, int, str, str], Site] = {}
    for _ in range(sites):
        contig, position = rng.choice(["20", "21"]), 1000 + rng.randrange(40) * rng.choice((1, 1000))
        ref = rng.choice(("A", "AC", "ACG"))
        alt = rng.choice(("T", "G", "A", "AT", "<DEL>"))
        if ref == alt or (alt == "<DEL>" and ref != "A"):  # one symbolic allele, whatever the padding
            continue
        calls = tuple(rng.choice(CALLS) for _ in range(samples))
        found[contig, position, ref, alt] = Site(contig, position, ref, alt, calls)
    return Cohort(samples, tuple(found[key] for key in sorted(found)))

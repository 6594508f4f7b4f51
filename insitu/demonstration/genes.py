"""Made-up genes: a reference sequence that codes for them, and what an allele does to the protein."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

BASES = "ACGT"
_COMPLEMENT = str.maketrans(BASES, "TGCA")
# The amino acid of each codon, in the order AAA, AAC, AAG ... TTT.
_AMINO = "KNKNTTTTRSRSIIMIQHQHPPPPRRRRLLLLEDEDAAAAGGGGVVVV*Y*YSSSS*CWCLFLF"
_CODONS = [a + b + c for a in BASES for b in BASES for c in BASES]
CODE = dict(zip(_CODONS, _AMINO, strict=True))
_THREE = {
    "A": "Ala", "R": "Arg", "N": "Asn", "D": "Asp", "C": "Cys", "Q": "Gln", "E": "Glu", "G": "Gly",
    "H": "His", "I": "Ile", "L": "Leu", "K": "Lys", "M": "Met", "F": "Phe", "P": "Pro", "S": "Ser",
    "T": "Thr", "W": "Trp", "Y": "Tyr", "V": "Val", "*": "*",
}  # fmt: skip
_GC = 0.41
_IMPACT = {
    "stop_gained": "HIGH", "stop_lost": "HIGH", "start_lost": "HIGH", "frameshift_variant": "HIGH",
    "splice_donor_variant": "HIGH", "splice_acceptor_variant": "HIGH", "missense_variant": "MODERATE",
    "inframe_deletion": "MODERATE", "inframe_insertion": "MODERATE", "synonymous_variant": "LOW",
    "intron_variant": "MODIFIER",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gene:
    """A gene of one transcript, coding from its first exon's start to its last one's end.

    Coordinates are 0-based half-open in the window; `exons` are in the order of the chromosome, `coding`
    holds the position of each coding base in the order of the protein.
    """

    name: str
    number: int
    forward: bool
    exons: tuple[tuple[int, int], ...]
    coding: tuple[int, ...]
    place: dict[int, int] = field(repr=False)

    @property
    def start(self) -> int:
        """Where the gene starts in the window."""
        return self.exons[0][0]

    @property
    def end(self) -> int:
        """Where it ends, exclusive."""
        return self.exons[-1][1]


@dataclass(frozen=True, slots=True)
class Effect:
    """What an allele does in a gene: a Sequence Ontology name, and HGVS where the allele is a single base."""

    gene: Gene
    consequence: str
    coding: str = ""
    protein: str = ""

    @property
    def severe(self) -> bool:
        """True for what selection would keep rare."""
        return _IMPACT[self.consequence] in {"HIGH", "MODERATE"}

    def ann(self, alt: str) -> str:
        """One entry of the ANN field (Variant annotations in VCF format 1.0)."""
        gene = self.gene
        return "|".join(
            (alt, self.consequence, _IMPACT[self.consequence], gene.name, f"DEMG{gene.number:05d}",
             "transcript", f"DEMT{gene.number:05d}.1", "protein_coding", "", self.coding, self.protein,
             "", "", "", "", "")
        )  # fmt: skip


def random_sequence(length: int, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Bases as ASCII, with the human share of G and C."""
    odds = [(1 - _GC) / 2, _GC / 2, _GC / 2, (1 - _GC) / 2]
    return rng.choice(np.frombuffer(BASES.encode(), np.uint8), size=length, p=odds)


def lay_genes(
    sequence: npt.NDArray[np.uint8], names: list[str], first: int, rng: np.random.Generator
) -> list[Gene]:
    """Genes spread over the window, their coding sequence written into `sequence`."""
    room = len(sequence) // (len(names) + 1)
    genes = []
    for each, name in enumerate(names):
        start = room * (each + 1) - room // 3 + int(rng.integers(room // 4))
        gene = _gene(name, first + each, start, forward=bool(rng.random() < 0.5), rng=rng)
        _write(sequence, gene, rng)
        genes.append(gene)
    return genes


def _gene(name: str, number: int, start: int, *, forward: bool, rng: np.random.Generator) -> Gene:
    exons = []
    for size in rng.integers(20, 80, size=int(rng.integers(4, 10))) * 3:
        exons.append((start, start + int(size)))
        start += int(size) + int(rng.integers(400, 5000))
    places = [place for low, high in exons for place in range(low, high)]
    coding = tuple(places if forward else reversed(places))
    return Gene(name, number, forward, tuple(exons), coding, {place: at for at, place in enumerate(coding)})


def _write(sequence: npt.NDArray[np.uint8], gene: Gene, rng: np.random.Generator) -> None:
    """Writes a random protein's codons, from ATG to TAA, over the gene's exons."""
    sense = [codon for codon in _CODONS if CODE[codon] != "*"]
    inner = rng.choice(sense, size=len(gene.coding) // 3 - 2)
    text = "ATG" + "".join(inner) + "TAA"
    stranded = text if gene.forward else text.translate(_COMPLEMENT)
    sequence[list(gene.coding)] = np.frombuffer(stranded.encode(), np.uint8)


def effect_of(
    sequence: npt.NDArray[np.uint8], genes: list[Gene], start: int, ref: str, alt: str
) -> Effect | None:
    """What replacing `ref` at `start` (trimmed: no base common to both ends) does; None outside genes."""
    gene = next((each for each in genes if each.start <= start < each.end), None)
    if gene is None:
        return None
    inside = [place in gene.place for place in range(start, start + max(1, len(ref)))]
    if len(ref) == len(alt) == 1:
        if inside[0]:
            return _substitution(sequence, gene, start, alt)
        return Effect(gene, _intronic(gene, start))
    if not any(inside):
        return Effect(gene, "intron_variant")
    if (len(ref) - len(alt)) % 3 or not all(inside):
        return Effect(gene, "frameshift_variant")
    return Effect(gene, "inframe_deletion" if ref else "inframe_insertion")


def _intronic(gene: Gene, place: int) -> str:
    for low, high in gene.exons:
        if place in (high, high + 1):
            return "splice_donor_variant" if gene.forward else "splice_acceptor_variant"
        if place in (low - 2, low - 1):
            return "splice_acceptor_variant" if gene.forward else "splice_donor_variant"
    return "intron_variant"


def _substitution(sequence: npt.NDArray[np.uint8], gene: Gene, place: int, alt: str) -> Effect:
    """The codon that changes, read on the gene's own strand."""
    at = gene.place[place]
    codon = gene.coding[at - at % 3 : at - at % 3 + 3]
    old = sequence[list(codon)].tobytes().decode()
    if not gene.forward:
        old, alt = old.translate(_COMPLEMENT), alt.translate(_COMPLEMENT)
    new = old[: at % 3] + alt + old[at % 3 + 1 :]
    before, after, number = CODE[old], CODE[new], at // 3 + 1
    coding = f"c.{at + 1}{old[at % 3]}>{alt}"
    if number == 1:
        return Effect(gene, "start_lost", coding, "p.Met1?")
    if before == after:
        return Effect(gene, "synonymous_variant", coding, f"p.{_THREE[before]}{number}=")
    if before == "*":
        return Effect(gene, "stop_lost", coding, f"p.Ter{number}{_THREE[after]}ext*?")
    kind = "stop_gained" if after == "*" else "missense_variant"
    return Effect(gene, kind, coding, f"p.{_THREE[before]}{number}{_THREE[after]}")

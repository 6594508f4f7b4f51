"""What ANN and CSQ say of one allele, read a second time."""

import re
from dataclasses import dataclass, fields

ONE_LETTER = {
    "Ala": "A",
    "Arg": "R",
    "Asn": "N",
    "Asp": "D",
    "Cys": "C",
    "Gln": "Q",
    "Glu": "E",
    "Gly": "G",
    "His": "H",
    "Ile": "I",
    "Leu": "L",
    "Lys": "K",
    "Met": "M",
    "Phe": "F",
    "Pro": "P",
    "Ser": "S",
    "Thr": "T",
    "Trp": "W",
    "Tyr": "Y",
    "Val": "V",
    "Sec": "U",
    "Ter": "*",
}


# What VEP writes for the allele of a record with SVTYPE.
_STRUCTURAL = frozenset({"deletion", "insertion", "duplication", "inversion", "tandem_duplication"})


@dataclass(frozen=True, slots=True)
class Annotated:
    """Everything said of one allele over all transcripts."""

    genes: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    hgvs: frozenset[str] = frozenset()
    consequences: frozenset[str] = frozenset()

    def joined(self, other: "Annotated") -> "Annotated":
        """Both together."""
        return Annotated(*(getattr(self, each.name) | getattr(other, each.name) for each in fields(self)))


def annotations(
    info: dict[str, str], formats: dict[str, list[str]], ref: str, alts: list[str], alt: str
) -> Annotated:
    """The two annotators' words about `alt`, joined."""
    found = Annotated()
    for entry in _entries(info.get("ANN")):
        if entry[0] == alt:
            found = found.joined(_ann(entry))
    for entry in _entries(info.get("CSQ")):
        if _is_about(entry[0], ref, alts, alt):
            found = found.joined(_csq(dict(zip(formats["CSQ"], entry, strict=False))))
    return found


def _entries(value: str | None) -> list[list[str]]:
    return [entry.split("|") for entry in value.split(",")] if value else []


def _is_about(name: str, ref: str, alts: list[str], alt: str) -> bool:
    """VEP drops the first base that all alleles share where their lengths differ; `-` is nothing left."""
    if len(alts) == 1 and name in _STRUCTURAL:
        return True
    plain = [each for each in alts if not each.startswith("<")]
    if len({len(ref), *map(len, plain)}) > 1 and all(each[:1] == ref[:1] for each in plain):
        return name == (alt[1:] or "-")
    return name == alt or alt.startswith("<")


def _ann(entry: list[str]) -> Annotated:
    cells = [cell.strip() for cell in entry] + [""] * 16
    transcript = cells[6] if cells[5] == "transcript" else ""
    genes = [] if cells[5] == "intergenic_region" else cells[3:5]
    return _annotated(genes, cells[1], [cells[9], cells[10]], transcript)


def _csq(entry: dict[str, str]) -> Annotated:
    spelt = [entry.get("HGVSc", ""), entry.get("HGVSp", "").replace("%3D", "=")]
    names = [entry.get("SYMBOL", ""), entry.get("Gene", "")]
    return _annotated(names, entry.get("Consequence", ""), spelt, "")


def _annotated(genes: list[str], consequences: str, spelt: list[str], transcript: str) -> Annotated:
    hgvs = set()
    for text in filter(None, spelt):
        hgvs |= {text, text.split(":")[-1]}
        if transcript and ":" not in text and not text.startswith("p."):
            hgvs.add(f"{transcript}:{text}")
    changes = {change for text in hgvs if (change := _one_letter(text))}
    return Annotated(
        frozenset(filter(None, genes)),
        frozenset(changes),
        frozenset(hgvs),
        frozenset(filter(None, consequences.split("&"))),
    )


def _one_letter(text: str) -> str | None:
    """`p.Val600Glu` as `V600E`, `p.Ala7_Ser9del` as `A7_S9del`; None for what changes no residue."""
    if not text.startswith("p.") or text.endswith(("=", "?")):
        return None
    return re.sub("[A-Z][a-z]{2}", lambda found: ONE_LETTER[found[0]], text.removeprefix("p."))

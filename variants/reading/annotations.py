"""What ANN (SnpEff and others) and CSQ (VEP) say of each allele of a record."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from variants.domain.allele import Annotation
from variants.domain.normal import trim
from variants.domain.protein import amino_acid_change
from variants.reading.header import Definition

NOTHING = Annotation()
_Entry = Mapping[str, str]
_LONGEST = 500  # characters of a word that an index takes, and anybody asks for
_ANN = "Allele|Annotation|Impact|Gene_Name|Gene_ID|Feature_Type|Feature_ID|BioType|Rank|HGVS.c|HGVS.p"
_SYMBOLIC = {  # VEP's words for structural alleles
    "deletion": "DEL",
    "insertion": "INS",
    "duplication": "DUP",
    "tandem_duplication": "DUP",
    "inversion": "INV",
    "copy_number_variation": "CN",
    "mobile_element_insertion": "INS",
    "mobile_element_deletion": "DEL",
    "breakpoint_variant": "BND",
}


@dataclass(slots=True)
class _Found:
    genes: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    hgvs: set[str] = field(default_factory=set)
    consequences: set[str] = field(default_factory=set)

    def annotation(self) -> Annotation:
        return Annotation(
            tuple(sorted(self.genes)),
            tuple(sorted(self.changes)),
            tuple(sorted(self.hgvs)),
            tuple(sorted(self.consequences)),
        )

    def leave_out_long(self) -> int:
        """Drops what is too long to be looked for, as the expression of a long insertion; gives how much."""
        before = after = 0
        for words in (self.genes, self.changes, self.hgvs, self.consequences):
            before += len(words)
            words.difference_update([word for word in words if len(word) > _LONGEST])
            after += len(words)
        return before - after


class Annotations:
    """Reads the annotations of records, knowing which INFO keys hold them and the order of CSQ's fields.

    `left_out` counts the words that were too long to be looked for (more than 500 characters), `unmatched`
    the records whose annotations are about none of their alleles.
    """

    def __init__(self, info: Mapping[str, Definition]) -> None:
        self._csq = {
            key: fields
            for key in ("CSQ", "vep", "ANN")
            if key in info and (fields := _format(info[key].description)) is not None
        }
        self._ann = "ANN" not in self._csq
        self.left_out = self.unmatched = 0
        self.keys = frozenset(self._csq) | ({"ANN"} if self._ann else frozenset())

    def read(self, info: Mapping[str, str], ref: str, alts: Sequence[str]) -> list[Annotation]:
        """One annotation for each alternate allele, in order. `ref` and `alts` as the file spells them."""
        found = [_Found() for _ in alts]
        if self._ann and "ANN" in info:
            taken = [_take_ann(entry.split("|"), alts, found) for entry in info["ANN"].split(",")]
            self.unmatched += not any(taken)
        for key, fields in self._csq.items():
            if key in info:
                entries = [_entry(fields, text) for text in info[key].split(",")]
                names = _vep_names(ref, alts)
                if len(alts) == 1:
                    for entry in self._of_the_only(entries, names[0]):
                        _add_csq(entry, found[0])
                else:
                    for entry in entries:
                        _take_csq(entry, names, found)
        self.left_out += sum(each.leave_out_long() for each in found)
        return [each.annotation() for each in found]


    def _of_the_only(self, entries: list[_Entry], names: set[str]) -> list[_Entry]:
        """The entries about a record's only alternate allele.

        Records that were split after they were annotated hold those of their former neighbours, too, under
        numbers that count no more. Where no entry names the allele, but all are about one, it is this one.
        """
        named = [entry for entry in entries if _spelled(entry.get("Allele", "")) in names]
        if named:
            return named
        if len({(entry.get("Allele"), entry.get("ALLELE_NUM")) for entry in entries}) == 1:
            return entries
        self.unmatched += 1
        return []


def _format(description: str) -> list[str] | None:
    """CSQ's field names from `... Format: Allele|Consequence|...`; None where there is no such list."""
    _, said, names = description.partition("Format:")
    fields = [name.strip(" '\"") for name in names.split("|")]
    return fields if said and len(fields) > 1 else None


def _take_ann(cells: list[str], alts: Sequence[str], found: list[_Found]) -> bool:
    """Takes an entry; False where it is about none of the alleles."""
    cells = [cell.strip() for cell in cells] + [""] * 16
    # Compound and somatic annotations name their allele `G-1:12_A>T` or `G-C`: the first word counts.
    allele = cells[0] if cells[0] in alts else _spelled(cells[0].partition("-")[0])
    for at, alt in enumerate(alts):
        if alt == allele:
            consequences, transcript = cells[1].split("&"), cells[6] if cells[5] == "transcript" else ""
            genes = [] if "intergenic_region" in consequences else cells[3:5]
            spelled = (_with_transcript(transcript, cells[9]), cells[10])
            _add(found[at], genes, consequences, spelled, None)
    return allele in alts


def _entry(fields: Sequence[str], text: str) -> _Entry:
    return dict(zip(fields, text.split("|"), strict=False))


def _spelled(allele: str) -> str:
    """An allele as records give theirs: bases in upper case."""
    return allele if allele.strip("acgtnACGTN") else allele.upper()


def _with_transcript(transcript: str, expression: str) -> str:
    return f"{transcript}:{expression}" if transcript and expression and ":" not in expression else expression


def _take_csq(entry: _Entry, names: list[set[str]], found: list[_Found]) -> None:
    number, allele = entry.get("ALLELE_NUM", ""), _spelled(entry.get("Allele", ""))
    for at, known in enumerate(names):
        if number == str(at + 1) if number.isdecimal() else allele in known:
            _add_csq(entry, found[at])


def _add_csq(entry: _Entry, found: _Found) -> None:
    genes = [entry.get("SYMBOL", ""), entry.get("Gene", "")]
    change = _change(entry.get("Amino_acids", ""), entry.get("Protein_position", ""))
    spelled = (entry.get("HGVSc", ""), entry.get("HGVSp", ""))
    _add(found, genes, entry.get("Consequence", "").split("&"), spelled, change)


def _add(
    found: _Found,
    genes: Sequence[str],
    consequences: Sequence[str],
    spelled: tuple[str, str],
    change: str | None,
) -> None:
    """Adds one transcript's words. `spelled` are the coding (or n.) and the protein expression, or empty."""
    found.genes.update(gene for gene in genes if gene)
    found.consequences.update(name for name in consequences if name)
    coding, protein = spelled[0], unquote(spelled[1])
    for expression in (coding, protein):
        if expression:
            found.hgvs.update((expression, expression.rpartition(":")[2]))
    change = amino_acid_change(protein) or change
    if change:
        found.changes.add(change)


def _change(residues: str, position: str) -> str | None:
    """`V/E` at `600` (or `600/766`) as `V600E`; None for anything longer."""
    place = position.partition("/")[0]
    if not re.fullmatch(r"[A-Z*]/[A-Z*]", residues) or not place.isdecimal():
        return None
    return residues[0] + place + residues[2]


def _vep_names(ref: str, alts: Sequence[str]) -> list[set[str]]:
    """How VEP may call each allele.

    Without its first base where all alleles share it and their lengths differ; or trimmed (`--minimal`);
    `-` is nothing.
    """
    spelled = [alt for alt in alts if alt[:1].isalpha()]
    differ = len({len(ref), *map(len, spelled)}) > 1
    shared = differ and all(alt[:1].upper() == ref[:1].upper() for alt in spelled)
    names = [_names(ref, alt, shared=shared) for alt in alts]
    if len(alts) == 1:
        names[0].add(alts[0])  # how it was called where it stood beside others
    return names


def _names(ref: str, alt: str, *, shared: bool) -> set[str]:
    if not alt[:1].isalpha():
        word = alt.strip("<>").upper()
        return {alt, word} | {name for name, symbol in _SYMBOLIC.items() if word.startswith(symbol)}
    if shared:
        return {alt[1:] or "-"}
    return {alt, trim(0, ref.upper(), alt.upper())[2] or "-"}

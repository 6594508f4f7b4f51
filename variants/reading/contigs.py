"""The contigs of a file by their canonical names, and what stands against reading it as an assembly."""

from collections.abc import Mapping

from variants.domain.assembly import (
    assembly_of,
    canonical_assembly,
    canonical_contig,
    contigs,
    fits,
    is_accession,
    length,
)
from variants.reading.errors import BadFieldError
from variants.reading.header import Header

# hg19 has a mitochondrial sequence of its own under the name of GRCh37's: its length tells them apart.
_HG19_MITOCHONDRION = ("NC_001807.4", 16571)


def contig_of(assembly: str, name: str, size: int | None) -> str | None:
    """The assembly's one name of a contig that a file gives this name and length; None where it has none."""
    found = canonical_contig(assembly, name)
    if found == "MT" and size == _HG19_MITOCHONDRION[1] and canonical_assembly(assembly) == "GRCh37":
        return _HG19_MITOCHONDRION[0]
    return found


def length_faults(assembly: str, lengths: Mapping[str, int]) -> list[str]:
    """Sentences about contigs whose lengths are not those of the assembly."""
    hg19 = _HG19_MITOCHONDRION[0]
    return fits(assembly, {name: n for name, n in lengths.items() if contig_of(assembly, name, n) != hg19})


class ContigNames:
    """Canonical names for the contigs of one file, read as one assembly.

    Chromosomes of known assemblies get their one name; whatever else the header declares keeps its own.
    """

    def __init__(self, header: Header, assembly: str) -> None:
        self.assembly = canonical_assembly(assembly)
        self._declared = {contig.name: contig.length for contig in header.contigs}
        self._known = bool(contigs(self.assembly))

    def canonical(self, name: str) -> str:
        """The contig's one name.

        Raises:
            BadFieldError: neither a chromosome of the assembly nor declared in the header, or an accession
            of another assembly.
        """
        foreign = assembly_of(name)
        if self._known and foreign not in {None, self.assembly}:
            raise BadFieldError(f"contig {name} belongs to {foreign}, not to {self.assembly}")
        found = contig_of(self.assembly, name, self._declared.get(name)) if self._known else None
        if found is not None:
            return found
        if not name:
            raise BadFieldError("no contig is named")
        if name in self._declared or (not self._known and not self._declared):
            return name
        raise BadFieldError(
            f"contig {name[:60]} is neither a chromosome of {self.assembly} nor declared in the header"
        )

    def length(self, name: str) -> int | None:
        """The length in bases of a contig as the file spells it: as declared, else as the assembly has it."""
        declared = self._declared.get(name)
        return declared if declared is not None else length(self.assembly, self.canonical(name))

    def declared(self) -> dict[str, int | None]:
        """The declared contigs that have a place in the assembly: canonical names in order, with lengths."""
        found: dict[str, int | None] = {}
        for name in self._declared:
            try:
                found.setdefault(self.canonical(name), self.length(name))
            except BadFieldError:
                continue
        return found

    def faults(self) -> list[str]:
        """Sentences that speak against reading the file as this assembly: lengths, foreign accessions."""
        lengths = {name: size for name, size in self._declared.items() if size is not None}
        found = length_faults(self.assembly, lengths)
        for name in self._declared:
            foreign = assembly_of(name) if is_accession(name) else None
            if self._known and foreign not in {None, self.assembly}:
                found.append(f"{name} belongs to {foreign}")
        return found

"""Gene coordinates from GTF, GFF3 or BED files, plain or gzip."""

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import unquote

from database.engine import Database
from variants.domain.assembly import canonical_assembly, canonical_contig, contigs, length
from variants.errors import CannotLoad
from variants.store import genes, places
from variants.store.genes import GeneRow
from variants.store.releases import moved

_LONGEST_POSITION = (1 << 31) - 1
_GTF = re.compile(r'(\w+) (?:"([^"]*)"|([^";]+))')


class GeneFile:
    """The genes of a file, by canonical sequence. `foreign` counts those on no sequence of the assembly."""

    def __init__(self, path: Path, assembly: str) -> None:
        self.path = path
        self.assembly = canonical_assembly(assembly)
        self.foreign = 0

    def __iter__(self) -> Iterator[tuple[str, GeneRow]]:
        """Sequence and gene (0-based, half-open on the sequence), in file order.

        Raises:
            CannotLoad: not one of the three formats, or a line that breaks its format.
        """
        try:
            yield from self._read()
        except (UnicodeDecodeError, OSError, EOFError, zlib.error) as error:
            raise CannotLoad(f"{self.path} is damaged, or no text in UTF-8: {error}") from error

    def _read(self) -> Iterator[tuple[str, GeneRow]]:
        with _open(self.path) as file:
            for number, line in enumerate(file, 1):
                text = line.rstrip("\r\n")
                if not text or text.startswith(("#", "track", "browser")):
                    continue
                try:
                    found = _gene(text.split("\t"))
                except (ValueError, IndexError) as error:
                    raise CannotLoad(
                        f"{self.path}, line {number}, is no line of GTF, GFF3 or BED: {error}"
                    ) from error
                if found is not None:
                    yield from self._placed(*found)

    def _placed(self, name: str, gene: GeneRow) -> Iterator[tuple[str, GeneRow]]:
        contig = canonical_contig(self.assembly, name) if contigs(self.assembly) else name
        if contig is None:
            self.foreign += 1
        else:
            last = length(self.assembly, contig) or _LONGEST_POSITION
            if gene.stop > last:
                raise CannotLoad(
                    f"{self.path} has gene {gene.symbol[:40]!r} end at {gene.stop} of {contig}, which has "
                    f"{last} bases in {self.assembly}: is it of another assembly?"
                )
            yield contig, gene


def load_genes(database: Database, assembly: str, path: Path) -> int:
    """Puts the genes of the file in the place of the assembly's in one switch; gives their number.

    GTF and GFF3: features of type gene (also ncRNA_gene, pseudogene); symbols from `gene_name`, `gene` or
    `Name`, identifiers from `gene_id`, `ID`, `Dbxref`, with and without version, other names from
    `gene_synonym` and `Alias`. BED: the name column is the symbol. Genes on sequences that a known
    assembly does not have (scaffolds, other accessions) are left out.

    Raises:
        CannotLoad: no such file, not one of the three formats, or not one gene on the assembly's sequences.
    """
    if not path.is_file():
        raise CannotLoad(f"there is no file {path}")
    file = GeneFile(path, assembly)
    found = list(file)
    if not found:
        raise CannotLoad(f"{path} has no gene on a sequence of {file.assembly}")
    with database.unit_of_work() as work:
        connection = work.raw
        with connection.cursor() as cursor:
            ordinals = places.add(cursor, file.assembly, {contig: None for contig, _ in found})
        rows = (_linear(gene, ordinals[contig] << 32) for contig, gene in found)
        count = genes.replace(connection, file.assembly, rows)
        with connection.cursor() as cursor:
            moved(cursor)  # places may be new
        work.commit()
    return count


def _linear(gene: GeneRow, base: int) -> GeneRow:
    return GeneRow(gene.symbol, gene.ids, gene.aliases, base + gene.start, base + gene.stop)


def _open(path: Path) -> IO[str]:
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rt", encoding="utf-8") if zipped else path.open(encoding="utf-8")


def _gene(fields: list[str]) -> tuple[str, GeneRow] | None:
    """Sequence and gene of a line; None for features that are no genes.

    Raises:
        ValueError: a line of none of the formats.
    """
    if any("\0" in field for field in fields):
        raise ValueError("it holds a NUL character")
    if len(fields) == 9 and fields[3].isdigit():
        return _of_features(fields)
    if 4 <= len(fields) <= 12 and fields[1].isdigit() and fields[2].isdigit():
        return _of_bed(fields)
    raise ValueError(f"it has {len(fields)} fields between tabs")


def _of_bed(fields: list[str]) -> tuple[str, GeneRow]:
    start, stop = int(fields[1]), int(fields[2])
    if stop < start:
        raise ValueError("its end lies before its start")
    symbol = fields[3].strip()
    return fields[0], GeneRow(symbol, _versions(symbol) if _is_identifier(symbol) else (), (), start, stop)


def _of_features(fields: list[str]) -> tuple[str, GeneRow] | None:
    if fields[2] not in {"gene", "ncRNA_gene", "pseudogene"}:
        return None
    start, stop = int(fields[3]) - 1, int(fields[4])
    if start < 0 or stop < start:
        raise ValueError("its end lies before its start")
    said = _attributes(fields[8])
    ids = [word for key in ("gene_id", "ID", "Dbxref", "db_xref") for word in said.get(key, ())]
    ids = [word.removeprefix("gene:").removeprefix("gene-") for word in ids]
    symbols = [word for key in ("gene_name", "gene", "Name", "gene_symbol") for word in said.get(key, ())]
    named = [*symbols, *ids]
    if not named:
        raise ValueError("the gene has no name")
    versions = tuple(dict.fromkeys(version for word in ids for version in _versions(word)))
    aliases = [word for key in ("gene_synonym", "Alias", "gene_alias") for word in said.get(key, ())]
    return fields[0], GeneRow(named[0], versions, tuple(dict.fromkeys([*symbols[1:], *aliases])), start, stop)


def _attributes(text: str) -> dict[str, list[str]]:
    """GTF's `key "value";` or GFF3's `key=value,value;`."""
    said: dict[str, list[str]] = {}
    if _is_gff3(text):
        for item in text.split(";"):
            key, _, values = item.strip().partition("=")
            said.setdefault(key, []).extend(unquote(value) for value in values.split(",") if value)
        return said
    for key, quoted, bare in _GTF.findall(text):
        said.setdefault(key, []).append(quoted or bare.strip())
    return said


def _is_gff3(text: str) -> bool:
    return bool(re.match(r"\s*[\w-]+=", text))


def _versions(identifier: str) -> tuple[str, ...]:
    """The identifier, and without its version where it has one."""
    bare = re.sub(r"\.\d+(_\d+)?$", "", identifier)
    return (identifier,) if bare == identifier else (identifier, bare)


def _is_identifier(name: str) -> bool:
    return bool(re.fullmatch(r"(ENS[A-Z]*G\d+|LRG_\d+)(\.\d+)?", name))

"""What the header of a VCF or BCF declares."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from variants.domain.assembly import KNOWN, canonical_assembly, recognise
from variants.reading.errors import Unreadable
from variants.reading.origin import date_of, source_of


class Format(StrEnum):
    """How the records are written."""

    VCF = "VCF"
    BCF = "BCF"


class Packing(StrEnum):
    """How the bytes are compressed."""

    PLAIN = "plain"
    GZIP = "gzip"
    BGZF = "bgzf"


@dataclass(frozen=True, slots=True)
class Contig:
    """A `##contig` line. `length` in bases."""

    name: str
    length: int | None = None
    assembly: str | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """An `##INFO` or `##FORMAT` line: `number` as written (`A`, `R`, `G`, `.`, `2`), `type` as written."""

    number: str
    type: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """A file's header, and where its records begin.

    `version` is (4, 2) for `VCFv4.2` (also where the file does not say). `samples` are the columns in order.
    `contigs` are those declared, in order. `references` are the values of `##reference` and `##assembly`, as
    written. `source` is what wrote the file and `written` the day, where it says (see `origin`). `body` is
    the offset in the file (a BGZF block start, or 0 for gzip) and `body_skip` the uncompressed bytes from
    there to the first record; `lines` counts the header's lines. `strings` and `contig_names` are BCF's
    dictionaries: index in the records to name.
    """

    path: str
    format: Format
    packing: Packing
    version: tuple[int, int]
    samples: tuple[str, ...]
    contigs: tuple[Contig, ...] = ()
    info: Mapping[str, Definition] = field(default_factory=dict)
    formats: Mapping[str, Definition] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    source: str | None = None
    written: date | None = None
    lines: int = 0
    body: int = 0
    body_skip: int = 0
    strings: Mapping[int, str] = field(default_factory=dict)
    contig_names: Mapping[int, str] = field(default_factory=dict)

    @property
    def lengths(self) -> dict[str, int]:
        """Declared lengths in bases, by contig as the file spells it."""
        return {contig.name: contig.length for contig in self.contigs if contig.length is not None}

    @property
    def assembly(self) -> str | None:
        """The known assembly that the header speaks of, by lengths, else by name; None where it does not.

        A hint to check a dataset against, never used in its place.
        """
        by_length = recognise(self.lengths)
        if by_length:
            return by_length
        names = [*self.references, *(contig.assembly for contig in self.contigs if contig.assembly)]
        found = {known for name in names for known in _assemblies_named(name)}
        return found.pop() if len(found) == 1 else None


def _assemblies_named(text: str) -> set[str]:
    words = re.split(r"[/\\:=,;\s]+|\.(?=fa|gz|p\d)|(?<=\d)_", text)
    return {canonical_assembly(word) for word in words} & KNOWN.keys()


_VERSION = re.compile(r"^VCFv(\d{1,3})\.(\d{1,3})$")
_MOST_SOURCES = 8  # lines that say what wrote the file
_COLUMNS = ("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")
_FIELD = re.compile(r'([^=,<>"]++)(?:=("(?:[^"\\]|\\.)*+"|[^,>]*+))?|.', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)")


@dataclass(slots=True)
class _Draft:
    version: tuple[int, int] = (4, 2)
    contigs: dict[str, Contig] = field(default_factory=dict)
    info: dict[str, Definition] = field(default_factory=dict)
    formats: dict[str, Definition] = field(default_factory=dict)
    references: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    written: date | None = None
    strings: dict[int, str] = field(default_factory=lambda: {0: "PASS"})
    numbers: dict[str, int] = field(default_factory=lambda: {"PASS": 0})
    contig_names: dict[int, str] = field(default_factory=dict)


def parse_header(
    path: str, lines: Iterable[str], *, form: Format, packing: Packing, body: int, body_skip: int
) -> Header:  # fmt: skip
    """The header that these lines (without line ends, `#CHROM` last) declare.

    Raises:
        Unreadable: another version than 4.x, columns that are not VCF's, a sample named twice or not at all.
    """
    draft, count, samples = _Draft(), 0, None
    for count, line in enumerate(lines, 1):
        if "\0" in line:
            raise Unreadable(f"{path} has a NUL byte in line {count} of its header.")
        if line.startswith("##"):
            _take(path, draft, line[2:])
        else:
            samples = _samples(path, line)
    if samples is None:
        raise Unreadable(f"{path} has no #CHROM line: it is no VCF, or it is cut within its header.")
    return Header(
        path, form, packing, draft.version, samples, tuple(draft.contigs.values()), draft.info,
        draft.formats, tuple(draft.references), source_of(draft.sources), draft.written, count, body,
        body_skip, draft.strings, draft.contig_names,
    )  # fmt: skip


def _samples(path: str, line: str) -> tuple[str, ...]:
    columns = line.split("\t")
    if tuple(columns[:8]) != _COLUMNS or (len(columns) > 8 and columns[8] != "FORMAT"):
        raise Unreadable(f"{path}: the #CHROM line must name VCF's columns, separated by tabs.")
    samples = tuple(columns[9:])
    twice = [name for name, times in Counter(samples).items() if times > 1]
    if twice:
        raise Unreadable(f"{path} names sample {twice[0]} more than once: rename or remove a column.")
    if "" in samples:
        raise Unreadable(f"{path} has a sample without a name: column {samples.index('') + 10}.")
    return samples


def _take(path: str, draft: _Draft, line: str) -> None:
    key, _, value = line.partition("=")
    if key == "fileformat":
        draft.version = _version(path, value)
    elif key in {"INFO", "FORMAT", "FILTER"}:
        _define(draft, key, _fields(value))
    elif key == "contig":
        _contig(draft, _fields(value))
    elif key in {"reference", "assembly"}:
        draft.references.append(value)
    elif key == "source":
        if len(draft.sources) < _MOST_SOURCES:
            draft.sources.append(value)
    elif key.replace("_", "").lower() == "filedate":
        draft.written = draft.written or date_of(value)


def _version(path: str, value: str) -> tuple[int, int]:
    found = _VERSION.match(value.strip())
    if not found or found[1] != "4":
        raise Unreadable(f"{path} is written in {value[:40]!r}: this site reads VCF 4.0 to 4.5.")
    return int(found[1]), int(found[2])


def _fields(value: str) -> dict[str, str]:
    """The `key=value` pairs of `<ID=AF,Number=A,...>`, quotes and escapes undone."""
    inner = value.strip().removeprefix("<").removesuffix(">")
    pairs: dict[str, str] = {}
    for found in _FIELD.finditer(inner):  # takes every character once, whatever the line holds
        key, raw = found.groups()
        if key is None or raw is None:
            continue
        text = _ESCAPED.sub(r"\1", raw[1:-1]) if raw.startswith('"') else raw
        pairs.setdefault(key.strip(), text)
    return pairs


def _define(draft: _Draft, key: str, fields: Mapping[str, str]) -> None:
    name = fields.get("ID")
    if not name:
        return
    if name not in draft.numbers:
        number = _index(fields, len(draft.numbers))
        draft.numbers[name] = number
        draft.strings[number] = name
    if key != "FILTER":
        known = draft.info if key == "INFO" else draft.formats
        definition = Definition(
            fields.get("Number", "."), fields.get("Type", ""), fields.get("Description", "")
        )
        known.setdefault(name, definition)


def _contig(draft: _Draft, fields: Mapping[str, str]) -> None:
    name = fields.get("ID")
    if not name or name in draft.contigs:
        return
    draft.contig_names[_index(fields, len(draft.contigs))] = name
    draft.contigs[name] = Contig(name, _length(fields.get("length", "")), fields.get("assembly"))


# Some writers declare the largest 32-bit number where they do not know a contig's length.
_NO_LENGTH = 2**31 - 1
_DIGITS = 10


def _length(written: str) -> int | None:
    """The length in bases; None where the header gives none, or a placeholder."""
    length = int(written) if written.isdecimal() and len(written) <= _DIGITS else 0
    return length if 0 < length < _NO_LENGTH else None


def _index(fields: Mapping[str, str], following: int) -> int:
    """A dictionary index: `IDX` as BCF writers note it, else the order of appearance."""
    idx = fields.get("IDX", "")
    return int(idx) if idx.isdecimal() and len(idx) <= _DIGITS else following

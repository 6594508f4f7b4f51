"""Records of text VCF."""

from collections.abc import Mapping
from typing import TypeVar

from variants.reading.errors import BadFieldError
from variants.reading.fields import alternate, bases, quality, shown, text
from variants.reading.genotypes import Calls, PlainCalls, TextGenotypes, no_calls
from variants.reading.info import parse_info

_LONGEST_POSITION = (1 << 31) - 1
_REMEMBERED = 4096  # of what repeats from record to record, per file
_Value = TypeVar("_Value")


class VcfRecord:
    """A line's fields. INFO and genotypes are read when asked for."""

    __slots__ = (
        "_info",
        "_reader",
        "_section",
        "alts",
        "contig",
        "filters",
        "ids",
        "position",
        "qual",
        "ref",
    )

    def __init__(self, reader: "VcfReader", fields: list[bytes]) -> None:
        self._reader = reader
        self.contig = reader.text(fields[0])
        digits = fields[1]
        if not digits.isdigit() or len(digits) > 10 or (position := int(digits)) > _LONGEST_POSITION:
            raise BadFieldError(f"POS is {shown(digits)}, no position")
        self.position = position
        self.ids = () if fields[2] == b"." else tuple(filter(None, text(fields[2]).split(";")))
        self.ref = bases(fields[3], "REF")
        self.alts = reader.alts(fields[4])
        self.qual = None if fields[5] == b"." else quality(fields[5])
        self.filters = None if fields[6] == b"." else reader.text(fields[6])
        self._info = fields[7]
        self._section = fields[8:]

    def info(self) -> dict[str, str]:
        """The wanted INFO keys and their values as text."""
        return {} if self._info == b"." else parse_info(self._info, self._reader.wanted)

    def calls(self) -> Calls | PlainCalls:
        """The record's genotypes.

        Raises:
            BadFieldError: a wrong number of columns, or a genotype that is none.
        """
        return self._reader.calls(self._section[0], self._section[1], len(self.alts))


class VcfReader:
    """Makes records of lines, remembering what repeats."""

    def __init__(self, samples: int, wanted: frozenset[str]) -> None:
        self.wanted: Mapping[bytes, str] = {key.encode(): key for key in wanted}
        self._samples = samples
        self._genotypes = TextGenotypes(samples)
        self._texts: dict[bytes, str] = {}
        self._alts: dict[bytes, tuple[str, ...]] = {}
        self._formats: dict[bytes, tuple[int, int]] = {}

    def record(self, line: bytes) -> VcfRecord:
        """The record of a line without its newline.

        Raises:
            BadFieldError: a wrong number of columns, or a field that is none of its kind.
        """
        if line.endswith(b"\r"):
            line = line[:-1]
        if line.startswith(b"#"):
            raise BadFieldError("a header line among the records (files joined without care?)")
        fields = line.split(b"\t", 9)
        least, most = (10, 10) if self._samples else (8, 9)
        if not least <= len(fields) <= most:
            raise BadFieldError(self._miscounted(line))
        if b"\0" in line:  # which no database keeps
            raise BadFieldError("a NUL byte in the line")
        return VcfRecord(self, fields)

    def _miscounted(self, line: bytes) -> str:
        expected = 9 + self._samples if self._samples else 8
        found = line.count(b"\t") + 1
        return f"{found} columns where the header has {expected}"

    def text(self, raw: bytes) -> str:
        """A short text that repeats from record to record."""
        return self._texts.get(raw) or _remember(self._texts, raw, text(raw))

    def alts(self, raw: bytes) -> tuple[str, ...]:
        """The alternate alleles, bases in upper case; empty for `.`."""
        found = self._alts.get(raw)
        if found is None:
            found = () if raw == b"." else tuple(alternate(alt) for alt in raw.split(b","))
            _remember(self._alts, raw, found)
        return found

    def calls(self, form: bytes, section: bytes, alternates: int) -> Calls | PlainCalls:
        """The genotypes of the sample columns under this FORMAT; nobody's, where it has no GT."""
        place, keys = self._formats.get(form) or _remember(self._formats, form, _form(form))
        if place >= 0:
            return self._genotypes.read(section, place, keys, alternates)
        found = section.count(b"\t") + 1
        if found != self._samples:
            raise BadFieldError(f"{found} sample columns where the header has {self._samples}")
        return no_calls(self._samples)


def _form(form: bytes) -> tuple[int, int]:
    """GT's place in FORMAT (-1: it has none) and the number of its keys."""
    keys = form.split(b":")
    return (keys.index(b"GT") if b"GT" in keys else -1), len(keys)


def _remember(known: dict[bytes, _Value], raw: bytes, value: _Value) -> _Value:
    if len(raw) <= 64:
        if len(known) >= _REMEMBERED:
            known.clear()
        known[raw] = value
    return value

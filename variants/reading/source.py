"""The face of the reading room: a file's header, and the allele rows of one part of it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from variants.domain.allele import AlleleRow
from variants.reading.bcf import BcfReader, part_records
from variants.reading.errors import BadFieldError, BadRecord, Corrupt, Unreadable
from variants.reading.fields import text
from variants.reading.header import Format, Header, Packing, parse_header
from variants.reading.lines import lines_before, part_lines
from variants.reading.packing import inflated, packing_of
from variants.reading.plan import Part
from variants.reading.reference import Reference
from variants.reading.report import Report
from variants.reading.rows import Record, RowMaker
from variants.reading.vcf import VcfReader

_EMPTY_LINES = (b"", b"\r")
_HEADER_LIMIT = 256 << 20
_BCF_HEAD = 9  # magic, major and minor version, and the length of the text


def read_header(path: Path) -> Header:
    """The header of a VCF or BCF, plain, gzip or BGZF, told apart by content and not by name.

    Raises:
        Unreadable: not a VCF or BCF, no `#CHROM` line, a sample named twice.
        Corrupt: damaged or cut within the header.
    """
    packing = packing_of(path)
    head = _Head(path, packing)
    if head.ahead(3) == b"BCF":
        return _bcf_header(path, packing, head)
    if head.ahead(1) != b"#":
        raise Unreadable(f"{path} is no VCF or BCF: its first line must begin with ##fileformat=VCF.")
    lines, size = [], 0
    while True:
        raw = head.line()
        size += len(raw)
        lines.append(text(raw.rstrip(b"\r\n")))
        if not raw.startswith(b"##"):
            break
    if not lines[-1].startswith("#CHROM"):
        raise Unreadable(f"{path} has no #CHROM line: it is no VCF, or it is cut within its header.")
    body, skip = head.place(size)
    return parse_header(str(path), lines, form=Format.VCF, packing=packing, body=body, body_skip=skip)


def _bcf_header(path: Path, packing: Packing, head: "_Head") -> Header:
    start = head.ahead(_BCF_HEAD)
    if start[:4] != b"BCF\x02" or len(start) < _BCF_HEAD:
        raise Unreadable(f"{path} is a BCF of version 1, or cut short: this site reads BCF 2.")
    size = int.from_bytes(start[5:9], "little")
    if size > _HEADER_LIMIT:
        raise Corrupt(f"{path} is damaged: its header claims {size} bytes.")
    raw = head.ahead(_BCF_HEAD + size)[_BCF_HEAD:]
    if len(raw) < size:
        raise Corrupt(f"{path} is cut short within its header. Copy or make the file again.")
    lines = [line.rstrip("\r") for line in text(raw.rstrip(b"\0\r\n")).split("\n")]
    body, skip = head.place(_BCF_HEAD + size)
    return parse_header(str(path), lines, form=Format.BCF, packing=packing, body=body, body_skip=skip)


class _Head:
    """The beginning of a file, piece by piece, remembering where each piece lies."""

    def __init__(self, path: Path, packing: Packing) -> None:
        self.path, self.packing = path, packing
        self.pieces = inflated(path, packing, 0, path.stat().st_size)
        self.data, self.at = bytearray(), 0
        self.starts: list[tuple[int, int]] = []  # offset in the file, uncompressed bytes before

    def _more(self) -> bool:
        offset, data = next(self.pieces, (0, b""))
        if data:
            self.starts.append((offset, len(self.data)))
            self.data += data
        if len(self.data) > _HEADER_LIMIT:
            raise Unreadable(f"{self.path} has no #CHROM line in its first {_HEADER_LIMIT >> 20} MB.")
        return bool(data)

    def ahead(self, size: int) -> bytes:
        while len(self.data) < size and self._more():
            pass
        return bytes(self.data[:size])

    def line(self) -> bytes:
        searched = self.at
        while (end := self.data.find(b"\n", searched)) < 0:
            searched = len(self.data)
            if not self._more():
                end = len(self.data) - 1
                break
        line, self.at = bytes(self.data[self.at : end + 1]), end + 1
        return line

    def place(self, size: int) -> tuple[int, int]:
        """Where the byte after `size` uncompressed ones lies: its piece in the file, and bytes from there."""
        if self.packing is Packing.GZIP:
            return 0, size
        if self.packing is Packing.PLAIN:
            return size, 0
        offset, before = max(start for start in self.starts if start[1] <= size)
        return offset, size - before


def read_part(
    part: Part,
    header: Header,
    *,
    ordinals: npt.NDArray[np.uint32],
    assembly: str,
    report: Report,
    reference: Reference | None = None,
    strict: bool = False,
    uncarried: bool = False,
) -> Iterator[AlleleRow]:
    """The allele rows of a part in file order, filling `report` on the way (whole once all rows are taken).

    `ordinals` gives each sample column its ordinal in the dataset (empty for a file without samples). One
    record's alleles that are equal come as one row; equal alleles of several records are the caller's
    business. Alleles are left-aligned where there is a reference, trimmed in any case. In a file with
    samples, an allele nobody carries gives no row, or with `uncarried` one without carriers. Memory does
    not grow with the part.

    Raises:
        Corrupt: damaged or cut data; rows already given must be thrown away.
        BadRecord: with `strict`, at the first bad record (file, line and reason in the sentence).
    """
    if len(ordinals) != len(header.samples):
        raise ValueError(f"{len(ordinals)} ordinals for {len(header.samples)} sample columns")
    maker = RowMaker(header, ordinals, assembly, reference, report, uncarried=uncarried)
    raws, read, before = _records(part, header, maker.wanted)
    for number, raw in enumerate(raws, before + 1):
        report.lines[part.file] = number
        if raw in _EMPTY_LINES:
            report.notes["empty line"] += 1
            continue
        report.records += 1
        try:
            rows = maker.rows(read(raw))
        except BadFieldError as fault:
            report.add_bad(part.file, number, str(fault))
            if strict:
                raise BadRecord(_sentence(part, header, number, fault)) from fault
            continue
        yield from rows


def _records(
    part: Part, header: Header, wanted: frozenset[str]
) -> tuple[Iterator[Any], Callable[[Any], Record], int]:
    """The raw records of a part, what reads one, and how many lines came before the first."""
    if header.format is Format.BCF:
        return part_records(part, header.packing), BcfReader(header, wanted).record, 0
    before = header.lines if part.index == 0 else 0
    return part_lines(part, header.packing), VcfReader(len(header.samples), wanted).record, before


def _sentence(part: Part, header: Header, number: int, fault: BadFieldError) -> str:
    """File, place in the whole file, and reason."""
    if header.format is Format.BCF:
        return f"{part.file}, record {number + part.before}: {fault}."
    return f"{part.file}, line {number + lines_before(part, header.packing)}: {fault}."

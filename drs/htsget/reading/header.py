"""Where a file's header ends and which reference sequences it names."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from drs.htsget.errors import Damaged
from drs.htsget.reading.bgzf import Blocks
from drs.htsget.reading.stream import Stream

_CONTIG = b"##contig=<"
_PAIR = re.compile(rb'([^=,<>"]+)=("(?:[^"\\]|\\.)*"|[^,>"]*)')
_TEXT_LONGEST = 32 << 20
_LINE_LONGEST = 1 << 16

REFERENCES = 1 << 20
"""The most reference sequences that a file may have here."""


@dataclass(frozen=True, slots=True)
class Header:
    """`names` gives each reference sequence its number in the file; `end` is where records begin.

    The end is a virtual offset, of CRAM an offset.
    """

    names: Mapping[str, int]
    end: int


def bam_header(blocks: Blocks) -> Header:
    """The header of BAM (SAM specification, 4.2).

    Raises:
        Damaged: it is none.
    """
    stream = Stream(blocks)
    _expect(stream, b"BAM\1", "BAM")
    stream.skip(stream.number())
    count = few(stream.number())
    names = {}
    for number in range(count):
        name = stream.take(stream.number())
        names[_text(name.removesuffix(b"\0"))] = number
        stream.take(4)
    return Header(names, stream.tell())


def bcf_header(blocks: Blocks) -> Header:
    """The header of BCF 2 (VCF specification, 6.2): a contig has the number that `IDX` says, else its place.

    Raises:
        Damaged: it is none.
    """
    stream = Stream(blocks)
    if stream.take(3) != b"BCF" or stream.take(2)[0] != 2:
        raise Damaged("it is not a file in BCF 2")
    length = stream.number()
    if length > _TEXT_LONGEST:
        raise Damaged(f"a header says that it has {length} bytes")
    names: dict[str, int] = {}
    for fields in _contigs(stream.take(length).split(b"\n")):
        name = _text(fields[b"ID"])
        if name not in names:
            names[name] = _whole(fields[b"IDX"]) if b"IDX" in fields else len(names)
    few(len(names))
    return Header(names, stream.tell())


def vcf_header(blocks: Blocks) -> Header:
    """The header of VCF in BGZF: names are those of `##contig` lines, which may be missing.

    Raises:
        Damaged: it is none.
    """
    stream = Stream(blocks)
    if stream.peek() != b"#":  # nor do all that are say `##fileformat`
        raise Damaged("it is not a file in VCF")
    lines = []
    while stream.peek() == b"#":
        line = stream.line()
        if line.startswith(_CONTIG):
            lines.append(line)
    few(len(lines))
    names = [_text(fields[b"ID"]) for fields in _contigs(lines)]
    return Header({name: number for number, name in enumerate(dict.fromkeys(names))}, stream.tell())


def few(references: int) -> int:
    """The number of references, where they are not too many.

    Raises:
        Damaged: they are.
    """
    if references > REFERENCES:
        raise Damaged(f"there are {references} reference sequences: this site reads files with {REFERENCES}")
    return references


def _contigs(lines: list[bytes]) -> Iterator[dict[bytes, bytes]]:
    for line in lines:
        if line.startswith(_CONTIG):
            if len(line) > _LINE_LONGEST:
                raise Damaged("a contig's line is too long")
            fields = dict(_PAIR.findall(line[len(_CONTIG) :]))
            if b"ID" in fields:
                yield fields


def _expect(stream: Stream, magic: bytes, name: str) -> None:
    if stream.take(len(magic)) != magic:
        raise Damaged(f"it is not a file in {name}")


def _whole(text: bytes) -> int:
    if not (text.isdigit() and len(text) < 10):
        raise Damaged("a contig has an IDX that is no number")
    return int(text)


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")

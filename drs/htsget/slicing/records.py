"""BAM, BCF and VCF in BGZF: what differs between them when they are sliced."""

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from drs.htsget.asking import Region
from drs.htsget.errors import Damaged
from drs.htsget.reading.bgzf import EOF, Blocks
from drs.htsget.reading.binfiles import read_bins
from drs.htsget.reading.bins import BinIndex
from drs.htsget.reading.header import Header, bam_header, bcf_header, vcf_header
from drs.htsget.slicing import blocks
from drs.htsget.slicing.joining import Spans, joined
from drs.htsget.slicing.opened import Front, Reading, inlined
from drs.htsget.slicing.pieces import Inline, Piece
from drs.htsget.slicing.wanted import NOTHING, Wanted, no_such_reference, wanted
from drs.storage.store import Source


@dataclass(frozen=True, slots=True)
class Kind:
    """A format: how to read its header, its indexes, whether these have names, how records begin."""

    header: Callable[[Blocks], Header]
    indexes: tuple[str, ...]
    named: bool
    begins: Callable[[Mapping[str, int], bytes], bool]


class BlockSlices:
    """The slices of a file in BGZF."""

    def __init__(self, reading: Reading, kind: Kind) -> None:
        self._reading = reading
        self._kind = kind
        self._source = reading.file.source
        self._front = reading.front(partial(_front, kind))

    def header(self) -> Iterable[Piece]:
        """See `Slices`."""
        return self._front.pieces

    def everything(self) -> Iterable[Piece]:
        """See `Slices`."""
        return blocks.rest(self._source, self._front.header.end)

    def of(self, regions: Iterable[Region]) -> Iterator[Piece]:
        """See `Slices`."""
        index = self._reading.index(self._kind.indexes, self._index)
        names = self._front.header.names
        numbers = names if index.names is None else {**dict.fromkeys(names, NOTHING), **index.names}
        asked = wanted(regions, partial(_number, numbers), reads=self._reading.file.format == "BAM")
        spans = joined(_portions(index, asked), shift=16)
        yield from blocks.slices(self._source, spans, partial(self._kind.begins, numbers))
        if asked.unplaced:  # behind all that lie somewhere, up to the file's end with what marks it
            yield from blocks.rest(self._source, max(index.last, self._front.header.end))
        else:
            yield Inline(EOF)

    def _index(self, data: bytes) -> BinIndex:
        index = read_bins(self._reading.file.index_kind, data)
        if self._kind.named and index.names is None:
            raise Damaged("the index does not name its references")
        if not self._kind.named and index.references > 1 + max(self._front.header.names.values(), default=-1):
            raise Damaged("the index has more references than the file")
        return index


def _front(kind: Kind, source: Source) -> Front:
    header = kind.header(Blocks(source))
    return Front(header, inlined(source, blocks.head(source, header.end)))


def _number(numbers: Mapping[str, int], name: str) -> int:
    if name not in numbers:
        raise no_such_reference(name, numbers)
    return numbers[name]


def _portions(index: BinIndex, asked: Wanted) -> Iterator[Spans]:
    for number, starts, stops in asked.places:
        bins = index.of(number)
        if bins is not None:
            yield from bins.spans(starts, stops)


def _bam_begins(names: Mapping[str, int], data: bytes) -> bool:
    if len(data) < 36:  # the record lies over two blocks
        return True
    size, reference, _, name_length = struct.unpack_from("<iiiB", data)
    return bool(size >= 33 and -1 <= reference < len(names) and name_length > 0)


def _bcf_begins(names: Mapping[str, int], data: bytes) -> bool:
    if len(data) < 12:
        return True
    shared, _, contig = struct.unpack_from("<IIi", data)
    return bool(shared >= 24 and contig in names.values())


def _vcf_begins(names: Mapping[str, int], data: bytes) -> bool:
    name, tab, _ = data[:65_536].partition(b"\t")
    return not tab or name.decode("utf-8", "surrogateescape") in names


KINDS: Mapping[str, Kind] = {
    "BAM": Kind(bam_header, ("bai", "csi"), named=False, begins=_bam_begins),
    "VCF": Kind(vcf_header, ("tbi", "csi"), named=True, begins=_vcf_begins),
    "BCF": Kind(bcf_header, ("csi",), named=False, begins=_bcf_begins),
}

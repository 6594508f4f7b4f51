"""Parts of the readers against brute force."""

import itertools
import tempfile
from pathlib import Path

import numpy as np
import pysam
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drs.htsget.asking import Region
from drs.htsget.kept import Kept
from drs.htsget.reading.bgzf import Blocks, packed
from drs.htsget.reading.binfiles import read_bins
from drs.htsget.reading.containers import _after_ltf8, _itf8
from drs.htsget.reading.inflating import whole
from drs.htsget.slicing.joining import MOST, NEAR, joined
from drs.htsget.slicing.pieces import LARGEST, Inline, Range, arranged
from drs.htsget.slicing.wanted import FARTHEST, wanted
from tests.drs.htsget.local import CountedSource

place = st.tuples(st.integers(0, 1 << 24), st.integers(1, 1 << 20))


@settings(max_examples=80, deadline=None)
@given(
    records=st.lists(place, min_size=1, max_size=40),
    regions=st.lists(place, min_size=1, max_size=6),
    shift=st.sampled_from([None, 10, 14, 17]),
)
def test_spans_hold_every_overlapping_record_and_few_others(records, regions, shift):
    """Records of any length; spans of the index are compared with where htslib says that each record lies."""
    with tempfile.TemporaryDirectory() as folder:
        path, places = _written(Path(folder), sorted(records), shift)
        kind = "tbi" if shift is None else "csi"
        with CountedSource(Path(f"{path}.{kind}"), {Path(f"{path}.{kind}").name: 0}) as source:
            index = read_bins(kind, whole(source, 1 << 24))
    asked = wanted([Region("c", start, start + size) for start, size in regions], lambda _: 0, reads=False)
    ((_, starts, stops),) = asked.places
    spans = [
        each
        for portion in index.of(0).spans(starts, stops)
        for each in zip(*(side.tolist() for side in portion), strict=True)
    ]
    for offset, (start, size) in places:
        overlaps = any(start < at + length and at < start + size for at, length in regions)
        assert not overlaps or any(begin <= offset < end for begin, end in spans)


def _written(folder, records, shift):
    """A VCF with records of these places, and the virtual offset of each."""
    path = folder / "a.vcf.gz"
    with pysam.BGZFile(str(path), "w") as file:
        file.write(b"##fileformat=VCFv4.3\n##contig=<ID=c>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
        for number, (start, size) in enumerate(records):
            noise = np.random.default_rng(number).integers(65, 90, 9_000, np.uint8).tobytes()
            file.write(b"c\t%d\t.\tN\t<DEL>\t.\t.\tEND=%d;X=" % (start + 1, start + size) + noise + b"\n")
    offsets = []
    with pysam.BGZFile(str(path), "r") as file:
        at = file.tell()
        while line := file.readline():
            if not line.startswith(b"#"):
                offsets.append(at)
            at = file.tell()
    options = {} if shift is None else {"csi": True, "min_shift": shift}
    pysam.tabix_index(str(path), preset="vcf", force=True, **options)
    return path, list(zip(offsets, records, strict=True))


@given(st.lists(st.tuples(st.integers(0, 1 << 40), st.integers(1, 1 << 30)), max_size=600))
def test_joined_spans_cover_all_do_not_overlap_and_are_few(spans):
    begins = np.array([begin for begin, _ in spans], np.int64)
    ends = np.array([begin + size for begin, size in spans], np.int64)
    found = joined([(begins[::2], ends[::2]), (begins[1::2], ends[1::2])])
    assert len(found) <= MOST
    assert all(one[1] + NEAR < other[0] for one, other in itertools.pairwise(found))
    at = np.searchsorted([begin for begin, _ in found], begins, "right") - 1
    assert all(found[place][1] >= end for place, end in zip(at.tolist(), ends.tolist(), strict=True))


@given(st.binary(max_size=200_000))
@example(np.random.default_rng(0).bytes(200_000))
@example(bytes(200_000))
def test_blocks_that_are_packed_are_read_again(data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.gz"
        path.write_bytes(packed(data))
        with CountedSource(path, {"x.gz": 0}) as source, pysam.BGZFile(str(path), "r") as file:
            blocks, at, found = Blocks(source), 0, b""
            while (block := blocks.at(at)) is not None:
                found, at = found + block.data, block.end
            assert found == data == file.read(len(data) + 1)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 60)), max_size=12))
def test_regions_are_united_and_those_without_length_are_nothing(places):
    found = wanted([Region("a", *each) for each in places], lambda _: 7, reads=False).places
    covered = {
        at for _, starts, stops in found for a, b in zip(starts, stops, strict=True) for at in range(a, b)
    }
    assert covered == {at for start, stop in places for at in range(start, stop)}
    assert all((stops[:-1] < starts[1:]).all() for _, starts, stops in found)
    open_ended = wanted([Region("a", 5)], lambda _: 7, reads=False).places[0]
    assert (open_ended[1].tolist(), open_ended[2].tolist()) == ([5], [FARTHEST])


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("00", 0),
        ("7f", 127),
        ("8080", 128),
        ("bfff", 16383),
        ("c04000", 16384),
        ("dfffff", 2097151),
        ("e0200000", 2097152),
        ("efffffff", 268435455),
        ("f100000000", 1 << 28),
        ("ffffffff0f", 0xFFFFFFFF),
    ],
)
def test_numbers_of_cram_are_read_as_the_specification_writes_them(raw, number):
    data = bytes.fromhex(raw)
    assert _itf8(data + b"\xaa", 0) == (number, len(data))
    for following in range(9):
        first = (0xFF00 >> following) & 0xFF
        assert _after_ltf8(bytes([first]) + bytes(9), 0) == 1 + following


def test_large_ranges_are_parted_and_inline_neighbours_joined():
    found = arranged(
        [
            Inline(b"a", header=True),
            Inline(b"b"),
            Inline(b""),
            Inline(b"c"),
            Range(5, 5),
            Range(7, LARGEST + 9),
        ]
    )
    assert found == [
        Inline(b"a", header=True),
        Inline(b"bc"),
        Range(7, LARGEST + 7),
        Range(LARGEST + 7, LARGEST + 9),
    ]


class Thing:
    def __init__(self, size):
        self.size = size


def test_what_is_kept_never_takes_more_than_its_room():
    kept, made = Kept(100), []

    def get(key, size):
        return kept.get(key, lambda: made.append(key) or Thing(size))

    first = get("a", 60)
    assert get("a", 60) is first
    get("b", 30)
    get("c", 30)
    assert kept.size == 60
    get("b", 30)
    get("large", 101)
    get("large", 101)
    get("a", 60)
    assert made == ["a", "b", "c", "large", "large", "a"]
    assert kept.size <= 100

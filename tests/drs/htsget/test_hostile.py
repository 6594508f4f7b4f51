"""Files and indexes that are cut off, altered, swapped or made to hurt: refused by name, with memory flat."""

import gzip
import random
import string
import struct
import tracemalloc
import zlib

import pysam.bcftools
import pysam.samtools
import pytest

from drs.htsget.asking import Asked, Region
from drs.htsget.reading.bgzf import EOF, packed
from drs.htsget.service import Htsget
from drs.htsget.settings import HtsgetSettings
from drs.htsget.slicing import joining
from drs.htsget.slicing.joining import MOST
from serving.request import RequestFacts
from serving.testing import client
from tests.drs.htsget import genomes
from tests.drs.htsget.local import LocalFiles, app_of
from tests.drs.htsget.tickets import ask, joined, reads, saved, variants

REGION = {"referenceName": "chr1", "start": 300_000, "end": 900_000}
LAYOUTS = ("bam, bai", "bam, records over blocks, csi", "cram", "bgzip, tbi", "bgzip, csi", "bcf, csi")
LOOK = {"BAM": reads, "CRAM": reads, "VCF": variants, "BCF": variants}


@pytest.fixture
def site(tmp_path):
    """Objects of one test, and a client of theirs."""
    files = LocalFiles()
    with client(app_of(files, HtsgetSettings(index_bytes=1_048_576))) as http:
        yield files, http, tmp_path


@pytest.fixture(scope="session")
def laid_out(reads_files, variants_files, files):
    """The path, the format and the index of each layout."""
    every = {**reads_files, **variants_files}
    return {name: (every[name][1], every[name][2], files.objects[every[name][0]][2]) for name in LAYOUTS}


def look(site, path, format_, index, **parameters):
    """The answer about a slice, or about whatever is asked."""
    files, http, _ = site
    identifier = files.add(path, format_, index)
    kind = "reads" if format_ in ("BAM", "CRAM") else "variants"
    return ask(http, kind, identifier, format=format_, **(parameters or REGION))


def refused(answer):
    """Refused as damaged, not failed."""
    assert answer.status_code == 409, answer.text
    assert answer.json()["htsget"]["error"] == "Conflict"
    assert "damaged" in answer.json()["htsget"]["message"]


def opened(data):
    """An index's bytes, decompressed where they are compressed."""
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


@pytest.mark.parametrize("name", LAYOUTS)
def test_an_index_that_is_cut_off_is_refused_or_whole_enough(site, laid_out, name):
    path, format_, index = laid_out[name]
    for at, compressed in ((0.0, False), (0.2, False), (0.6, True), (0.95, False), (0.99, True)):
        whole = index.read_bytes() if compressed else opened(index.read_bytes())
        cut = site[2] / f"cut{at}{index.suffix}"
        cut.write_bytes(whole[: int(len(whole) * at)])
        answer = look(site, path, format_, cut)
        if name == "cram" and answer.status_code == 200:
            continue  # whatever lines are left are an index of their own
        refused(answer)


@pytest.mark.parametrize("name", LAYOUTS)
def test_bytes_of_an_index_may_be_anything(site, laid_out, name):
    path, format_, index = laid_out[name]
    whole = opened(index.read_bytes())
    chance = random.Random(name)
    statuses = set()
    for number in range(60):
        altered = bytearray(whole)
        for _ in range(chance.choice([1, 1, 8])):
            altered[chance.randrange(min(len(altered), chance.choice([60, 400, len(altered)])))] ^= (
                chance.choice([1, 0x80, 0xFF])
            )
        damaged = site[2] / f"{number}{index.suffix}"
        damaged.write_bytes(bytes(altered))
        statuses.add(look(site, path, format_, damaged).status_code)
    assert statuses <= {200, 404, 409}
    assert 409 in statuses


@pytest.mark.parametrize("name", LAYOUTS)
def test_an_index_of_another_file_is_refused(site, laid_out, bases, tmp_path, name):
    _, format_, index = laid_out[name]
    if format_ in ("BAM", "CRAM"):
        other = genomes.bam(tmp_path / "other.bam", bases, reads=2_000)
        if format_ == "CRAM":
            made = tmp_path / "other.cram"
            pysam.samtools.view("-O", "cram,no_ref=1", "-o", str(made), str(other), catch_stdout=False)
            other = made
    else:
        plain = genomes.vcf(tmp_path / "other.vcf", records=7_000, samples=2)
        other = tmp_path / "other.gz"
        pysam.bcftools.view(
            "-Ob" if format_ == "BCF" else "-Oz", "-o", str(other), str(plain), catch_stdout=False
        )
    refused(look(site, other, format_, index))


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_file_that_is_cut_off_gives_what_is_there_or_nothing(site, laid_out, tmp_path, name):
    path, format_, index = laid_out[name]
    whole = path.read_bytes()
    for at in (0, 3, 20, 600, len(whole) // 10, len(whole) - 40):
        cut = tmp_path / f"cut{at}"
        cut.write_bytes(whole[:at])
        answer = look(site, cut, format_, index)
        if at <= 600:
            refused(answer)
        else:
            assert answer.status_code == 200 or at < len(whole) // 2


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_file_whose_bytes_are_altered_never_makes_the_server_fail(site, laid_out, tmp_path, name):
    path, format_, index = laid_out[name]
    whole = path.read_bytes()
    chance = random.Random(name)
    for number in range(40):
        altered = bytearray(whole)
        altered[chance.randrange(chance.choice([64, 4_000, len(whole)]))] ^= chance.choice([1, 0x80, 0xFF])
        damaged = tmp_path / f"{number}"
        damaged.write_bytes(bytes(altered))
        assert look(site, damaged, format_, index).status_code in (200, 404, 409)


def bai(*references):
    """A BAI of references: each its bins (a number, its chunks) and its linear index."""
    made = struct.pack("<4si", b"BAI\1", len(references))
    for bins, linear in references:
        made += struct.pack("<i", len(bins))
        for number, chunks in bins:
            made += struct.pack("<Ii", number, len(chunks)) + b"".join(
                struct.pack("<QQ", *each) for each in chunks
            )
        made += struct.pack(f"<i{len(linear)}Q", len(linear), *linear)
    return made


HUGE = 2**31 - 1
MADE = {
    "no magic": b"BAM\1" + bytes(8),
    "references without end": struct.pack("<4si", b"BAI\1", HUGE),
    "references of nothing": struct.pack("<4si", b"BAI\1", HUGE) + bytes(900_000),
    "bins without end": struct.pack("<4sii", b"BAI\1", 1, HUGE),
    "chunks without end": struct.pack("<4siiIi", b"BAI\1", 1, 1, 0, HUGE),
    "a negative number of chunks": struct.pack("<4siiIi", b"BAI\1", 1, 1, 0, -1) + bytes(16),
    "windows without end": struct.pack("<4siii", b"BAI\1", 1, 0, HUGE),
    "a negative number of windows": struct.pack("<4siii", b"BAI\1", 1, 0, -5),
    "a bin that cannot be": bai(([(40_000, [(1, 2)])], [])),
    "a chunk beyond the file": bai(([(0, [(1 << 50, 2 << 50)])], [])),
    "a chunk beyond every file": bai(([(0, [(1 << 63, (1 << 63) + 1)])], [])),
    "a chunk that ends before it begins": bai(([(0, [(9 << 16, 5 << 16)])], [])),
    "a chunk in the middle of a block": bai(([(0, [(1_234 << 16, 5_678 << 16)])], [])),
    "more references than the file": bai(*[([], [])] * 5),
    "an index larger than this site reads": bytes(2_000_000),
}


@pytest.mark.parametrize("name", MADE)
def test_an_index_made_to_hurt_is_refused_with_memory_flat(site, bam, tmp_path, name):
    index = tmp_path / "made.bai"
    index.write_bytes(MADE[name])
    look(site, bam, "BAM", None, **{"class": "header"})
    tracemalloc.start()
    try:
        refused(look(site, bam, "BAM", index))
        assert tracemalloc.get_traced_memory()[1] < 24_000_000
    finally:
        tracemalloc.stop()


def test_bombs_are_refused_with_memory_flat(site, variants_files, tmp_path):
    path = variants_files["bgzip, tbi"][1]
    zeros = gzip.compress(bytes(80_000_000))
    made = {
        "csi": zeros,
        "tbi": zeros,
        "names.tbi": gzip.compress(b"TBI\1" + struct.pack("<8i", 1, 2, 1, 2, 0, 35, 0, HUGE)),
        "deep.csi": gzip.compress(b"CSI\1" + struct.pack("<4i", 14, 2_000_000_000, 0, 1)),
        "wide.csi": gzip.compress(b"CSI\1" + struct.pack("<4i", 63, 5, 0, 1)),
    }
    tracemalloc.start()
    try:
        for name, data in made.items():
            index = tmp_path / f"bomb.{name}"
            index.write_bytes(data)
            refused(look(site, path, "VCF", index))
        for number, head in enumerate(
            [
                b"BAM\1" + struct.pack("<i", HUGE),
                b"BAM\1" + struct.pack("<i", -1),
                b"BAM\1" + struct.pack("<ii", 0, HUGE),
                b"BAM\1" + struct.pack("<iii", 0, 1, HUGE),
            ]
        ):
            file = tmp_path / f"bomb{number}.bam"
            file.write_bytes(packed(head) + packed(bytes(60_000)) * 3_000 + EOF)
            refused(look(site, file, "BAM", None, **{"class": "header"}))
        assert tracemalloc.get_traced_memory()[1] < 64_000_000
    finally:
        tracemalloc.stop()


def test_cram_made_to_hurt_is_refused(site, laid_out, tmp_path):
    path, _, index = laid_out["cram"]
    whole = path.read_bytes()
    for number, data in enumerate(
        [
            whole[:4] + b"\4" + whole[5:],
            whole[:26] + struct.pack("<i", HUGE) + whole[30:],
            whole[:26] + struct.pack("<i", -5) + whole[30:],
            whole[:26] + b"\xff" * 4_000,
            whole[:26] + bytes(4_000),
        ]
    ):
        file = tmp_path / f"{number}.cram"
        file.write_bytes(data)
        refused(look(site, file, "CRAM", index))
    for number, line in enumerate(
        [
            "0\t1\t5000000\t99999999999\t1\t1\n",
            "0\t1\t5000000\t27\t1\t1\n",
            "0\t1\t5000000\t-3\t1\t1\n",
            f"0\t1\t{2**63}\t27\t1\t1\n",
            f"0\t1\t{'9' * 4000}\t27\t1\t1\n",
            "0\t1\t5000000\t27\t1\n",
            "a\t1\t5000000\t27\t1\t1\n",
        ]
    ):
        made = tmp_path / f"{number}.crai"
        made.write_bytes(zlib.compress(line.encode(), wbits=31))
        refused(look(site, path, "CRAM", made))


def test_a_hundred_thousand_regions_are_few_ranges_with_memory_flat(laid_out):
    files = LocalFiles()
    chance = random.Random(7)
    length = dict(genomes.REFERENCES)["chr1"]
    starts = [chance.randrange(length) for _ in range(100_000)]
    regions = tuple(Region("chr1", start, start + chance.randrange(1, 20)) for start in starts)
    facts = RequestFacts("id", "POST", "/", "http://testserver")
    for name in ("bam, bai", "cram", "bgzip, csi"):
        path, format_, index = laid_out[name]
        identifier = files.add(path, format_, index)
        kind = "reads" if format_ in ("BAM", "CRAM") else "variants"
        asked = Asked(kind, format_, header_only=False, regions=regions)
        htsget = Htsget(files, HtsgetSettings())
        tracemalloc.start()
        try:
            told = htsget.ticket(identifier, asked, None, facts)
            assert tracemalloc.get_traced_memory()[1] < 64_000_000
        finally:
            tracemalloc.stop()
        assert len(told.pieces) <= 3 * MOST + 2
        assert len(asked.recorded["regions"]) == 100
        assert asked.recorded["count"] == 100_000


def test_regions_far_apart_become_at_most_so_many_ranges(site, tmp_path, monkeypatch):
    """Of a file in which every record is far from the next, so that nothing is near."""
    chance = random.Random(9)
    plain = tmp_path / "far.vcf"
    info = "".join(chance.choices(string.ascii_letters + string.digits, k=130_000))
    monkeypatch.setattr(joining, "MOST", 20)
    lines = [
        "##fileformat=VCFv4.3",
        "##contig=<ID=chr1,length=90000000>",
        "#CHROM POS ID REF ALT QUAL FILTER INFO",
    ]
    lines[2] = lines[2].replace(" ", "\t")
    for number in range(80):
        at = chance.randrange(50_000)
        lines.append(f"chr1\t{1 + number * 100_000}\tv{number}\tA\tT\t.\t.\t{info[at:]}{info[:at]}")
    plain.write_text("\n".join(lines) + "\n")
    path = tmp_path / "far.vcf.gz"
    pysam.tabix_compress(str(plain), str(path))
    pysam.tabix_index(str(path), preset="vcf")
    files, http, _ = site
    identifier = files.add(path, "VCF", f"{path}.tbi")
    wanted = [("chr1", number * 100_000, number * 100_000 + 1) for number in range(0, 80, 2)]
    names = ("referenceName", "start", "end")
    body = {"regions": [dict(zip(names, each, strict=True)) for each in wanted]}
    told = ask(http, "variants", identifier, body).json()["htsget"]
    ranged = [each for each in told["urls"] if "headers" in each]
    assert len(ranged) == 20
    made = saved(tmp_path, joined(http, told), "VCF")
    names_of = {line.split("\t")[2] for line in variants(made)}
    assert {f"v{number}" for number in range(0, 80, 2)} <= names_of
    assert len(names_of) < 70

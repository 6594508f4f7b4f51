"""The `htsget` client of others, over HTTP, and how much of a file a slice reads."""

import htsget
import pysam.samtools
import pytest

from drs.htsget.settings import HtsgetSettings
from serving.testing import client, served
from tests.drs.htsget import genomes
from tests.drs.htsget.local import LocalFiles, app_of
from tests.drs.htsget.tickets import joined, reads, saved, ticket, variants


@pytest.fixture(scope="module")
def address(files):
    """Where a real server answers."""
    with served(app_of(files)) as url:
        before, files.base_url = files.base_url, url
        yield url
        files.base_url = before


@pytest.mark.parametrize(
    "name", ["bam, records over blocks, bai", "cram, embedded", "bgzip, tbi", "bcf, csi"]
)
def test_the_client_of_others_gets_slices_and_whole_files(
    address, reads_files, variants_files, tmp_path, name
):
    kind, found = ("reads", reads_files) if name in reads_files else ("variants", variants_files)
    identifier, path, format_, *_ = found[name]
    look = reads if kind == "reads" else variants
    url = f"{address}/ga4gh/htsget/v1/{kind}/{identifier}"
    for number, region in enumerate([*genomes.regions(5, name), None]):
        target = tmp_path / f"fetched{number}"
        asked = dict(zip(("reference_name", "start", "end"), region, strict=True)) if region else {}
        with target.open("wb") as out:
            htsget.get(url, out, data_format=format_, max_retries=0, **asked)
        made = saved(tmp_path, target.read_bytes(), format_)
        where = [region] if region else []
        assert look(made, *where) == look(path, *where)


def test_the_client_of_others_understands_a_refusal(address, reads_files, tmp_path):
    identifier = reads_files["bam, bai"][0]
    with (tmp_path / "x").open("wb") as out, pytest.raises(htsget.exceptions.ClientError):
        htsget.get(
            f"{address}/ga4gh/htsget/v1/reads/{identifier}", out, reference_name="chr99", max_retries=0
        )


def test_a_slice_reads_the_index_the_header_and_its_edges_and_nothing_else(folder, bases, tmp_path):
    path = genomes.bam(folder / "large.bam", bases, reads=30_000)
    pysam.samtools.index(str(path))
    index = path.with_suffix(".bam.bai")
    assert path.stat().st_size > 3_500_000
    files = LocalFiles()
    files.add(path, "BAM", index, identifier="large")
    region = {"referenceName": "chr1", "start": 1_000_000, "end": 1_100_000}
    with client(app_of(files)) as http:
        told = ticket(http, "reads", "large", **region)
        assert files.counts == {path.name: files.counts[path.name], index.name: index.stat().st_size + 2}
        spans = sum("headers" in each for each in told["urls"])
        assert files.counts[path.name] <= (2 + 2 * spans) * 65_536 < path.stat().st_size / 6
        files.counts.clear()
        assert ticket(http, "reads", "large", **region) == told
        assert files.counts[index.name] == 0
        assert files.counts[path.name] <= 2 * spans * 65_536
        files.counts.clear()
        whole = ticket(http, "reads", "large")
        assert files.counts.total() <= 65_536
        assert len(joined(http, whole)) >= path.stat().st_size
        assert reads(saved(tmp_path, joined(http, told), "BAM"), ("chr1", 1_000_000, 1_100_000)) == reads(
            path, ("chr1", 1_000_000, 1_100_000)
        )


def test_a_file_that_changed_is_read_anew_and_a_cache_without_room_serves_as_well(bases, tmp_path):
    files = LocalFiles()
    path = genomes.bam(tmp_path / "reads.bam", bases, reads=500)
    pysam.samtools.index(str(path))
    files.add(path, "BAM", f"{path}.bai", identifier="a")
    for settings in (HtsgetSettings(), HtsgetSettings(cache_bytes=0)):
        with client(app_of(files, settings)) as http:
            first = joined(http, ticket(http, "reads", "a", referenceName="chr1"))
            assert reads(saved(tmp_path / "..", first, "BAM")) != []
            genomes.bam(path, bases, reads=700)
            pysam.samtools.index(str(path))
            second = joined(http, ticket(http, "reads", "a", referenceName="chr1"))
            assert len(second) > len(first)
            genomes.bam(path, bases, reads=500)
            pysam.samtools.index(str(path))

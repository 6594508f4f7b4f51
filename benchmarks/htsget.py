"""How long a ticket for a slice of 100 kb takes, and what is read for it.

Tickets are asked over HTTP of one process that serves local files, without policy and audit (what these cost
stands under DRS): regions at random, first one with nothing kept of the file, then many with header and index
kept. Beside it what `samtools view -b` or `bcftools view` of the same region takes in a process that runs
already.
"""

import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pysam
import pysam.bcftools
import pysam.samtools

from benchmarks.client import drive, request
from benchmarks.tables import Cell, machine, table
from drs.htsget.app import BASE_PATH, create_app
from drs.htsget.files import HtsFile
from drs.storage.local import LocalStore
from drs.storage.store import Source
from governance.caller import ANONYMOUS
from serving.access import record_decision
from serving.front import compose
from serving.settings import ServingSettings
from serving.testing import served

LENGTH = 64_000_000
SLICE = 100_000
FORMATS = {"BAM": ("bam", "bai"), "CRAM": ("cram", "crai"), "VCF": ("vcf.gz", "tbi"), "BCF": ("bcf", "csi")}
COLUMNS = (
    "file",
    "MB",
    "index kB",
    "first ticket ms",
    "ticket ms",
    "p95 ms",
    "tickets/s, 8 connections",
    "ticket kB",
    "slice kB",
    "kB read a ticket",
    "view ms",
)


@dataclass(slots=True)
class Counted:
    """A source that counts what is read of it."""

    source: Source
    counts: dict[str, int]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.source, name)

    def read(self, start: int, stop: int) -> bytes:
        """The bytes, counted."""
        self.counts["read"] = self.counts.get("read", 0) + stop - start
        return self.source.read(start, stop)


class Files:
    """The files of a folder, by name."""

    def __init__(self, folder: Path) -> None:
        self._store = LocalStore("bench", folder)
        self.counts: dict[str, int] = {}

    def open(self, identifier: str, *_asked: object) -> HtsFile:
        """The file of that name."""
        record_decision()
        ending = identifier.partition(".")[2]
        form, index = next((form, index) for form, (suffix, index) in FORMATS.items() if suffix == ending)
        source: Any = Counted(self._store.open(identifier), self.counts)
        place = f"https://files.example/{identifier}"
        return HtsFile(form, source, self._store.open(f"{identifier}.{index}"), index, lambda: (place, {}))


def measure(folder: Path, *, quick: bool, seconds: float) -> str:
    """The table, as Markdown."""
    home = folder / ("htsget-quick" if quick else "htsget")
    _make(home, records=20_000 if quick else 500_000)
    rows = [_row(home, form, seconds) for form in FORMATS]
    return f"{machine()}\n\n{table(COLUMNS, rows)}"


def _row(home: Path, form: str, seconds: float) -> list[Cell]:
    ending, index = FORMATS[form]
    path = home / f"a.{ending}"
    kind = "reads" if form in ("BAM", "CRAM") else "variants"
    where = f"{BASE_PATH}/{kind}/{path.name}"
    starts = [random.Random(each).randrange(LENGTH - SLICE) for each in range(200)]
    asked = [{"format": form, "referenceName": "c", "start": at, "end": at + SLICE} for at in starts]
    with _server(home) as address:
        place = urlsplit(address)
        # The app makes itself with the first request, whatever that is.
        httpx.get(f"{address}{BASE_PATH}/{kind}/service-info").raise_for_status()
        first = _timed(lambda: httpx.get(address + where, params=asked[0]).raise_for_status())
        messages = [request(place.netloc, where, each) for each in asked]
        at = (place.hostname or "", place.port or 0)
        one, many = drive(at, messages, 1, seconds), drive(at, messages, 8, seconds)
        told = [httpx.get(address + where, params=each) for each in asked[:20]]
    return [
        form,
        path.stat().st_size / 1e6,
        Path(f"{path}.{index}").stat().st_size / 1e3,
        1000 * first,
        1000 * one.median,
        1000 * one.p95,
        many.rate,
        statistics.median(len(each.content) for each in told) / 1e3,
        statistics.median(_joined(each.json()) for each in told) / 1e3,
        _read(home, where, asked[:20]) / 1e3,
        1000 * statistics.median(_timed(_view(path, form, at)) for at in starts[:10]),
    ]


def _joined(told: Mapping[str, Any]) -> int:
    """Bytes of the slice."""
    size = 0
    for each in told["htsget"]["urls"]:
        if "headers" in each:
            first, _, last = each["headers"]["Range"].removeprefix("bytes=").partition("-")
            size += int(last) - int(first) + 1
        else:
            size += len(each["url"].partition(",")[2]) * 3 // 4
    return size


def _read(home: Path, where: str, asked: list[dict[str, Any]]) -> float:
    """Bytes of the file that a ticket reads when header and index are kept, the median."""
    files, found = Files(home), []
    with served(_app(files)) as address:
        for each in [asked[0], *asked]:
            files.counts.clear()
            httpx.get(address + where, params=each).raise_for_status()
            found.append(files.counts.get("read", 0))
    return statistics.median(found[1:])


def _view(path: Path, form: str, start: int) -> Callable[[], object]:
    region = f"c:{start + 1}-{start + SLICE}"
    if form in ("BAM", "CRAM"):
        return lambda: pysam.samtools.view("-b", "-o", "/dev/null", str(path), region, catch_stdout=False)
    return lambda: pysam.bcftools.view("-Oz", "-o", "/dev/null", "-r", region, str(path), catch_stdout=False)


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _app(files: Files) -> Any:
    app = create_app(files=files, identify=lambda *_: ANONYMOUS)
    return compose({BASE_PATH: app}, settings=ServingSettings(access_log=False))


@contextmanager
def _server(home: Path) -> Iterator[str]:
    """A process that serves the folder, for as long as the block lasts."""
    command = [sys.executable, "-m", "benchmarks.htsget", str(home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - they are pipes
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def _make(home: Path, records: int) -> None:
    """Reads of 150 bases and variants of four samples, spread evenly, in every format with its index."""
    if (home / "whole").exists():
        return
    home.mkdir(parents=True, exist_ok=True)
    chance = random.Random(1)
    bases, quality = ("".join(chance.choices(each, k=1_000_000)) for each in ("ACGT", "#5:?I"))
    places = sorted(chance.randrange(1, LENGTH - 200) for _ in range(records))
    sam, vcf = home / "a.sam", home / "a.vcf"
    with sam.open("w") as file:
        file.write(f"@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:c\tLN:{LENGTH}\n")
        for number, at in enumerate(places):
            cut = chance.randrange(999_000)
            sequence, scores = bases[cut : cut + 150], quality[cut : cut + 150]
            file.write(f"r{number}\t0\tc\t{at}\t60\t150M\t*\t0\t0\t{sequence}\t{scores}\tNM:i:{number % 5}\n")
    calls = ["\t".join(chance.choices(("0|0", "0|1", "1|1"), k=40)) for _ in range(500)]
    names = "\t".join(f"s{each}" for each in range(40))
    with vcf.open("w") as file:
        file.write(f"##fileformat=VCFv4.3\n##contig=<ID=c,length={LENGTH}>\n")
        file.write('##FORMAT=<ID=GT,Number=1,Type=String,Description="g">\n')
        file.write(f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{names}\n")
        for at in places:
            file.write(f"c\t{at}\t.\tA\tT\t.\t.\t.\tGT\t{calls[at % 500]}\n")
    for form, (ending, index) in FORMATS.items():
        _write(home, form, f"a.{ending}", index)
    (home / "whole").touch()


def _write(home: Path, form: str, name: str, index: str) -> None:
    target = str(home / name)
    if form in ("BAM", "CRAM"):
        how = "bam" if form == "BAM" else "cram,no_ref=1"
        pysam.samtools.view("-O", how, "-o", target, str(home / "a.sam"), catch_stdout=False)
        pysam.samtools.index(target)
    else:
        how = "-Oz" if form == "VCF" else "-Ob"
        pysam.bcftools.view(how, "-o", target, str(home / "a.vcf"), catch_stdout=False)
        pysam.bcftools.index("-t" if index == "tbi" else "-c", target)


if __name__ == "__main__":
    if len(sys.argv) > 1:  # the server of a measurement, until its input ends
        with served(_app(Files(Path(sys.argv[1])))) as url:
            print(url, flush=True)
            sys.stdin.read()
    else:
        target = Path(__file__).resolve().parents[1] / ".insitu" / "bench"
        print(measure(target, quick=False, seconds=3.0))

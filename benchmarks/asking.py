"""Asking a running site, and asking the same of the same database in bare SQL with the same indexes.

The site has two web processes and shares the machine with PostgreSQL and with the client. Bare SQL is sent by
threads of one process, each with its own connection (sixteen at most), and gives back what the answer is made
of: one row for yes or no, one number, ten whole rows, or each allele's set of carriers, joined in Python.
"""

import random
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import psycopg2

from benchmarks import files, site
from benchmarks.bare import Table, open_table
from benchmarks.client import Timings, drive, request
from benchmarks.tables import Cell, table

BASE = "/ga4gh/beacon/v2"
CONNECTIONS = (1, 16, 64)
QUESTIONS = 200
COLUMNS = (
    *("question", "granularity", "connections", "median ms", "p95 ms", "answers/s"),
    *("SQL median ms", "SQL answers/s", "median ratio"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question both ways: request parameters, and the SQL's values."""

    parameters: dict[str, object]
    start: int
    stop: int
    ref: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """One row's worth of questions: what is asked, of which path, and how bare SQL answers it."""

    name: str
    granularity: str
    path: str
    asked: Sequence[Asked]
    bare: Callable[[Table, Any, Asked], object]

    def messages(self, host: str) -> list[bytes]:
        """The requests, ready to be sent."""
        more: dict[str, object] = {
            "requestedGranularity": self.granularity,
            "assemblyId": "GRCh37",
            "limit": 10,
        }
        return [request(host, f"{BASE}{self.path}", each.parameters | more) for each in self.asked]


def measure(folder: Path, *, quick: bool, seconds: float) -> str:
    """The table: every question at every number of connections, the site and SQL in turns."""
    home = _filled(folder, quick=quick)
    rows: list[list[Cell]] = []
    with site.running(home, processes=2) as address, open_table(home, "measured") as held:
        for each in _measures(held, random.Random(11)):
            print(f"asking: {each.name}, {each.granularity}", file=sys.stderr)
            rows += [_row(each, number, address, held, seconds) for number in CONNECTIONS]
    return table(COLUMNS, rows)


def _filled(folder: Path, *, quick: bool) -> Path:
    """A new site that holds the long file."""
    vcf = files.long_vcf(files.source(), 10 if quick else 150, folder)
    home = folder / "site-of-asking"
    shutil.rmtree(home, ignore_errors=True)
    site.add_dataset(home, "measured")
    site.load(home, vcf.path, "measured", workers=2)
    return home


def _row(each: Measure, number: int, address: tuple[str, int], held: Table, seconds: float) -> list[Cell]:
    messages = each.messages(address[0])
    drive(address, messages, min(number, 4), seconds / 5)
    ours = drive(address, messages, number, seconds)
    bare = _threads(each, held, min(number, 16), seconds / 2)
    return [
        *(each.name, each.granularity, number, ours.median * 1e3, ours.p95 * 1e3, ours.rate),
        *(bare.median * 1e3, bare.rate, ours.median / bare.median),
    ]


def _measures(held: Table, rng: random.Random) -> Iterator[Measure]:
    points = [_point(held, rng) for _ in range(QUESTIONS)]
    spans = {"20 kb": 20_000, "1 Mb": 1_000_000, "10 Mb": 10_000_000}
    kinds = {"point": points}
    kinds |= {name: [_range(held, rng, size) for _ in range(QUESTIONS)] for name, size in spans.items()}
    for name, asked in kinds.items():
        point = name == "point"
        yield Measure(name, "boolean", "/g_variants", asked, Table.has_point if point else Table.has_range)
        yield Measure(name, "count", "/g_variants", asked, Table.count_point if point else Table.count_range)
        yield Measure(name, "record", "/g_variants", asked, Table.rows_point if point else Table.rows_range)
        people = Table.people_point if point else Table.people_range
        yield Measure(f"{name}, individuals", "count", "/individuals", asked, people)


def _point(held: Table, rng: random.Random) -> Asked:
    """One of the alleles; every other time one base further, where it is not."""
    start, ref, alt = rng.choice(held.some)
    start += rng.randrange(2)
    said: dict[str, object] = {"referenceBases": ref, "alternateBases": alt}
    said |= {"referenceName": held.contig, "start": start}
    return Asked(said, start, start + len(ref), ref, alt)


def _range(held: Table, rng: random.Random, size: int) -> Asked:
    start = rng.randint(held.first, max(held.first, held.last - size))
    return Asked({"referenceName": held.contig, "start": start, "end": start + size}, start, start + size)


def _threads(each: Measure, held: Table, number: int, seconds: float) -> Timings:
    """Bare SQL from so many threads, each beginning at another question, once all are connected."""
    ready = threading.Barrier(number)

    def work(first: int) -> list[float]:
        took: list[float] = []
        with _connected(held.url) as cursor:
            ready.wait()
            end = time.perf_counter() + seconds
            for asked in islice(cycle(each.asked), first * 7, None):
                started = time.perf_counter()
                if started > end and took:
                    return took
                each.bare(held, cursor, asked)
                took.append(time.perf_counter() - started)
        raise AssertionError("cycle has no end")

    with ThreadPoolExecutor(number) as pool:
        took = [each for part in pool.map(work, range(number)) for each in part]
    return Timings(took, max(seconds, sum(took) / number))


@contextmanager
def _connected(url: str) -> Iterator[Any]:
    connection = psycopg2.connect(url)
    connection.set_session(readonly=True, autocommit=True)
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()

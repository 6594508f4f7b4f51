"""Whoever is killed in mid-load, the same command again gives what an undisturbed load gives."""

import os
import random
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from database.embedded import EmbeddedPostgres
from insitu.house import opened
from variants.domain.question import Question
from variants.service import Variants

from . import brute, files
from .comparing import told_by_row
from .datasets import Shelf
from .living import Site, command_line, descendants, load_words, records_in, until

DATASET = "crashed"
SMALL_PARTS = {"INSITU_VARIANTS_PART_BYTES": str(1 << 14)}


def _kill_a_worker(load: subprocess.Popen[bytes], _: Site) -> None:
    """The first that there is: a load that has just begun is still starting its workers."""

    def workers() -> list[int]:
        return [pid for pid in descendants(load.pid) if "worker" in command_line(pid)]

    until(lambda: bool(workers()) or load.poll() is not None)
    os.kill(workers()[0], signal.SIGKILL)


def _kill_the_command(load: subprocess.Popen[bytes], _: Site) -> None:
    os.kill(load.pid, signal.SIGKILL)


def _kill_the_database(_: subprocess.Popen[bytes], site: Site) -> None:
    pid = (EmbeddedPostgres(site.folder / "postgres").data / "postmaster.pid").read_text().split()[0]
    os.kill(int(pid), signal.SIGKILL)


VICTIMS = {"worker": _kill_a_worker, "command": _kill_the_command, "database": _kill_the_database}
Rows = list[dict[str, object]]
Killer = Callable[[subprocess.Popen[bytes], Site], None]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Short, because sockets lie below it."""
    with tempfile.TemporaryDirectory(prefix="insitu-crash-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def vcf(folder: Path) -> Path:
    return files.crowd(folder, random.Random(5), "crowd", people=60, records=2000)


@pytest.fixture(scope="module")
def undisturbed(shelf: Shelf, vcf: Path) -> Rows:
    shelf.load(DATASET, "GRCh37", [vcf])
    return _all_rows(shelf.variants)


def test_a_killed_loading_command_is_finished_by_the_same_command(
    folder: Path, vcf: Path, undisturbed: Rows
) -> None:
    _crash_and_finish(Site(folder / "short", SMALL_PARTS), vcf, undisturbed, _kill_the_command, after=2)


@pytest.mark.slow
@pytest.mark.parametrize("after", [0, 1, 10])
@pytest.mark.parametrize("victim", VICTIMS)
def test_whoever_is_killed_the_same_command_finishes_the_load(
    folder: Path, vcf: Path, undisturbed: Rows, victim: str, after: int
) -> None:
    site = Site(folder / f"{victim}{after}", SMALL_PARTS)
    _crash_and_finish(site, vcf, undisturbed, VICTIMS[victim], after)


def _crash_and_finish(site: Site, vcf: Path, undisturbed: Rows, kill: Killer, after: int) -> None:
    site.add(DATASET)
    load = site.start(*load_words(vcf, DATASET))
    try:
        _wait_for_parts(site, load, after)
        kill(load, site)
        load.wait(300)  # it is patient with a database that is gone, and a busy machine is slow
    finally:
        load.kill()
        load.wait()
    report = site.load(vcf, DATASET)
    assert records_in(report) == brute.read(vcf).records
    with opened(site.folder) as house:
        assert _all_rows(house.variants) == undisturbed


def _wait_for_parts(site: Site, load: subprocess.Popen[bytes], wanted: int) -> None:
    """Returns in mid-load, so many parts done. Fails where the load ended undisturbed."""
    server = EmbeddedPostgres(site.folder / "postgres")
    connection = psycopg2.connect(server.start().replace("+psycopg2", ""))
    connection.autocommit = True

    def are_done() -> bool:
        assert load.poll() is None, site.log.read_text(errors="replace")[-3000:]
        cursor.execute("SELECT count(*) FILTER (WHERE done), count(*) FROM variants.part")
        done, parts = cursor.fetchone()
        assert parts == 0 or done < parts, "the load was over before anybody could be killed"
        return parts > 0 and done >= wanted

    try:
        with connection.cursor() as cursor:
            until(are_done)
    finally:
        connection.close()
        server.stop()


def _all_rows(variants: Variants) -> Rows:
    release = variants.release(DATASET)
    assert release is not None
    rows = variants.page(release, Question(), 0, 1_000_000)
    assert len(rows) == variants.count(release, Question()) == release.alleles
    return [told_by_row(row) for row in rows]

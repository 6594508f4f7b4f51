"""Odd content and odd moments in a load: it ends whole, and says what it left out."""

import gzip
import random
from pathlib import Path

import pytest

from tests.variants.stores import SETTINGS, Store, dataset
from tests.variants.vcf_files import vcf_text
from variants.domain.carriers import decode, encode_few
from variants.domain.question import Question
from variants.errors import CannotLoad, LoadConflict
from variants.loading.finishing import finish
from variants.loading.genes import load_genes
from variants.loading.load import LoadReport
from variants.loading.loader import Loader
from variants.loading.parts import PartWorker, TileSets
from variants.reading import rows as reasons
from variants.store.tiles import WORTH


def test_numbers_that_no_column_holds_do_not_end_a_load(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "numbers.vcf"
    lines = [
        "20 100 . A <DEL> . . SVLEN=-99999999999;END=200",
        "20 110 . A <CN9999999999> . . END=99999999999;CN=99999999999",
        "20 120 . A C . . AC=99999999999;AN=99999999999;EAS_AF=1e400",
        "20 130 . A G]X:4294967297] . . .",
        "20 140 . A <DEL> . . END=200;CIPOS=-99999999999,99999999999",
    ]
    path.write_text(vcf_text(lines))
    report = store.load("numbers", path)
    assert report.total.bad_count == 1
    assert [row.allele.start for row in store.rows("numbers")] == [100, 110, 119, 140]


def test_the_name_of_a_long_insertion_is_left_out_and_noted(store: Store, tmp_path: Path) -> None:
    bases = "".join(random.Random(1).choices("ACGT", k=8000))
    annotation = f"{bases}|stop_gained|THREE|ENSG3|ENST3.1:c.1_2ins{bases}|ENSP3.1:p.Val12Glu|12|V/E"
    path = tmp_path / "long.vcf"
    path.write_text(vcf_text([f"20 100 . A A{bases} . . CSQ={annotation} GT 0|1"], ["S"]))
    report = store.load("long", path)
    assert report.total.notes[reasons.TOO_LONG] == 2  # with its transcript and without
    (row,) = store.rows("long", Question(gene="THREE"))
    assert row.allele.alt == bases
    assert row.annotation.hgvs == ("ENSP3.1:p.Val12Glu", "p.Val12Glu")


def test_a_load_is_finished_once_whoever_else_believes_to_hold_it(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "twice.vcf"
    path.write_text(vcf_text([f"20 {100 + at} . A C . . . GT 0|1" for at in range(50)], ["S"]))
    with Loader(store.database, SETTINGS) as loader:
        load = loader.plan(dataset("twice"), [path])
        worker = PartWorker(store.database)
        while worker.work(load.id):
            pass
        report = LoadReport("twice", load.id, {}, 0, 0, 0, 0)
        finish(store.database, load, report)
        with pytest.raises(LoadConflict, match="another command has ended load"):
            finish(store.database, load, report)
    release = store.variants.release("twice")
    assert store.variants.count(release, Question(reference="20", start=(0,), end=(4 * WORTH,))) == 50


def test_tiles_beyond_the_memory_they_may_take_are_all_there() -> None:
    rng = random.Random(3)
    added: dict[int, set[int]] = {}
    tiles = TileSets(1000, memory=100)
    for _ in range(2000):
        tile, sample = rng.randrange(-3, 50), rng.randrange(1000)
        added.setdefault(tile, set()).add(sample)
        tiles.add(tile, encode_few([sample]))
    found: dict[int, set[int]] = {}
    for tile, data in tiles.joined():
        found.setdefault(tile, set()).update(decode(data))
    tiles.close()
    assert found == added


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_an_allele_of_many_files_is_united_in_steps_as_at_once(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    rng, files = random.Random(steps), []
    for number in range(23):
        call = rng.choice(("0|1", "1|1", "1", "./1"))
        path = tmp_path / f"{number}.vcf"
        path.write_text(vcf_text([f"20 100 . A C . . . GT {call}"], [f"S{number}"]))
        files.append(path)
    store.load(f"at-once-{steps}", *files)
    monkeypatch.setattr("variants.loading.duplicates._STEP", steps)
    store.load(f"steps-{steps}", *files)
    assert store.rows(f"steps-{steps}") == store.rows(f"at-once-{steps}")
    assert store.rows(f"steps-{steps}")[0].carried == 23


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"20\t1\t99999999\tONE\n", "bases in GRCh37"),
        (b"20\t1\t9\tO\0NE\n", "NUL"),
        (b"20\t1\t9\t\xff\xfe\n", "damaged, or no text"),
        (gzip.compress(b"20\t1\t9\tONE\n" * 999)[:40], "damaged, or no text"),
        (b"\x1f\x8b junk", "damaged, or no text"),
    ],
)
def test_a_gene_file_that_is_damaged_or_of_another_assembly_is_refused(
    store: Store, tmp_path: Path, data: bytes, reason: str
) -> None:
    path = tmp_path / "genes"
    path.write_bytes(data)
    with pytest.raises(CannotLoad, match=reason):
        load_genes(store.database, "GRCh37", path)

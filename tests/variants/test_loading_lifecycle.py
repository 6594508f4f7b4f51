"""What becomes of loads that are interrupted, refused or replaced, and what readers see meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import psycopg2
import pysam
import pytest

from serving.reasons import Reason
from tests.variants.cohorts import cohort
from tests.variants.stores import SETTINGS, Store, dataset
from variants.domain.question import Question
from variants.errors import CannotLoad, LoadConflict, LoadFailed, ReleaseGone
from variants.loading.loader import Loader
from variants.loading.parts import PART_LOCK, PartWorker
from variants.reading.errors import Unreadable

MADE = cohort(11, sites=300)
ALL = range(MADE.samples)


@pytest.fixture
def vcf(tmp_path: Path) -> Path:
    return MADE.write(tmp_path / "cohort.vcf", MADE.sites, ALL)


def halves(folder: Path) -> tuple[Path, Path]:
    middle = len(MADE.sites) // 2
    return (
        MADE.write(folder / "first.vcf", MADE.sites[:middle], ALL),
        MADE.write(folder / "second.vcf", MADE.sites[middle:], ALL),
    )


def interrupted(store: Store, name: str, *files: Path, parts: int, **how: object) -> int:
    """Plans a load and does a few parts of it, as a command does that is killed then; gives the load's id."""
    loader = Loader(store.database, SETTINGS)
    load = loader.plan(dataset(name), files, **how)
    assert load.parts > parts, "there must be something left to do"
    worker = PartWorker(store.database)
    assert all(worker.work(load.id) for _ in range(parts))
    loader.close()
    return load.id


def told(store: Store, name: str) -> list[dict]:
    return [asdict(row) for row in store.rows(name)]


@pytest.mark.parametrize("parts", [0, 1, 3])
def test_an_interrupted_load_goes_on_where_it_stopped(store: Store, vcf: Path, parts: int) -> None:
    store.load(f"calm-{parts}", vcf)
    name = f"short-{parts}"
    begun = interrupted(store, name, vcf, parts=parts)
    assert store.variants.release(name) is None, "nothing is seen of it"
    report = store.load(name, vcf)
    assert report.load == begun
    assert report.total.records == len(MADE.sites)
    assert told(store, name) == told(store, f"calm-{parts}")


def test_an_interrupted_addition_goes_on_and_is_unseen_until_it_is_whole(
    store: Store, tmp_path: Path, vcf: Path
) -> None:
    first, second = halves(tmp_path)
    store.load("grows", first)
    before = told(store, "grows")
    begun = interrupted(store, "grows", second, parts=2)
    assert told(store, "grows") == before
    assert store.load("grows", second).load == begun
    store.load("grown", vcf)
    assert told(store, "grows") == told(store, "grown")


def test_another_load_throws_an_interrupted_one_away(store: Store, tmp_path: Path, vcf: Path) -> None:
    first, _ = halves(tmp_path)
    begun = interrupted(store, "changes-mind", vcf, parts=2)
    report = store.load("changes-mind", first)
    assert report.load != begun
    store.load("only-first", first)
    assert told(store, "changes-mind") == told(store, "only-first")
    loads = store.variants.summary("changes-mind").loads
    assert [load["state"] for load in loads] == ["done", "failed"]
    assert report.new_samples == MADE.samples, "the samples of the other load went with it"


def test_two_loads_of_one_dataset_take_turns(store: Store, vcf: Path) -> None:
    with Loader(store.database, SETTINGS) as loader:
        loader.plan(dataset("busy"), [vcf])
        with pytest.raises(LoadConflict):
            Loader(store.database, SETTINGS).plan(dataset("busy"), [vcf])
        with pytest.raises(LoadConflict):
            store.variants.drop("busy")
        store.load("free", vcf)
    assert store.load("busy", vcf).alleles > 0


def test_a_part_belongs_to_one_worker_and_is_done_once(store: Store, vcf: Path) -> None:
    with Loader(store.database, SETTINGS) as loader:
        load = loader.plan(dataset("held"), [vcf])
        with store.database.unit_of_work() as other:
            cursor = other.raw.cursor()
            cursor.execute(
                f"SELECT pg_advisory_xact_lock({PART_LOCK}) FROM variants.part WHERE load = %s", (load.id,)
            )
            assert not PartWorker(store.database).work(load.id), "every part is somebody's"
        report = loader.run(load)
    assert report.total.records == len(MADE.sites)


def test_a_part_is_begun_once_however_many_want_it_at_once(store: Store, vcf: Path) -> None:
    with Loader(store.database, SETTINGS) as loader:
        load = loader.plan(dataset("wanted"), [vcf])
        with ThreadPoolExecutor(8) as crowd:
            workers = [PartWorker(store.database, part_attempts=1) for _ in range(8)]
            while any(crowd.map(lambda worker: worker.work(load.id), workers)):
                pass
        with store.database.unit_of_work() as work, work.raw.cursor() as cursor:
            cursor.execute(
                "SELECT array_agg(DISTINCT attempts), every(done) FROM variants.part WHERE load = %s",
                (load.id,),
            )
            assert cursor.fetchone() == ([1], True)
        report = loader.run(load)
    assert report.total.records == len(MADE.sites)


def test_a_part_whose_workers_keep_dying_ends_the_load(store: Store, vcf: Path) -> None:
    before = store.tables()
    with Loader(store.database, SETTINGS) as loader:
        load = loader.plan(dataset("deadly"), [vcf])
        with store.database.unit_of_work() as work:
            work.raw.cursor().execute("UPDATE variants.part SET attempts = 5 WHERE load = %s", (load.id,))
            work.commit()
        with pytest.raises(LoadFailed, match="died each time"):
            loader.run(load)
    assert store.tables() == before


def corrupt(folder: Path, vcf: Path) -> Path:
    """The file as BGZF of two blocks, one bit of the second turned."""
    path, blocks = folder / "corrupt.vcf.gz", []
    text = vcf.read_bytes()
    for piece in (text[: len(text) // 2], text[len(text) // 2 :]):
        with pysam.BGZFile(str(path), "wb") as file:
            file.write(piece)
        blocks.append(bytearray(path.read_bytes()))
    blocks[1][len(blocks[1]) // 2] ^= 0x10
    path.write_bytes(bytes(blocks[0][:-28] + blocks[1]))  # without the first's end-of-file block
    return path


def bad_line(folder: Path, vcf: Path) -> Path:
    lines = vcf.read_text().splitlines(keepends=True)
    lines[50] = lines[50].replace("\t50\t", "\tno number\t")
    path = folder / "bad.vcf"
    path.write_text("".join(lines))
    return path


class Forgetful:
    """A crew whose messages of the beginning are all lost; counts the bursts in which it is woken after."""

    def __init__(self, store: Store, lost: int) -> None:
        self.worker, self.lost, self.bursts, self.quiet = PartWorker(store.database), lost, 0, True

    def start(self, workers: int) -> None:
        assert workers == 2

    def wake(self, load: int) -> None:
        if self.lost:
            self.lost -= 1
            return
        self.bursts += self.quiet
        self.quiet = False
        self.worker.work(load)

    def mend(self) -> int:
        self.quiet = True
        return 0

    def stop(self) -> None:
        """There is nobody to stop."""


def test_a_load_whose_messages_are_lost_is_not_done_a_part_at_a_stall(store: Store, vcf: Path) -> None:
    settings = SETTINGS.model_copy(update={"stall_seconds": 0.001})
    loader = Loader(store.database, settings)
    parts = loader.plan(dataset("forgotten"), [vcf]).parts
    loader.close()
    crew = Forgetful(store, lost=parts)
    with Loader(store.database, settings, crew) as loader:
        report = loader.run(loader.plan(dataset("forgotten"), [vcf]), workers=2)
    assert report.total.records == len(MADE.sites)
    assert parts > 8
    assert crew.bursts <= parts / 4


def test_a_corrupt_file_leaves_the_dataset_as_it_was(store: Store, tmp_path: Path, vcf: Path) -> None:
    first, _ = halves(tmp_path)
    store.load("sound", first)
    before, tables = told(store, "sound"), store.tables()
    for replacing in (False, True):
        with pytest.raises(LoadFailed, match=r"corrupt\.vcf\.gz"):
            store.load("sound", corrupt(tmp_path, vcf), replace=replacing)
        assert told(store, "sound") == before
        assert store.tables() == tables
    assert store.load("sound", vcf).alleles > len(before), "and it can be loaded into again"


def test_a_bad_line_is_reported_with_its_place_or_ends_a_strict_load(
    store: Store, tmp_path: Path, vcf: Path
) -> None:
    file = bad_line(tmp_path, vcf)
    with pytest.raises(LoadFailed, match="line 51"):
        store.load("strict", file, strict=True)
    assert store.variants.release("strict") is None
    report = store.load("lenient", file)
    assert [(bad.file, bad.line) for bad in report.total.bad] == [(str(file), 51)]
    assert report.total.balanced()
    kept = store.variants.summary("lenient").loads[0]["report"]
    assert kept == report.as_json(), "the report is kept with the load"


def test_a_file_that_changes_under_the_load_ends_it(store: Store, vcf: Path) -> None:
    with Loader(store.database, SETTINGS) as loader:
        load = loader.plan(dataset("moving"), [vcf])
        vcf.write_text(vcf.read_text() + "20\t5000\t.\tA\tT\t.\t.\t.\tGT" + "\t0/1" * MADE.samples + "\n")
        with pytest.raises(LoadFailed, match="changed"):
            loader.run(load)


def test_a_loaded_file_that_has_changed_needs_a_replacing_load(store: Store, tmp_path: Path) -> None:
    first, second = halves(tmp_path)
    store.load("edited", first)
    first.write_text(second.read_text())
    with pytest.raises(LoadConflict, match="--replace"):
        store.load("edited", first)
    store.load("edited", first, replace=True)
    store.load("second", second)
    assert told(store, "edited") == told(store, "second")


def test_a_replacing_load_is_one_switch_and_drops_what_it_replaced(store: Store, tmp_path: Path) -> None:
    first, second = halves(tmp_path)
    store.load("replaced", first)
    old = store.variants.release("replaced")
    before, tables = told(store, "replaced"), store.tables()
    interrupted(store, "replaced", second, parts=2, replace=True)
    assert told(store, "replaced") == before
    store.load("replaced", second, replace=True)
    assert {row["allele"]["start"] for row in told(store, "replaced")} != {
        row["allele"]["start"] for row in before
    }
    assert len(store.tables()) == len(tables), "one generation for the other"
    with pytest.raises(ReleaseGone):
        store.variants.count(old, Question(variant_type="SNV"))


def test_an_older_release_of_a_generation_answers_as_it_did(store: Store, tmp_path: Path) -> None:
    first, second = halves(tmp_path)
    store.load("older", first)
    old = store.variants.release("older")
    whole = Question(reference="20", start=(0,), end=(60_000_000,))
    asked = [whole, Question(), Question(variant_type="DEL"), Question(carried_by=frozenset({1}))]
    before = [(store.variants.count(old, each), store.variants.carriers(old, each)) for each in asked]
    rows = told(store, "older")
    store.load("older", second)
    assert [(store.variants.count(old, each), store.variants.carriers(old, each)) for each in asked] == before
    assert [asdict(row) for row in store.variants.page(old, Question(), 0, 10_000)] == rows
    assert len(told(store, "older")) > len(rows)


def test_dropping_a_dataset_leaves_nothing_of_it(store: Store, tmp_path: Path, vcf: Path) -> None:
    first, second = halves(tmp_path)
    tables = store.tables()
    store.load("gone", first)
    interrupted(store, "gone", second, parts=1)
    for _ in range(2):
        store.variants.drop("gone")
        assert store.variants.release("gone") is None
        assert store.tables() == tables
        assert store.variants.summary("gone").loads == ()
    assert store.load("gone", vcf).new_samples == MADE.samples


def test_files_that_do_not_fit_are_refused_before_anything_is_written(
    store: Store, tmp_path: Path, vcf: Path
) -> None:
    sites = MADE.write(tmp_path / "sites.vcf", MADE.sites, ())
    foreign = tmp_path / "foreign.vcf"
    foreign.write_text(vcf.read_text().replace("63025520", "64444167"))
    no_vcf = tmp_path / "no.vcf"
    no_vcf.write_text("hello\n")
    store.load("people", vcf)
    store.load("counts", sites)
    before = store.tables()
    for name, files, reason in (
        ("people", [sites], CannotLoad),
        ("counts", [vcf], CannotLoad),
        ("fresh", [vcf, sites], CannotLoad),
        ("fresh", [foreign], CannotLoad),
        ("fresh", [no_vcf], Unreadable),
        ("fresh", [tmp_path / "absent.vcf"], CannotLoad),
        ("fresh", [], CannotLoad),
    ):
        with pytest.raises(reason) as refused:
            store.load(name, *files)
        assert isinstance(refused.value, Reason)
        assert refused.value.public
    assert store.tables() == before


def test_without_samples_counts_come_from_the_file(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "counts-only.vcf"
    population = '##INFO=<ID=EAS_AF,Number=A,Type=Float,Description="East Asia">\n'
    header = f"##fileformat=VCFv4.3\n{population}#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    file.write_text(header + "20\t100\trs1\tA\tT,G\t.\tPASS\tAC=3,0;AN=200;EAS_AF=0.5,0\n")
    store.load("frequencies", file)
    release = store.variants.release("frequencies")
    rows = store.rows("frequencies")
    assert [(row.allele.alt, row.ac, row.an, row.carried) for row in rows] == [
        ("G", 0, 200, 0),
        ("T", 3, 200, 0),
    ]
    assert rows[1].frequencies["EAS"] == 0.5
    assert not release.has_samples
    assert len(store.variants.carriers(release, Question())) == 0
    assert store.variants.samples(release, None, 0, 10) == []


def test_a_release_is_looked_up_with_one_query_and_a_point_with_one_more(store: Store, vcf: Path) -> None:
    store.load("counted", vcf)
    release = store.variants.release("counted")
    row = store.rows("counted")[0]
    place = {"reference": row.allele.contig, "start": (row.allele.start,)}
    point = Question(**place, reference_bases=row.allele.ref, alternate_bases=row.allele.alt)
    with store.database.reading() as connection:
        statements = Counting(connection)
    counting = store.variants.__class__(statements.database(store), SETTINGS)
    counting.release("counted")
    statements.seen.clear()
    assert counting.release("counted") == release
    assert len(statements.seen) == 1
    assert counting.exists(release, point)
    assert len(statements.seen) == 2


class Counting:
    """A database that keeps the statements it is asked."""

    def __init__(self, connection: "psycopg2.extensions.connection") -> None:
        self.seen: list[str] = []
        self._dsn = connection

    def database(self, store: Store) -> object:
        """The store's database, listened to."""
        seen = self.seen

        class Listening(psycopg2.extensions.cursor):
            def execute(self, query: object, values: object = None) -> None:
                seen.append(str(query))
                super().execute(query, values)

        class Database:
            @staticmethod
            def reading() -> object:
                lent = store.database.reading()
                enter = type(lent).__enter__

                class Lent:
                    def __enter__(self) -> object:
                        connection = enter(lent)
                        connection.cursor_factory = Listening
                        return connection

                    def __exit__(self, *error: object) -> None:
                        lent._connection.cursor_factory = None
                        lent.__exit__(*error)

                return Lent()

        return Database()


def test_what_sequences_another_dataset_has_shows_in_no_answer(store: Store, tmp_path: Path) -> None:
    def one(name: str, contig: str) -> Path:
        path = tmp_path / name
        path.write_text(
            f"##fileformat=VCFv4.2\n##contig=<ID={contig}>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
            f"{contig}\t100\t.\tA\tG\t.\t.\tAC=1;AN=2\n"
        )
        return path

    store.load("seen", one("seen.vcf", "GL_SEEN"))
    store.load("hidden", one("hidden.vcf", "GL_HIDDEN"))
    seen = store.variants.release("seen")
    assert seen is not None
    assert store.variants.count(seen, Question(reference="GL_SEEN")) == 1
    for asked, parameter in (
        (Question(reference="GL_HIDDEN"), "referenceName"),
        (Question(mate="GL_HIDDEN"), "mateName"),
    ):
        with pytest.raises(Reason) as refused:
            store.variants.answerable([seen], asked)
        assert f"{parameter} 'GL_HIDDEN' is unknown" in refused.value.public
        assert refused.value.public.count("GL_HIDDEN") == 1
        assert "GL_SEEN" in refused.value.public

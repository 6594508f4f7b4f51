"""What is registered keeps its id, whatever happens to files; manifests, bundles, indexes, verification."""

import gzip
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from database.engine import Database
from drs.domain.checksums import of_bundle
from drs.domain.objects import DrsObject, State
from drs.registering.bundling import Bundling
from drs.registering.manifest import Loading, Reader
from drs.registering.preparing import Preparing
from drs.registering.registrar import Registrar, Report
from drs.registering.verifying import Verifying
from drs.registering.walking import Walking
from drs.storage.local import LocalStore
from drs.storage.location import Location
from drs.storage.store import Stores
from drs.store import objects as store
from drs.store.changing import drop


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder of files, as a sequencing centre leaves one."""
    root = tmp_path / "store"
    for name, data in {
        "run/a.bam": b"bam" * 100,
        "run/a.bam.bai": b"bai",
        "run/b.bam": b"other",
        "run/b.bai": b"short bai",
        "run/deep/er/c.vcf.gz": b"vcf" * 1000,
        "run/deep/er/c.vcf.gz.tbi": b"tbi",
        "run/deep/er/c.vcf.gz.csi": b"csi",
        "run/d.cram": b"cram",
        "run/d.cram.crai": b"crai",
        "run/e.fa.gz": b"fa",
        "run/e.fa.gz.gzi": b"gzi",
        "run/empty.txt": b"",
        "run/odd name (1).txt": b"odd",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


@pytest.fixture
def database(site_database: Database) -> Iterator[Database]:
    yield site_database
    with site_database.unit_of_work() as work:
        for name in ("one", "two"):
            drop(work.raw.cursor(), name)
        work.commit()


@pytest.fixture
def stores(tree: Path) -> Stores:
    return Stores([LocalStore("files", tree)])


def walked(database: Database, stores: Stores, key: str = "run", dataset: str = "one") -> Report:
    walking = Walking(database, stores, dataset, threads=4)
    where = Location("files", key)
    return walking.run(where, walking.extent(where))


def all_of(database: Database, dataset: str = "one") -> dict[str, DrsObject]:
    """Objects by the key of their first place, or by name."""
    with database.reading() as connection:
        found = list(store.everything(connection, dataset, size=3))
    return {each.places[0].key if each.places else each.name or each.id: each for each in found}


def one(database: Database, identifier: str) -> DrsObject:
    with database.reading() as connection:
        return store.find(connection, [identifier], [identifier])[identifier]


def test_a_walk_registers_every_file_with_its_checksums(
    database: Database, stores: Stores, tree: Path
) -> None:
    report = walked(database, stores)
    found = all_of(database)
    files = {str(each.relative_to(tree)): each for each in tree.rglob("*") if each.is_file()}
    assert (report.new, report.known, report.refused) == (len(files), 0, 0)
    assert found.keys() == files.keys()
    for key, each in found.items():
        data = files[key].read_bytes()
        assert each.size == len(data)
        assert each.checksums["sha-256"] == hashlib.sha256(data).hexdigest()
        assert each.checksums["md5"] == hashlib.md5(data).hexdigest()  # noqa: S324
        assert len(each.checksums["crc32c"]) == 8
    assert found["run/odd name (1).txt"].name == "odd_name_1_.txt"


def test_a_second_walk_reads_nothing_and_changes_no_id(
    database: Database, stores: Stores, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    walked(database, stores)
    before = all_of(database)
    real = LocalStore.open
    opened: list[str] = []
    monkeypatch.setattr(
        LocalStore, "open", lambda self, key, *rest: (opened.append(key), real(self, key, *rest))[1]
    )
    report = walked(database, stores)
    assert (report.new, report.known, opened) == (0, len(before), [])
    os.utime(tree / "run/a.bam")  # touched, and the same
    walked(database, stores)
    assert opened == ["run/a.bam"]
    after = all_of(database)
    assert {key: each.id for key, each in after.items()} == {key: each.id for key, each in before.items()}
    assert after["run/a.bam"].places[0].mark != before["run/a.bam"].places[0].mark


def test_a_stopped_walk_goes_on_where_it_was(
    database: Database, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    from drs.registering import walking

    monkeypatch.setattr(walking, "_AT_ONCE", 3)
    done: list[int] = []

    def stop(at: int, _of: int) -> None:
        done.append(at)
        if at > 1_000:
            raise KeyboardInterrupt

    where = Location("files", "run")
    loading = Walking(database, stores, "one", threads=1)
    with pytest.raises(KeyboardInterrupt):
        loading.run(where, loading.extent(where), stop)
    some = len(all_of(database))
    assert 0 < some < 13
    report = walked(database, stores)
    assert (report.known, report.new) == (some, 13 - some)


def test_the_same_bytes_are_one_object_in_a_dataset_and_another_in_another(
    database: Database, stores: Stores, tree: Path
) -> None:
    walked(database, stores)
    first = all_of(database)["run/a.bam"]
    shutil.copy(tree / "run/a.bam", tree / "run/moved.bam")
    walked(database, stores)
    assert {each.key for each in one(database, first.id).places} == {"run/a.bam", "run/moved.bam"}
    (tree / "run/a.bam").unlink()
    walked(database, stores, dataset="two")
    assert all_of(database, "two")["run/moved.bam"].id != first.id


def test_other_bytes_at_a_place_are_another_object_and_the_old_id_never_means_them(
    database: Database, stores: Stores, tree: Path
) -> None:
    walked(database, stores)
    old = all_of(database)["run/b.bam"]
    (tree / "run/b.bam").write_bytes(b"new content")
    walked(database, stores)
    new = all_of(database)["run/b.bam"]
    assert new.id != old.id
    gone = one(database, old.id)
    assert (gone.checksums, gone.places, gone.available) == (old.checksums, (), False)
    (tree / "run/b.bam").write_bytes(b"other")  # and back again
    walked(database, stores)
    assert all_of(database)["run/b.bam"].id == old.id


def test_indexes_belong_to_their_files_whichever_came_first(
    database: Database, stores: Stores, tree: Path
) -> None:
    walked(database, stores, "run/d.cram.crai")
    walked(database, stores, "run/d.cram")
    walked(database, stores)
    found = all_of(database)
    pairs = {}
    with database.reading() as connection:
        for key, each in found.items():
            for kind, index in store.companions(connection, each.id).items():
                pairs[key, kind] = index.places[0].key
    assert pairs == {
        ("run/a.bam", "bai"): "run/a.bam.bai",
        ("run/b.bam", "bai"): "run/b.bai",
        ("run/d.cram", "crai"): "run/d.cram.crai",
        ("run/deep/er/c.vcf.gz", "tbi"): "run/deep/er/c.vcf.gz.tbi",
        ("run/deep/er/c.vcf.gz", "csi"): "run/deep/er/c.vcf.gz.csi",
        ("run/e.fa.gz", "gzi"): "run/e.fa.gz.gzi",
    }
    assert tree.exists()


def test_the_checksum_of_a_bundle_is_that_of_the_standards_text() -> None:
    """md5 of the sorted concatenation: the example of the standard."""
    members = [{"md5": "72794b6d"}, {"md5": "5e089d29"}]
    assert of_bundle(members) == {"md5": hashlib.md5(b"5e089d2972794b6d").hexdigest()}  # noqa: S324
    mixed = [{"md5": "aa", "sha-256": "bb"}, {"sha-256": "aa"}]
    assert of_bundle(mixed) == {"sha-256": hashlib.sha256(b"aabb").hexdigest()}


def test_folders_become_bundles_that_keep_their_id_until_something_in_them_changes(
    database: Database, stores: Stores, tree: Path
) -> None:
    walked(database, stores)

    def bundled() -> DrsObject:
        top = Bundling(database, "one", Report()).run(Location("files", "run"))
        assert top is not None
        return one(database, top)

    top = bundled()
    assert bundled().id == top.id
    files = [each for each in tree.rglob("*") if each.is_file()]
    assert (top.bundle, top.name, top.size) == (True, "run", sum(each.stat().st_size for each in files))
    with database.reading() as connection:
        known = store.members(connection, [top.id], 100, expand=True)
    tree_of = store.contents(top.id, known, expand=True)
    assert [each.name for each in tree_of] == sorted([
        "a.bam", "a.bam.bai", "b.bai", "b.bam", "d.cram", "d.cram.crai", "deep", "e.fa.gz", "e.fa.gz.gzi",
        "empty.txt", "odd_name_1_.txt"])  # fmt: skip
    [deep] = [each for each in tree_of if each.name == "deep"]
    assert deep.contents is not None
    assert deep.contents[0].contents is not None
    assert [each.name for each in deep.contents[0].contents] == ["c.vcf.gz", "c.vcf.gz.csi", "c.vcf.gz.tbi"]
    inner = one(database, deep.contents[0].id)
    sums = [one(database, each.id).checksums["sha-256"] for each in deep.contents[0].contents]
    assert inner.checksums["sha-256"] == hashlib.sha256("".join(sorted(sums)).encode()).hexdigest()
    (tree / "run/deep/er/c.vcf.gz").write_bytes(b"another")
    walked(database, stores)
    assert bundled().id != top.id
    assert one(database, top.id).checksums == top.checksums


def manifest(database: Database, stores: Stores, lines: list[Any], *, trusting: bool = False) -> Report:
    raw = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in lines]
    reader = Reader(database, stores, "one", trusting=trusting)
    return Loading(reader, Registrar(database), 2).run(raw)


def test_a_manifest_keeps_its_ids_and_says_of_each_bad_line_why(
    database: Database, stores: Stores, tree: Path
) -> None:
    run = str(tree / "run")
    md5 = hashlib.md5(b"other").hexdigest()  # noqa: S324
    report = manifest(
        database,
        stores,
        [
            {
                "location": f"{run}/a.bam",
                "id": "a",
                "aliases": ["first"],
                "name": "A.bam",
                "description": "one",
            },
            {"location": f"{run}/b.bam", "checksums": [{"type": "md5", "checksum": md5.upper()}], "size": 5},
            {
                "id": "both",
                "name": "both",
                "contents": [{"name": "A", "id": "a"}, {"name": "again", "id": "first"}],
            },
            {"name": "outer", "contents": [{"name": "inner", "id": "both"}]},
            b"{not json",
            b"[]",
            {"location": f"{run}/b.bam", "size": 6},
            {"location": f"{run}/nothing"},
            {"location": "/etc/passwd"},
            {"location": f"{run}/../../outside"},
            {"location": f"{run}/b.bam", "id": "access"},
            {"location": f"{run}/b.bam", "id": "a b"},
            {"location": f"{run}/b.bam", "id": "a"},
            {"location": f"{run}/b.bam", "sizes": 5},
            {"location": f"{run}/b.bam", "size": "5"},
            {"location": f"{run}/b.bam", "checksums": {"md5": "zz"}},
            {"location": f"{run}/d.cram", "aliases": ["first"]},
            {"contents": [{"name": "x", "id": "nowhere"}]},
            {"contents": []},
            {"location": f"{run}/b.bam", "created_time": "yesterday"},
        ],
    )
    said = "\n".join(report.problems)
    numbers = sorted(
        {int(each.split()[1].rstrip(":")) for each in report.problems if each.startswith("line")}
    )
    assert numbers == [5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 18, 19, 20], said
    assert "of another content" in said
    assert "the alias first is another object's" in said
    assert report.new == 5  # a, b.bam, both, outer, d.cram
    a = one(database, "a")
    assert (a.name, a.description, a.aliases) == ("A.bam", "one", ("first",))
    assert a.checksums["sha-256"] == hashlib.sha256(b"bam" * 100).hexdigest()
    assert one(database, "both").size == 600
    assert manifest(database, stores, [{"location": f"{run}/a.bam", "id": "a"}]).known == 1


def test_a_trusted_manifest_is_taken_without_a_look_and_its_size_is_held_against_the_file(
    database: Database, stores: Stores, tree: Path
) -> None:
    lines = [
        {
            "location": str(tree / f"far/{number}.bin"),
            "size": number,
            "checksums": {"sha-256": f"{number:064x}"},
        }
        for number in range(25_000)
    ]
    report = manifest(database, stores, lines, trusting=True)
    assert (report.new, report.refused) == (25_000, 0)
    again = manifest(database, stores, lines, trusting=True)
    assert (again.new, again.known) == (0, 25_000)
    refused = manifest(database, stores, [{"location": str(tree / "far/x"), "size": 1}], trusting=True)
    assert refused.refused == 1
    for number in (1, 2):
        (tree / "far").mkdir(exist_ok=True)
        (tree / f"far/{number}.bin").write_bytes(b"x")
    found = all_of(database)
    from drs.errors import NotTheBytes
    from drs.places import Places

    places = Places(stores, presigned=False, crypt4gh=False)
    assert places.standing(found["far/1.bin"], "https")[1].size == 1
    with pytest.raises(NotTheBytes):
        places.standing(found["far/2.bin"], "https")


def test_what_has_no_checksum_is_prepared_by_a_worker(database: Database, stores: Stores, tree: Path) -> None:
    reader = Reader(database, stores, "one", trusting=False)
    [made] = Registrar(database).register([reader.file({"location": str(tree / "run/a.bam")}, reads=False)])
    assert one(database, made.id).state is State.PREPARING
    gone = reader.file({"location": str(tree / "run/b.bam"), "id": "gone"}, reads=False)
    Registrar(database).register([gone])
    (tree / "run/b.bam").unlink()
    assert Preparing(database, stores).work() == 2
    ready = one(database, made.id)
    assert ready.state is State.READY
    assert ready.checksums["sha-256"] == hashlib.sha256(b"bam" * 100).hexdigest()
    assert one(database, "gone").state is State.BROKEN
    report = walked(database, stores, "run/a.bam")
    assert (report.known, report.new) == (1, 0)


def test_verification_finds_every_change_and_its_repair(
    database: Database, stores: Stores, tree: Path
) -> None:
    walked(database, stores)
    verifying = Verifying(database, stores, threads=4, reads=True)
    first = verifying.run("one")
    assert (first.well, first.sound) == (13, True)
    found = all_of(database)
    times = (tree / "run/d.cram").stat()
    (tree / "run/a.bam").write_bytes(b"longer than it was" * 100)
    (tree / "run/b.bam").unlink()
    (tree / "run/d.cram").write_bytes(b"marc")  # as long, and as old
    os.utime(tree / "run/d.cram", ns=(times.st_atime_ns, times.st_mtime_ns))
    os.utime(tree / "run/empty.txt")
    second = verifying.run("one")
    assert (second.well, second.changed, second.missing) == (10, 2, 1)
    assert {key for key in found if one(database, found[key].id).state is State.BROKEN} == {
        "run/a.bam", "run/b.bam", "run/d.cram"}  # fmt: skip
    assert all(each.split()[0] in {one.id for one in found.values()} for each in second.problems)
    (tree / "run/a.bam").write_bytes(b"bam" * 100)
    (tree / "run/b.bam").write_bytes(b"other")
    (tree / "run/d.cram").write_bytes(b"cram")
    third = verifying.run("one")
    assert third.sound
    assert all(one(database, each.id).available for each in found.values())


def test_a_compressed_manifest_of_many_is_read_as_it_comes(
    database: Database, stores: Stores, tree: Path, tmp_path: Path
) -> None:
    path = tmp_path / "lines.jsonl.gz"
    with gzip.open(path, "wb") as out:
        out.write(json.dumps({"location": str(tree / "run/a.bam")}).encode() + b"\n\n")
    with gzip.open(path, "rb") as raw:
        report = Loading(Reader(database, stores, "one", trusting=False), Registrar(database), 2).run(raw)
    assert report.new == 1

"""Checksums against other programs, in the order of the walk, and of one state of each file."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from drs.storage.hashing import hashed
from drs.storage.local import LocalStore
from tests.drs.storage.trees import tree


def crc32c(content: bytes) -> str:
    """Castagnoli's, bit by bit as RFC 3720 has it."""
    value = 0xFFFFFFFF
    for byte in content:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return f"{value ^ 0xFFFFFFFF:08x}"


def test_checksums_are_those_of_other_programs(tmp_path: Path):
    for name, size in (("a", 0), ("b", 1), ("c", 1_000), ("sub/d", 300_001), ("sub/e", 262_144)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(os.urandom(size))
    store = LocalStore("s", tmp_path)
    seen: list[int] = []
    found = {each.key: each.digests for each in hashed(store, store.walk(), threads=3, progress=seen.append)}
    assert list(found) == ["a", "b", "c", "sub/d", "sub/e"]
    assert sum(seen) == 1 + 1_000 + 300_001 + 262_144
    for key, digests in found.items():
        assert digests is not None
        for program, ours in (("sha256sum", digests.sha256), ("md5sum", digests.md5)):
            assert subprocess.check_output([program, tmp_path / key], text=True).split()[0] == ours
        assert digests.crc32c == crc32c((tmp_path / key).read_bytes())


def test_known_answers(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"123456789")
    store = LocalStore("s", tmp_path)
    [found] = hashed(store, store.walk(), threads=1)
    assert found.digests is not None
    assert found.digests.crc32c == "e3069283"  # of the catalogue of CRCs
    assert found.digests.md5 == "25f9e794323b453885f5181f1b624d0b"


def test_a_file_that_changes_or_goes_meanwhile_does_not_stop_the_others(tmp_path: Path):
    tree(tmp_path, ["a", "b", "c", "d"])
    store = LocalStore("s", tmp_path)
    walked = list(store.walk())
    (tmp_path / "b").unlink()
    (tmp_path / "c").write_text("something longer")
    found = list(hashed(store, walked, threads=2))
    assert [each.key for each in found] == ["a", "b", "c", "d"]
    assert [each.digests is None for each in found] == [False, True, True, False]
    assert "not the file" in (found[2].problem or "")


@pytest.mark.parametrize("count", [0, 3000])
def test_any_number_of_files_in_order(tmp_path: Path, count: int):
    """More than are under way at a time."""
    tree(tmp_path, [f"{number:05}" for number in range(count)])
    store = LocalStore("s", tmp_path)
    found = list(hashed(store, store.walk(), threads=4))
    assert [each.key for each in found] == [f"{number:05}" for number in range(count)]
    assert all(
        each.digests and each.digests.sha256 == hashlib.sha256(each.key.encode()).hexdigest()
        for each in found
    )


def test_who_stops_does_not_wait_for_a_long_file(tmp_path: Path):
    (tmp_path / "a").write_text("short")
    with (tmp_path / "b").open("wb") as file:
        file.truncate(10_000_000_000_000)  # a hole: hours to read
    store = LocalStore("s", tmp_path)
    running = hashed(store, store.walk(), threads=2)
    assert next(running).key == "a"
    running.close()

"""Folders as stores: no way out of them, an order that can be taken up again, one state of a file or none."""

import os
import socket
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drs.storage.errors import Changed, Missing, Unreachable
from drs.storage.local import LocalStore
from drs.storage.store import Skipped
from tests.drs.storage.trees import tree


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder that is a store, beside a file that is not in it."""
    (tmp_path / "secret.txt").write_text("nobody's business")
    (tmp_path / "root" / "sub").mkdir(parents=True)
    (tmp_path / "root" / "sub" / "a.txt").write_text("here")
    return tmp_path


@pytest.mark.parametrize(
    "key",
    [
        *("../secret.txt", "sub/../../secret.txt", "/etc/passwd", "./sub/a.txt", "sub//a.txt", "sub/./a.txt"),
        *("", "sub/", "..", ".", "sub/a.txt\0", "\0", "a" * 2000, "sub/" + "b" * 300, "\udcff", "sub"),
        *("sub/a.txt/", "sub/a.txt/x", "sub/..", "~/secret.txt", "..\\secret.txt", "%2e%2e/secret.txt"),
    ],
)
def test_a_key_that_is_no_file_of_the_store_is_missing(place: Path, key: str):
    store = LocalStore("s", place / "root")
    for ask in (store.stat, store.open):
        with pytest.raises(Missing) as refused:
            ask(key)
        assert str(place) not in refused.value.public


def test_links_lead_nowhere_even_inside(place: Path):
    root = place / "root"
    (root / "out.txt").symlink_to(place / "secret.txt")
    (root / "in.txt").symlink_to(root / "sub" / "a.txt")
    (root / "up").symlink_to(place)
    (root / "here").symlink_to("sub")
    (root / "loop").symlink_to("loop")
    store = LocalStore("s", root)
    for key in ("out.txt", "in.txt", "up/secret.txt", "here/a.txt", "loop", "loop/a"):
        for ask in (store.stat, store.open):
            with pytest.raises(Missing):
                ask(key)
    skipped = Skipped()
    assert [key for key, _ in store.walk(skipped=skipped)] == ["sub/a.txt"]
    assert (skipped.links, skipped.total) == (5, 5)
    with pytest.raises(Missing):
        list(store.walk("up"))


def test_what_is_no_plain_file_keeps_nobody_waiting(place: Path):
    root = place / "root"
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(root / "socket"))
        store = LocalStore("s", root)
        for key in ("pipe", "socket", "sub"):
            with pytest.raises(Missing):
                store.open(key)
        skipped = Skipped()
        assert [key for key, _ in store.walk(skipped=skipped)] == ["sub/a.txt"]
    assert skipped.special == 2


@pytest.mark.parametrize("swapped", ["folder", "file"])
def test_somebody_who_swaps_links_in_never_gets_another_file_out(place: Path, swapped: str):
    root = place / "root"
    (place / "a.txt").write_text("outside, and not to be had")
    ends = threading.Event()

    def swap() -> None:
        """The name is by turns the thing itself and a link to what lies outside."""
        name, target = (root / "sub", place) if swapped == "folder" else (root / "sub/a.txt", place / "a.txt")
        kept, link = name.with_name("kept"), name.with_name("link")
        while not ends.is_set():
            link.symlink_to(target)
            name.rename(kept)
            link.rename(name)
            name.unlink()
            kept.rename(name)

    attacker = threading.Thread(target=swap)
    attacker.start()
    store, read, refused = LocalStore("s", root), 0, 0
    try:
        while read < 200 or refused < 50:
            try:
                with store.open("sub/a.txt") as source:
                    assert source.read(0, source.stat.size) == b"here"
                read += 1
            except Missing:
                refused += 1
            assert all((root / key).name == "here" or stat.size == 4 for key, stat in store.walk())
    finally:
        ends.set()
        attacker.join()


@given(
    st.lists(
        st.lists(
            st.text("ab-./~", min_size=1, max_size=3).filter(lambda x: "/" not in x), min_size=1, max_size=3
        ),
        max_size=12,
    )
)
def test_a_walk_is_in_order_of_keys_and_goes_on_after_any(tmp_path_factory: pytest.TempPathFactory, paths):
    root = tmp_path_factory.mktemp("tree")
    files = tree(root, ["/".join(parts) for parts in paths])
    shown = sorted(
        (each for each in files if not any(p[0] == "." or p[-1] == "~" for p in each.split("/"))),
        key=str.encode,
    )
    store = LocalStore("s", root)
    assert [key for key, _ in store.walk()] == shown
    for key in files:
        assert [each for each, _ in store.walk(after=key)] == [each for each in shown if each > key]


def test_a_walk_of_a_part_is_of_that_part(place: Path):
    store = LocalStore("s", place / "root")
    tree(place / "root", ["sub.txt", "subs/b", "z", "sub/c/d"])
    assert [key for key, _ in store.walk("sub")] == ["sub/a.txt", "sub/c/d"]
    assert [key for key, _ in store.walk("sub.txt")] == ["sub.txt"]
    assert [key for key, _ in store.walk("sub", after="sub/a.txt")] == ["sub/c/d"]
    with pytest.raises(Missing):
        list(store.walk("nothing"))


def test_what_a_walk_leaves_out_is_counted(place: Path):
    tree(place / "root", [".hidden", ".git/config", "x.part", "y.TMP", "z~", "tmp.txt"])
    (place / "root" / os.fsdecode(b"not-\xff-utf8")).write_text("")
    skipped = Skipped()
    store = LocalStore("s", place / "root")
    assert [key for key, _ in store.walk(skipped=skipped)] == ["sub/a.txt", "tmp.txt"]
    assert (skipped.hidden, skipped.temporary, skipped.unnamable) == (2, 3, 1)


def test_a_file_is_one_state_or_not_given(place: Path):
    path = place / "root" / "sub" / "a.txt"
    store = LocalStore("s", place / "root")
    was = store.stat("sub/a.txt")
    path.write_text("othr")  # as long as before
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))
    with pytest.raises(Changed) as refused:
        store.open("sub/a.txt", was)
    assert str(place) not in refused.value.public
    with store.open("sub/a.txt") as source:
        with path.open("a") as file:
            file.write("more")
        with pytest.raises(Changed):
            source.read(0, 1)
    with store.open("sub/a.txt") as source:
        os.truncate(path, 2)
        with pytest.raises(Changed):
            source.read(2, 8)
    with store.open("sub/a.txt") as source:
        path.unlink()
        path.write_text("a new file of that name")
        assert source.read(0, 2) == b"ot"  # of the one that was opened, whole


def test_a_change_in_the_middle_ends_a_stream(place: Path):
    path = place / "root" / "large"
    path.write_bytes(bytes(3_000_000))
    with LocalStore("s", place / "root").open("large") as source:
        pieces = source.chunks(0, 3_000_000)
        next(pieces)
        with path.open("r+b") as file:
            file.write(b"x")
        with pytest.raises(Changed):
            list(pieces)


def test_a_closed_file_is_not_another_one(place: Path):
    """The number of a closed descriptor is soon another file's: nobody may read through it."""
    store = LocalStore("s", place / "root")
    source = store.open("sub/a.txt")
    with source.descriptor() as number:
        source.close()
        assert os.fstat(number).st_size == 4  # still there for whom has it
    with (place / "secret.txt").open() as secret:
        os.dup2(secret.fileno(), number)
        try:
            with pytest.raises(ValueError, match="closed"):
                source.read(0, 4)
        finally:
            os.close(number)


def test_a_disk_that_is_away_is_not_a_missing_file(place: Path):
    store = LocalStore("s", place / "away")
    for ask in (store.stat, store.open):
        with pytest.raises(Unreachable):
            ask("sub/a.txt")

"""Callers who read slowly, or not at all, or go; files that change; memory that stays flat."""

import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from drs.streaming import sending
from serving.protocol import Protocol
from tests.drs.streaming.streamed import Site, ask, connected, eventually, site

LARGE = 64_000_000


@pytest.fixture(params=["sendfile", "read"])
def running(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """Both ways in which bytes go out."""
    if request.param == "read":
        monkeypatch.setattr(sending, "LEAST", 1 << 60)
    with (tmp_path / "large").open("wb") as file:
        block = random.Random(1).randbytes(1_000_000)
        for _ in range(LARGE // len(block)):
            file.write(block)
    (tmp_path / "small").write_bytes(b"small")
    with site(tmp_path) as running:
        yield running


def sources_closed(running: Site) -> bool:
    return all(source._descriptor == -1 for source in running.core.sources)  # type: ignore[attr-defined]


def _rest(connection: socket.socket) -> int:
    """Bytes until the connection ends, however it does."""
    got = 0
    try:
        while piece := connection.recv(1 << 20):
            got += len(piece)
    except ConnectionResetError:
        pass
    return got


def test_everybody_is_answered_while_many_read_nothing(running: Site):
    url = running.link("large")
    idle = [connected(url, room=4096) for _ in range(40)]
    try:
        assert eventually(lambda: len(running.core.sources) == 40)
        for _ in range(20):
            assert running.get("small").body == b"small"
    finally:
        for each in idle:
            each.close()
    assert eventually(lambda: len(running.core.done) == 60)
    assert sources_closed(running)


def test_who_takes_nothing_is_let_go(running: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Protocol, "stall_seconds", 0.5)
    with connected(running.link("large"), room=4096) as idle:
        assert eventually(lambda: len(running.core.done) == 1)
        assert sources_closed(running)
        assert _rest(idle) < LARGE


def test_who_takes_slowly_gets_everything(running: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Protocol, "stall_seconds", 2.0)
    stop = LARGE // 4
    with connected(
        running.link("large"), f"Range: bytes=0-{stop - 1}\r\nConnection: close\r\n", 65_536
    ) as slow:
        got = 0
        while piece := slow.recv(200_000):
            got += len(piece)
            time.sleep(0.005)
    assert got > stop
    assert eventually(lambda: running.core.done == [stop])


def test_who_goes_frees_everything(running: Site):
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(10):
        connection = connected(running.link("large"))
        connection.recv(100_000)
        connection.close()
    assert eventually(lambda: len(running.core.done) == 10)
    assert all(0 <= sent < LARGE for sent in running.core.done)
    assert sources_closed(running)
    assert eventually(lambda: len(list(Path("/proc/self/fd").iterdir())) <= before)


@pytest.mark.parametrize("how", ["written", "truncated", "last byte"])
def test_a_file_that_changes_meanwhile_never_comes_to_its_end(running: Site, how: str):
    path = running.core.store.root / "large"
    with connected(running.link("large"), "Connection: close\r\n", 4096) as connection:
        first = connection.recv(1000)
        assert b"200 OK" in first
        if how == "truncated":
            os.truncate(path, LARGE // 2)
        else:
            with path.open("r+b") as file:
                file.seek(LARGE - 1 if how == "last byte" else LARGE // 2)
                file.write(b"\0")
        assert len(first) + _rest(connection) < LARGE
    assert eventually(lambda: len(running.core.done) == 1)
    assert ask(running.link("small")).body == b"small"


def test_a_file_that_is_replaced_meanwhile_is_the_one_that_was_opened(running: Site):
    root = running.core.store.root
    was = (root / "large").read_bytes()
    with connected(running.link("large"), "Connection: close\r\n", 4096) as connection:
        got = connection.recv(1000)
        (root / "new").write_bytes(b"\0" * LARGE)
        (root / "new").rename(root / "large")
        pieces = [got]
        while piece := connection.recv(1 << 20):
            pieces.append(piece)
    assert b"".join(pieces).partition(b"\r\n\r\n")[2] == was


def test_memory_is_flat_however_much_is_asked_for(running: Site):
    """Sixteen at a time, whole and in the worst ranges: their sum is a gigabyte."""
    ask(running.link("large"), {"Range": "bytes=0-9999999"})
    process = psutil.Process()
    before, most, ends = process.memory_info().rss, 0, threading.Event()
    ranges = ",".join(f"{n * 1_000_000}-{n * 1_000_000 + 999_998}" for n in range(64))

    def drain(header: str) -> None:
        with connected(running.link("large"), header + "Connection: close\r\n") as connection:
            room = bytearray(65_536)
            while connection.recv_into(room):
                pass

    threads = [
        threading.Thread(target=drain, args=(header,)) for header in ("", f"Range: bytes={ranges}\r\n") * 8
    ]
    for each in threads:
        each.start()
    while any(each.is_alive() for each in threads):
        most = max(most, process.memory_info().rss)
        ends.wait(0.02)
    assert most - before < 60_000_000
    assert eventually(lambda: len(running.core.done) == 17)
    assert sum(running.core.done) > 16 * LARGE * 0.99


def test_one_caller_cannot_take_every_place(tmp_path: Path):
    (tmp_path / "large").write_bytes(bytes(LARGE))
    with site(tmp_path, streams=8) as running:
        mine = [connected(running.link("large", bearer="me"), room=4096) for _ in range(2)]
        try:
            assert eventually(lambda: len(running.core.sources) == 2)
            refused = running.get("large", {"Range": "bytes=0-1"}, bearer="me")
            assert (refused.status, "retry-after" in refused.headers) == (503, True)
            assert running.get("large", {"Range": "bytes=0-1"}, bearer="you").body == b"\0\0"
        finally:
            for each in mine:
                each.close()
        assert eventually(lambda: running.get("large", {"Range": "bytes=0-1"}, bearer="me").status == 206)


def test_several_answers_on_one_connection_are_in_order(running: Site):
    """Pipelined requests: what is sent unread is not mixed with what is written."""
    first, second = (running.link(name).removeprefix(running.url) for name in ("large", "small"))
    host, port = running.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        for path in (first, second):
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        answer = connection.makefile("rb")
        for expected in ((running.core.store.root / name).read_bytes() for name in ("large", "small")):
            assert answer.readline() == b"HTTP/1.1 200 OK\r\n"
            while answer.readline() != b"\r\n":
                pass
            assert answer.read(len(expected)) == expected

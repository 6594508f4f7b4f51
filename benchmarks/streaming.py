"""Bytes on their way out, beside other servers of files here, and registration beside `sha256sum`.

A file in the page cache is fetched over the loopback interface by a client that throws everything away in
the kernel (`MSG_TRUNC`), so that servers are measured and not it. Rounds are interleaved. Ours is the whole
way: a signed URL read, the file opened through its store, confirmed against changes as it goes out.
"""

import hashlib
import http.server
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from starlette.types import ASGIApp

from benchmarks.tables import Cell, table
from drs.storage.hashing import hashed
from drs.storage.local import LocalStore
from drs.streaming.links import Link, Links
from drs.streaming.opened import Opened
from drs.streaming.route import streaming_app
from serving.access import record_decision
from serving.front import compose
from serving.listening import listen
from serving.request import RequestFacts
from serving.running import serve
from serving.settings import ServingSettings
from serving.workers import Workers

BYTES = 2_000_000_000
BYTES_QUICK = 300_000_000
ROUNDS = 5
SMALL = 20_000
SMALL_QUICK = 5_000
_SECRET = bytes(32)
_NAME = "large.bin"
_BASE = "/bytes"


@dataclass(frozen=True, slots=True)
class _Server:
    """Something that answers, and the processes that do the work."""

    name: str
    url: str
    pids: tuple[int, ...]


def measure(folder: Path, *, quick: bool) -> str:
    """Two tables: streaming and registration."""
    home = folder / "streaming"
    _make_large(home, BYTES_QUICK if quick else BYTES)
    _make_small(home, SMALL_QUICK if quick else SMALL)
    return f"{_streaming(home)}\n\n{_registration(home)}"


def _make_large(home: Path, size: int) -> None:
    path = home / "files" / _NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.stat().st_size != size:
        block = os.urandom(1 << 20)
        with path.open("wb") as file:
            for start in range(0, size, len(block)):
                file.write(block[: size - start])


def _make_small(home: Path, count: int) -> None:
    root = home / f"small-{count}"
    for number in range(0 if root.exists() else count):
        path = root / f"{number // 1000:03}" / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(8_000))


def _streaming(home: Path) -> str:
    with ExitStack() as stack:
        ways = (_nginx(home), _python(home), _ours(home))
        servers = [stack.enter_context(each) for each in ways if each]
        digest = _digest(servers[-1].url)
        if digest != _sha256(home / "files" / _NAME):
            raise RuntimeError("what was streamed is not the file")
        seconds: dict[str, list[float]] = {each.name: [] for each in servers}
        spent: dict[str, list[float]] = {each.name: [] for each in servers}
        for _ in range(ROUNDS):
            for each in servers:
                before = _processor(each.pids)
                seconds[each.name].append(_fetch(each.url))
                spent[each.name].append(_processor(each.pids) - before)
    size = (home / "files" / _NAME).stat().st_size / 1e6
    base = median(seconds[servers[0].name])
    rows: list[list[Cell]] = [
        [
            each.name,
            size / median(seconds[each.name]),
            size / min(seconds[each.name]),
            round(100 * base / median(seconds[each.name])),
            median(spent[each.name]) / size * 1e3,
        ]
        for each in servers
    ]
    note = "" if _program() else "\n\nnginx is not here (Debian: nginx-light): beside the first row only."
    columns = ("server", "MB/s (median)", "MB/s (best)", "% of first", "processor s/GB")
    return table(columns, rows) + note


def _registration(home: Path) -> str:
    rows: list[list[Cell]] = []
    large, small = home / "files", next(home.glob("small-*"))
    for name, root in (("one large file", large), ("small files of 8 kB", small)):
        files = [each for each in root.rglob("*") if each.is_file()]
        size = sum(each.stat().st_size for each in files) / 1e6
        ours, theirs = _hash_ours(root), _hash_theirs(root)
        rows.append([name, len(files), size / ours, size / theirs, len(files) / ours * 60])
    return table(("what", "files", "ours MB/s", "sha256sum MB/s", "ours files/min"), rows)


def _hash_ours(root: Path) -> float:
    """Three digests of each file, found by a walk."""
    began = time.perf_counter()
    store = LocalStore("measured", root)
    if any(each.problem for each in hashed(store, store.walk(), threads=len(os.sched_getaffinity(0)))):
        raise RuntimeError("a file could not be hashed")
    return time.perf_counter() - began


def _hash_theirs(root: Path) -> float:
    """One digest of each file, on all cores as well."""
    began = time.perf_counter()
    cores = str(len(os.sched_getaffinity(0)))
    find = subprocess.Popen(["find", str(root), "-type", "f", "-print0"], stdout=subprocess.PIPE)
    subprocess.run(
        ["xargs", "-0", "-n", "200", "-P", cores, "sha256sum"],
        stdin=find.stdout,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    find.wait()
    return time.perf_counter() - began


@contextmanager
def _child(name: str, url: str, work: Callable[[], object]) -> Iterator[_Server]:
    """A server in a process of its own, until the end of the block."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(1)
    try:
        _await(url)
        yield _Server(name, url, (pid,))
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)


def _ours(home: Path) -> "contextmanager[_Server]":  # type: ignore[type-arg]
    bound = listen("127.0.0.1", 0)
    links = Links(_SECRET, f"http://127.0.0.1:{bound.getsockname()[1]}{_BASE}")
    store = LocalStore("measured", home / "files")
    link = Link(_NAME, "measured", int(time.time()) + 86_400, store.stat(_NAME).mark)
    work = lambda: serve(_app(links, store), bound, ServingSettings(access_log=False))  # noqa: E731
    return _child("ours", links.url(link), work)


def _app(links: Links, store: LocalStore) -> ASGIApp:
    def opens(link: Link, _request: RequestFacts) -> Opened:
        record_decision()
        source = store.open(link.object_id)
        return Opened(source, "", link.object_id, link.mark, source.stat.modified, lambda _: None)

    workers = Workers(10, 1000)
    app = streaming_app(links, opens, base_path=_BASE, error_body=_error, workers=workers)
    return compose({_BASE: app}, settings=ServingSettings(access_log=False))


def _error(status: int, message: str, _request: RequestFacts) -> dict[str, object]:
    return {"status_code": status, "msg": message}


def _python(home: Path) -> "contextmanager[_Server]":  # type: ignore[type-arg]
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(home / "files"))  # type: ignore[arg-type]

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    url = f"http://127.0.0.1:{server.server_port}/{_NAME}"
    return _child("python -m http.server", url, server.serve_forever)


def _program() -> str | None:
    return shutil.which("nginx") or shutil.which("/usr/sbin/nginx")


def _nginx(home: Path) -> "contextmanager[_Server] | None":  # type: ignore[type-arg]
    return _running_nginx(home, program) if (program := _program()) else None


@contextmanager
def _running_nginx(home: Path, program: str) -> Iterator[_Server]:
    with listen("127.0.0.1", 0) as bound:
        port = bound.getsockname()[1]
    place = home / "nginx"
    place.mkdir(exist_ok=True)
    temporary = "".join(f"{each}_temp_path {place}/{each};" for each in _TEMPORARY)
    (place / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {place}/pid; error_log {place}/error.log;"
        "events { worker_connections 64; }"
        f"http {{ access_log off; sendfile on; tcp_nopush on; {temporary}"
        f"server {{ listen 127.0.0.1:{port}; root {home}/files; }} }}"
    )
    child = subprocess.Popen([program, "-c", str(place / "nginx.conf"), "-e", f"{place}/error.log"])
    try:
        url = f"http://127.0.0.1:{port}/{_NAME}"
        _await(url)
        yield _Server("nginx", url, (child.pid,))
    finally:
        child.terminate()
        child.wait()


_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def _await(url: str) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            with _asked(url, "HEAD") as connection:
                if connection.recv(12) == b"HTTP/1.1 200" or time.monotonic() > until:
                    return
        except OSError:
            if time.monotonic() > until:
                raise
        time.sleep(0.05)


def _asked(url: str, method: str) -> socket.socket:
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=60)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    connection.sendall(f"{method} {target} HTTP/1.1\r\nHost: measured\r\nConnection: close\r\n\r\n".encode())
    return connection


def _fetch(url: str) -> float:
    """Seconds until the last byte has come."""
    began = time.perf_counter()
    with _asked(url, "GET") as connection:
        room = bytearray(1 << 20)
        while connection.recv_into(room, len(room), socket.MSG_TRUNC):
            pass
    return time.perf_counter() - began


def _digest(url: str) -> str:
    with _asked(url, "GET") as connection, connection.makefile("rb") as answer:
        while answer.readline() != b"\r\n":
            pass
        return hashlib.file_digest(answer, "sha256").hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _processor(pids: tuple[int, ...]) -> float:
    """Processor seconds that the processes have spent."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")

"""A folder behind the route, over real sockets: what was opened, what was let go, and raw requests."""

import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from drs.storage.local import LocalStore
from drs.storage.store import Source, Store
from drs.streaming.links import Link, Links
from drs.streaming.opened import Opened
from drs.streaming.route import Reencrypts, streaming_app
from serving.access import record_decision
from serving.front import compose
from serving.request import RequestFacts
from serving.settings import ServingSettings
from serving.testing import served
from serving.workers import Workers

BASE = "/ga4gh/drs/bytes"
SECRET = b"s" * 32
MODIFIED = 1_700_000_000.0


def error_body(status: int, message: str, _request: RequestFacts) -> dict[str, object]:
    """DRS's."""
    return {"status_code": status, "msg": message}


@dataclass
class Core:
    """In the place of DRS's core: every link opens the file of its id, unless `refuses` says otherwise."""

    store: Store
    decides: bool = True
    refuses: Exception | None = None
    media_type: str = "application/vnd.ga4gh.bam"
    filename: str | None = None
    etag: str | None = None
    wrap: object = None
    sources: list[Source] = field(default_factory=list)
    requests: list[RequestFacts] = field(default_factory=list)
    done: list[int] = field(default_factory=list)

    def __call__(self, link: Link, request: RequestFacts) -> Opened:
        """What `Opens` is."""
        self.requests.append(request)
        if self.decides:
            record_decision()
        if self.refuses is not None:
            raise self.refuses
        source = self.store.open(link.object_id)
        self.sources.append(source)
        return Opened(
            source=self.wrap(source) if callable(self.wrap) else source,
            media_type=self.media_type,
            filename=link.object_id if self.filename is None else self.filename,
            etag=self.etag or source.stat.mark,
            last_modified=MODIFIED,
            done=self.done.append,
        )


@dataclass
class Site:
    """Where it answers."""

    url: str
    core: Core
    links: Links

    def link(self, path: str, /, **said: object) -> str:
        """A signed URL of the file."""
        stated = {"bearer": "b", "expires": int(time.time()) + 600, "mark": self.core.store.stat(path).mark}
        return self.links.url(Link(path, **{**stated, **said}))

    def get(
        self, path: str, headers: dict[str, str] | None = None, verb: str = "GET", **said: object
    ) -> "Answer":
        """The answer to a request for the file, as it is on the wire."""
        return ask(self.link(path, **said), headers, verb)


@dataclass
class Answer:
    """Status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(url: str, headers: dict[str, str] | None = None, method: str = "GET") -> Answer:
    """The answer, read by Python's own client."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    try:
        connection.request(
            method, f"{parts.path}?{parts.query}" if parts.query else parts.path, headers=headers or {}
        )
        answer = connection.getresponse()
        return Answer(
            answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        )
    finally:
        connection.close()


def connected(url: str, headers: str = "", room: int | None = None) -> socket.socket:
    """A connection on which the file was asked for, and nothing read; `room` bounds what waits here."""
    parts = urlsplit(url)
    connection = socket.socket()
    if room is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    connection.settimeout(60)
    connection.connect((parts.hostname, parts.port))
    connection.sendall(f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())
    return connection


@contextmanager
def site(place: Path | Store, reencrypts: Reencrypts | None = None, **options: object) -> Iterator[Site]:
    """The route over the folder or store; `options` are the app's."""
    core = Core(LocalStore("s", place) if isinstance(place, Path) else place)
    links = Links(SECRET, "")
    workers = Workers(4, 100)
    app = streaming_app(
        links, core, base_path=BASE, error_body=error_body, workers=workers, reencrypts=reencrypts, **options
    )
    settings = ServingSettings(cors_origins=("https://portal.example",))
    with served(compose({BASE: app}, settings=settings, closing=[workers.close])) as url:
        yield Site(url, core, Links(SECRET, url + BASE))


def eventually(is_so, seconds: float = 20.0) -> bool:
    """Whether it is so before long."""
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True

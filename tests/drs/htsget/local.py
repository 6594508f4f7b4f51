"""htsget over local files: sources that count what is read, objects by id, a route for ranges."""

import os
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from drs.htsget.app import BASE_PATH, create_app
from drs.htsget.files import HtsFile
from drs.htsget.settings import HtsgetSettings
from drs.storage.location import Stat
from governance.caller import ANONYMOUS
from serving.access import record_decision
from serving.front import compose
from serving.reasons import Missing, Refused, TokenInvalid

INDEXES = ("bai", "csi", "tbi", "crai")
READS = ("BAM", "CRAM")


class CountedSource:
    """A local file as a source; `read_bytes` is how much was read of it."""

    def __init__(self, path, counts):
        self._path = path
        self._file = path.open("rb")
        found = path.stat()
        self.stat = Stat(found.st_size, f"{found.st_ino}-{found.st_mtime_ns}", found.st_mtime)
        self._counts = counts
        self._lock = threading.Lock()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def read(self, start, stop):
        assert 0 <= start <= stop <= self.stat.size, (start, stop, self.stat.size)
        found = os.pread(self._file.fileno(), stop - start, start)
        assert len(found) == stop - start
        with self._lock:
            self._counts[self._path.name] += len(found)
        return found

    def chunks(self, start, stop):
        for at in range(start, stop, 100_003):
            yield self.read(at, min(at + 100_003, stop))

    def close(self):
        self._file.close()

    @property
    def closed(self):
        return self._file.closed


@dataclass
class LocalFiles:
    """Objects by id: a path, its format, and its index if any. Notes what it was asked."""

    base_url: str = "http://testserver"
    objects: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)
    opened: list = field(default_factory=list)

    def add(self, path, format_, index=None, identifier=None):
        """The id of an object that is now there."""
        identifier = identifier or f"o{len(self.objects)}"
        self.objects[identifier] = (Path(path), format_, Path(index) if index else None)
        return identifier

    def open(self, identifier, kind, caller, request, asked):
        record_decision()
        self.asked.append((identifier, kind, caller, request.id, asked))
        if identifier == "forbidden":
            raise Refused("It is not for you.")
        if identifier not in self.objects:
            raise Missing("There is no such object.")
        path, format_, index = self.objects[identifier]
        if (format_ in READS) != (kind == "reads"):
            raise Missing("There is no such object.")
        source = CountedSource(path, self.counts)
        index_source = CountedSource(index, self.counts) if index else None
        self.opened += [each for each in (source, index_source) if each]
        kind_of_index = index.suffix.removeprefix(".") if index else ""
        url = f"{self.base_url}/blocks/{identifier}"
        return HtsFile(format_, source, index_source, kind_of_index, lambda: (url, {"X-Block": "granted"}))

    async def blocks(self, scope, _receive, send):
        """The plain route of ranges: 206 with what `Range` says, only for who sends what the ticket says."""
        headers = dict(scope["headers"])
        identifier = scope["path"].removeprefix("/blocks/")
        found = re.fullmatch(rb"bytes=(\d+)-(\d+)", headers.get(b"range", b""))
        if headers.get(b"x-block") != b"granted" or not found or b"authorization" in headers:
            await _send(send, 400, b"")
            return
        data = self.objects[identifier][0].read_bytes()
        start, last = int(found[1]), int(found[2])
        await _send(send, 206 if start <= last < len(data) else 416, data[start : last + 1])


async def _send(send, status, body):
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/octet-stream")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def identify(authorization, _passports=()):
    if authorization == "Bearer broken":
        raise TokenInvalid("This token does not hold.")
    return ANONYMOUS


def app_of(files, settings=None, **serving):
    """The whole app: tickets, and the ranges that they name."""
    settings = settings or HtsgetSettings()
    options = {"validate_responses": True, **serving}
    made = create_app(settings, files=files, identify=identify, **options)
    return compose({BASE_PATH: made, "/blocks": files.blocks})

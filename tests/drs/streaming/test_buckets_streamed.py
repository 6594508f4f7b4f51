"""Objects of a bucket through this site, where callers may not have URLs of the bucket's own."""

import hashlib
import random
import time
from collections.abc import Iterator

import psutil
import pytest

from drs.storage.opening import open_stores
from tests.drs.storage.buckets import put, s3_server, stores_file
from tests.drs.streaming.streamed import Site, ask, connected, eventually, site

LARGE = random.Random(2).randbytes(1_000_000) * 96


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("bucket")
    with s3_server(folder) as server:
        put(server, "runs", {"large.bam": LARGE, "a/small.txt": b"small", "changing": b"one"})
        stores_file(folder, server, "runs")
        with site(open_stores(folder).get("b")) as running:
            running.bucket = server  # type: ignore[attr-defined]
            yield running


def test_an_object_is_streamed_and_in_ranges(running: Site):
    whole = running.get("large.bam")
    assert whole.headers["content-length"] == str(len(LARGE))
    assert hashlib.sha256(whole.body).digest() == hashlib.sha256(LARGE).digest()
    part = running.get("large.bam", {"Range": "bytes=1000001-3000000"})
    assert (part.status, part.body) == (206, LARGE[1_000_001:3_000_001])
    several = running.get("a/small.txt", {"Range": "bytes=0-0,-1"})
    assert several.body.count(b"Content-Range: bytes ") == 2
    assert running.get("large.bam", {"If-None-Match": whole.headers["etag"]}).status == 304


def test_an_object_that_changed_is_not_given(running: Site):
    link = running.link("changing")
    put(running.bucket, "runs", {"changing": b"two"})
    assert ask(link).status == 409
    assert running.get("changing").body == b"two"


def test_who_reads_nothing_holds_little_memory_and_no_thread(running: Site):
    running.get("a/small.txt")
    before, asked = psutil.Process().memory_info().rss, len(running.core.requests) + 13
    idle = [connected(running.link("large.bam"), room=4096) for _ in range(12)]
    try:
        time.sleep(3)  # for whatever is fetched ahead to be fetched
        assert psutil.Process().memory_info().rss - before < 12 * 8_000_000
        assert running.get("a/small.txt").body == b"small"
    finally:
        for each in idle:
            each.close()
    assert eventually(lambda: len(running.core.done) == asked)

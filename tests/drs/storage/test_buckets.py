"""Buckets over S3's protocol: read, walked, hashed, presigned; one state of an object or none; no secrets."""

import hashlib
import logging
import os
import time
import traceback
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest

from drs.storage.errors import Changed, Missing, Unreachable, Unwalkable
from drs.storage.hashing import hashed
from drs.storage.location import Location
from drs.storage.opening import check_stores, open_stores
from drs.storage.store import Skipped, Store
from tests.drs.storage.buckets import SECRET, SIGNED, certificates, put, s3_server, stores_file

LARGE = os.urandom(3_000_001)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with s3_server(tmp_path_factory.mktemp("moto")) as url:
        yield url


def opened(data: Path, server: str, bucket: str, objects: dict[str, bytes], **options) -> Store:
    """A store of a new bucket with these objects."""
    versioned = options.pop("versioned", False)
    put(server, bucket, objects, versioned=versioned)
    stores_file(data, server, bucket, **options)
    return open_stores(data).get("b")


def test_objects_are_read_in_parts_and_as_a_whole(tmp_path: Path, server: str):
    store = opened(
        tmp_path, server, "reading", {"a/large.bin": LARGE, "empty": b"", "a/ü 100%+?#.txt": b"odd"}
    )
    with store.open("a/large.bin") as source:
        assert source.stat.size == len(LARGE)
        for start, stop in ((0, 10), (5, 5), (999, 2_500_000), (len(LARGE) - 1, len(LARGE)), (0, len(LARGE))):
            assert source.read(start, stop) == LARGE[start:stop]
        pieces = list(source.chunks(0, len(LARGE)))
        assert b"".join(pieces) == LARGE
        assert max(map(len, pieces)) < 2_100_000
    with store.open("a/ü 100%+?#.txt") as source:
        assert source.read(0, 3) == b"odd"
    with store.open("empty") as source:
        assert source.read(0, 0) == b""
    for key in ("nothing", "a", "../reading/empty", "a//large.bin", "a\nb", ""):
        with pytest.raises(Missing):
            store.stat(key)


def test_an_object_is_one_state_or_not_given(tmp_path: Path, server: str):
    store = opened(tmp_path, server, "changing", {"a": LARGE})
    was = store.stat("a")
    source = store.open("a", was)
    pieces = source.chunks(0, len(LARGE))
    put(server, "changing", {"a": LARGE[::-1]})
    with pytest.raises(Changed):
        store.open("a", was)
    with pytest.raises(Changed):
        source.read(0, 10)
    with pytest.raises(Changed):
        list(pieces)


def test_a_new_version_is_a_change_even_with_the_same_bytes(tmp_path: Path, server: str):
    store = opened(tmp_path, server, "versions", {"a": b"same"}, versioned=True)
    was = store.stat("a")
    put(server, "versions", {"a": b"same"}, versioned=True)
    assert store.stat("a").mark != was.mark
    with pytest.raises(Changed):
        store.open("a", was)


def test_a_walk_is_sorted_resumed_and_hashed_by_streaming(tmp_path: Path, server: str):
    objects = {f"run/{number:04}.txt": str(number).encode() for number in range(1_205)}
    objects |= {"run.txt": b"1", "run/.hidden": b"", "run/a.part": b"", "zz/large": LARGE}
    store = opened(tmp_path, server, "walking", objects)
    skipped = Skipped()
    keys = [key for key, _ in store.walk(skipped=skipped)]
    assert keys == sorted(set(objects) - {"run/.hidden", "run/a.part"}, key=str.encode)
    assert (skipped.hidden, skipped.temporary) == (1, 1)
    assert [key for key, _ in store.walk("run", after="run/1200.txt")] == [
        f"run/{n}.txt" for n in range(1201, 1205)
    ]
    assert [key for key, _ in store.walk("run.txt")] == ["run.txt"]
    with pytest.raises(Missing):
        list(store.walk("none"))
    [large] = hashed(store, store.walk("zz"), threads=2)
    assert large.digests is not None
    assert large.digests.sha256 == hashlib.sha256(LARGE).hexdigest()


def test_a_store_may_be_a_part_of_a_bucket(tmp_path: Path, server: str):
    store = opened(tmp_path, server, "parts", {"ours/a": b"a", "ours2/b": b"b", "c": b"c"}, prefix="/ours")
    assert [key for key, _ in store.walk()] == ["a"]
    for key in ("b", "../c", "ours/a"):
        with pytest.raises(Missing):
            store.open(key)
    stores = open_stores(tmp_path)
    assert stores.locate("s3://parts/ours/x/y") == Location("b", "x/y")
    assert stores.locate("s3://parts/ours/") == Location("b", "")
    assert store.key_of("s3://parts/ours2/b") is None


def test_a_key_that_no_path_has_is_said_and_not_passed_over(tmp_path: Path, server: str):
    store = opened(tmp_path, server, "odd", {"a": b"", "fine/b": b""})
    connection = HTTPConnection(server.removeprefix("http://"))
    connection.request("PUT", "/odd/./y", headers={"Content-Length": "0", **SIGNED})  # as no library sends it
    assert connection.getresponse().status == 200
    connection.close()
    with pytest.raises(Unwalkable, match="empty part"):
        list(store.walk())
    assert [key for key, _ in store.walk("fine")] == ["fine/b"]


def test_presigned_urls_are_of_one_object_for_a_while(tmp_path: Path, server: str):
    store = opened(tmp_path, server, "signing", {"a/ü b.txt": b"content"})
    url = store.presigned("a/ü b.txt", 60)
    assert url is not None
    query = httpx.URL(url).params
    assert (query["X-Amz-Expires"], query["X-Amz-Algorithm"]) == ("60", "AWS4-HMAC-SHA256")
    assert query["X-Amz-Credential"].startswith("SITE/")
    assert SECRET not in url
    assert httpx.get(url).content == b"content"
    (tmp_path / "storage" / "stores.toml").unlink()
    stores_file(tmp_path, server, "signing", more="presigned = false")
    assert open_stores(tmp_path).get("b").presigned("a/ü b.txt", 60) is None


def test_credentials_are_those_of_the_file_whatever_the_environment_says(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "OTHERS")
    for name in ("AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    store = opened(tmp_path, server, "mixing", {"a": b"a"})
    with store.open("a") as source:
        assert source.read(0, 1) == b"a"
    url = store.presigned("a", 60)
    assert url is not None
    assert "OTHERS" not in url
    assert "Security-Token" not in url


def test_check_says_what_is_wrong_and_nobody_says_secrets(
    tmp_path: Path, server: str, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    put(server, "there", {"a": b""})
    stores_file(tmp_path, server, "there", name="good")
    stores_file(tmp_path, server, "not-there", name="absent")
    stores_file(tmp_path, "http://127.0.0.1:9", "there", name="down")
    began = time.monotonic()
    found = {each.name: each for each in check_stores(tmp_path)}
    assert time.monotonic() - began < 60
    assert [each.ok for each in found.values()] == [True, False, False]
    assert "NoSuchBucket" in found["absent"].detail
    assert "does not answer" in found["down"].detail
    with pytest.raises((Missing, Unreachable)) as error:
        open_stores(tmp_path).get("down").open("a")
    told = "".join(traceback.format_exception(error.value))
    said = f"{found} {told} {caplog.text} {open_stores(tmp_path)._stores}"
    assert SECRET not in said


def test_tls_is_verified_and_an_own_authority_can_be_named(tmp_path: Path):
    authority, own = certificates(tmp_path)
    with s3_server(tmp_path, own) as url:
        put(url, "safe", {"a": b"a"})
        stores_file(tmp_path, url, "safe", name="unknown")
        stores_file(tmp_path, url, "safe", name="known", more=f'ca_file = "{authority}"')
        unknown, known = check_stores(tmp_path)
        assert not unknown.ok
        assert "ca_file" in unknown.detail
        assert known.ok, known.detail
        with open_stores(tmp_path).get("known").open("a") as source:
            assert source.read(0, 1) == b"a"

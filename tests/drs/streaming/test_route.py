"""What the route says and asks: decisions, conditions, headers, errors."""

import logging
import time
from collections.abc import Iterator
from email.utils import formatdate

import pytest

from drs.storage.errors import Unreachable
from serving.reasons import Missing, Refused, Unauthenticated
from tests.drs.streaming.streamed import BASE, MODIFIED, Site, ask, eventually, site

CONTENT = b"0123456789" * 1000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("files")
    (root / "a").mkdir()
    (root / "a" / "file").write_bytes(CONTENT)
    with site(root) as running:
        yield running


@pytest.fixture(autouse=True)
def as_new(running: Site) -> None:
    running.core.__init__(running.core.store)


def test_the_whole_of_a_file_and_what_is_said_of_it(running: Site):
    answer = running.get("a/file", {"Accept-Encoding": "gzip, br"})
    assert (answer.status, answer.body) == (200, CONTENT)
    said = answer.headers
    assert said["content-length"] == str(len(CONTENT))
    assert said["content-type"] == "application/vnd.ga4gh.bam"
    assert said["accept-ranges"] == "bytes"
    assert said["last-modified"] == formatdate(MODIFIED, usegmt=True)
    assert said["etag"] == f'"{running.core.store.stat("a/file").mark}"'
    assert "content-encoding" not in said
    assert "no-transform" in said["cache-control"]
    assert said["x-content-type-options"] == "nosniff"
    head = running.get("a/file", verb="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert {**head.headers, "x-request-id": "", "date": ""} == {**said, "x-request-id": "", "date": ""}
    assert eventually(lambda: running.core.done == [len(CONTENT), 0])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-None-Match": "{tag}"}, 304),
        ({"If-None-Match": "W/{tag}"}, 304),
        ({"If-None-Match": '"other", {tag}'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"other"'}, 200),
        ({"If-None-Match": '"other"', "If-Modified-Since": "{date}"}, 200),
        ({"If-Modified-Since": "{date}"}, 304),
        ({"If-Modified-Since": "{before}"}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"If-Match": "{tag}"}, 200),
        ({"If-Match": "W/{tag}"}, 412),
        ({"If-Match": '"other"'}, 412),
        ({"If-Match": "*"}, 200),
        ({"If-Unmodified-Since": "{date}"}, 200),
        ({"If-Unmodified-Since": "{before}"}, 412),
        ({"If-Match": '"other"', "If-None-Match": "{tag}"}, 412),
        ({"Range": "bytes=1-2"}, 206),
        ({"Range": "bytes=1-2", "If-Range": "{tag}"}, 206),
        ({"Range": "bytes=1-2", "If-Range": "W/{tag}"}, 200),
        ({"Range": "bytes=1-2", "If-Range": '"other"'}, 200),
        ({"Range": "bytes=1-2", "If-Range": "{date}"}, 206),
        ({"Range": "bytes=1-2", "If-Range": "{before}"}, 200),
        ({"Range": "bytes=1-2", "If-Range": "nonsense"}, 200),
        ({"Range": "bytes=1-2", "If-None-Match": "{tag}"}, 304),
        ({"Range": "bytes=99999-", "If-Range": '"other"'}, 200),
        ({"If-Modified-Since": "Sun, 99 Foo 9999999 25:61:61 GMT"}, 200),
    ],
)
def test_conditions(running: Site, headers: dict[str, str], status: int):
    words = {
        "tag": f'"{running.core.store.stat("a/file").mark}"',
        "date": formatdate(MODIFIED, usegmt=True),
        "before": formatdate(MODIFIED - 1, usegmt=True),
    }
    sent = {name: value.format(**words) for name, value in headers.items()}
    answer = running.get("a/file", sent)
    assert answer.status == status
    assert answer.body == {200: CONTENT, 206: b"12", 304: b""}.get(status, answer.body)
    assert answer.headers.get("etag") == words["tag"]


@pytest.mark.parametrize(
    ("name", "plain", "full"),
    [
        ("sample.bam", "sample.bam", "sample.bam"),
        ("../../etc/passwd", "passwd", "passwd"),
        ("..\\..\\x.exe", "x.exe", "x.exe"),
        ('a"; filename="b.html', "a__ filename=_b.html", "a%22%3B%20filename%3D%22b.html"),
        ("a\r\nSet-Cookie: x=1", "aSet-Cookie: x=1", "aSet-Cookie%3A%20x%3D1"),
        ("Größe 名.vcf", "Gr__e _.vcf", "Gr%C3%B6%C3%9Fe%20%E5%90%8D.vcf"),
        ("x\u202egnp.exe", "xgnp.exe", "xgnp.exe"),
        ("", "object", "object"),
        ("...", "object", "object"),
        ("a%41.txt", "a_41.txt", "a%2541.txt"),
        ("n" * 5000, "n" * 255, "n" * 255),
    ],
)
def test_no_name_of_a_file_says_anything_else(running: Site, name: str, plain: str, full: str):
    running.core.filename = name
    answer = running.get("a/file")
    said = answer.headers["content-disposition"]
    assert said == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{full}"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "kind", ["", "text/html\r\nX: y", "a", "ü/x", "x" * 500 + "/y", 'text/html; charset="x"']
)
def test_a_media_type_that_is_none_is_not_said(running: Site, kind: str):
    running.core.media_type = kind
    assert running.get("a/file").headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize("tag", ['a"b', "", "ü", "x" * 1000, "a b", "\r\nX: y"])
def test_a_tag_that_can_be_none_is_stood_for(running: Site, tag: str):
    running.core.etag = tag or " "
    answer = running.get("a/file")
    assert len(answer.headers["etag"]) == 34
    assert running.get("a/file", {"If-None-Match": answer.headers["etag"]}).status == 304


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unauthenticated("Log in."), 401),
        (Refused("No."), 403),
        (Missing("Nothing."), 404),
        (Unreachable("/very/private/path is down"), 503),
        (RuntimeError("/very/private/path"), 500),
    ],
)
def test_what_the_core_refuses_is_said_in_the_standards_words(running: Site, error: Exception, status: int):
    running.core.refuses = error
    answer = running.get("a/file")
    assert answer.status == status
    assert f'"status_code":{status}'.encode() in answer.body
    assert b"private" not in answer.body
    assert running.core.done == []


def test_without_a_decision_nothing_leaves(running: Site, caplog: pytest.LogCaptureFixture):
    running.core.decides = False
    assert running.get("a/file").status == 500
    assert "without asking governance" in caplog.text
    assert eventually(lambda: running.core.done == [0])


def test_a_link_of_another_state_of_the_file_opens_nothing(running: Site):
    answer = running.get("a/file", mark="another")
    assert answer.status == 409
    assert b"have changed" in answer.body
    assert eventually(lambda: running.core.done == [0])


def test_links_that_do_not_hold_never_reach_the_core(running: Site):
    good = running.link("a/file")
    over = running.link("a/file", expires=int(time.time()) - 1)
    bad = [
        good + "x",
        good.replace("a%2Ffile", "a%2Fother"),
        good.split("?")[0],
        f"{running.url}{BASE}/",
        over,
    ]
    bad += [running.link("a/file", method="crypt4gh", key="AAAA"), f"{running.url}{BASE}"]
    bad += [good.replace("a%2Ffile", "..%2Fa%2Ffile"), good.replace("/a%2Ffile", "//a%2Ffile"), good + "&a=b"]
    for url in bad[:5] + bad[6:]:
        answer = ask(url)
        assert (answer.status, b'"status_code":403' in answer.body) == (403, True), url
    assert running.core.requests == []
    assert ask(bad[5]).status == 403  # decided, and then not offered here


def test_other_methods_are_refused_and_nothing_secret_is_logged(
    running: Site, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    url = running.link("a/file", bearer="a-person")
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        answer = ask(url, method=method)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
    assert ask(url).status == 200
    assert ask(url + "x").status == 403
    assert ask(url, {"X": "y" * 40_000}).status == 431
    assert ask(url + "&" + "z" * 40_000).status == 414
    signature = url.rpartition("=")[2]
    for hidden in ("a-person", signature, "a%2Ffile", "a/file"):
        assert hidden not in caplog.text
    [facts] = running.core.requests
    assert (facts.query, facts.operation_id) == ((), "GetObjectBytes")


def test_pages_of_named_origins_may_read_ranges(running: Site):
    origin = {"Origin": "https://portal.example"}
    answer = running.get("a/file", {**origin, "Range": "bytes=0-1"})
    assert answer.headers["access-control-allow-origin"] == "https://portal.example"
    assert "Content-Range" in answer.headers["access-control-expose-headers"]
    wanted = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"}
    assert running.get("a/file", {**origin, **wanted}, "OPTIONS").status == 200
    other = running.get("a/file", {"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers

"""Ranges against slices of the raw bytes, over a socket and read by clients of others."""

import email
import random
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drs.streaming.ranges import MOST
from tests.drs.streaming.streamed import Answer, Site, connected, site

SIZE = 2_500_001
CONTENT = random.Random(5).randbytes(SIZE)


@pytest.fixture(scope="module")
def bytes_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("files")
    (root / "file.bam").write_bytes(CONTENT)
    (root / "empty").write_bytes(b"")
    with site(root) as running:
        yield running


def parts(answer: Answer) -> list[tuple[str, bytes]]:
    """Content-Range and bytes of each part, as the standard library's mail parser finds them."""
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + answer.body)
    assert message.is_multipart()
    assert not message.defects
    boundary = f"--{message.get_boundary()}".encode()
    found = []
    for each in answer.body.split(boundary)[1:-1]:  # and not the parser's payloads: it folds line ends
        headers, _, content = each.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        said = email.message_from_bytes(headers)
        assert said["Content-Type"] == "application/vnd.ga4gh.bam"
        found.append((said["Content-Range"], content.removesuffix(b"\r\n")))
    return found


def spec(of: tuple[int | None, int | None]) -> str:
    return "-".join("" if each is None else str(each) for each in of)


def sliced(of: tuple[int | None, int | None]) -> tuple[int, int] | None:
    """What a range means of the bytes, in Python's words."""
    first, last = of
    chosen = (
        range(SIZE)[-last:]
        if first is None and last
        else range(SIZE)[first : None if last is None else last + 1]
    )
    return (chosen.start, chosen.stop) if len(chosen) and (first is not None or last) else None


offsets = st.one_of(
    st.integers(0, SIZE + 10), st.sampled_from([0, 1, 65_536, 262_144, SIZE - 1, SIZE, 10**30])
)
one = st.one_of(
    st.tuples(offsets, offsets).map(lambda pair: (min(pair), max(pair))),
    st.tuples(offsets, st.none()),
    st.tuples(st.none(), offsets),
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one)
def test_one_range_is_that_slice(bytes_site: Site, asked):
    answer = bytes_site.get("file.bam", {"Range": f"bytes={spec(asked)}"})
    expected = sliced(asked)
    if expected is None:
        assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{SIZE}")
        return
    start, stop = expected
    assert (answer.status, answer.body) == (206, CONTENT[start:stop])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert answer.headers["content-length"] == str(stop - start)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(one, min_size=2, max_size=8))
def test_several_ranges_are_those_slices_and_nothing_twice(bytes_site: Site, asked):
    answer = bytes_site.get("file.bam", {"Range": "bytes=" + " ,,\t".join(map(spec, asked))})
    expected = [each for each in map(sliced, asked) if each is not None]
    if not expected:
        assert answer.status == 416
        return
    assert answer.status == 206
    if "multipart" in answer.headers["content-type"]:
        found = parts(answer)
    else:
        found = [(answer.headers["content-range"], answer.body)]
    covered, wanted = [], np.zeros(SIZE, bool)
    for said, content in found:
        start, last = map(int, said.removeprefix("bytes ").partition("/")[0].split("-"))
        assert content == CONTENT[start : last + 1]
        covered.append((start, last + 1))
    for start, stop in expected:
        wanted[start:stop] = True
    assert sum(stop - start for start, stop in covered) == wanted.sum()
    assert all(wanted[start:stop].all() for start, stop in covered)
    ordered = sorted(expected)
    if all(a[1] < b[0] for a, b in pairwise(ordered)):
        assert covered == expected  # in the order asked, where nothing had to be joined


@pytest.mark.parametrize(
    "header",
    [
        *(
            "bytes=",
            "bytes=-",
            "bytes=5-1",
            "bytes=a-b",
            "bytes=1-2-3",
            "bytes=--1",
            "bytes=0x1-0x2",
            "bytes=,",
        ),
        *("bytes=-0", f"bytes={SIZE}-", "bytes=1.5-2", "bytes=\u00b2-3", "bytes=1 -2", "bytes= "),
        "bytes=" + ",".join("0-0" for _ in range(MOST + 1)),
        "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 4000, 2)),
        "bytes=" + "9" * 5000 + "-",
    ],
)
def test_what_is_no_range_of_it_is_refused_with_its_size(bytes_site: Site, header: str):
    answer = bytes_site.get("file.bam", {"Range": header.encode("latin-1").decode("latin-1")})
    assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{SIZE}")
    assert b'"status_code":416' in answer.body


def test_overlaps_cost_no_more_than_the_file(bytes_site: Site):
    answer = bytes_site.get("file.bam", {"Range": "bytes=" + ",".join(f"{n}-" for n in range(MOST))})
    assert (answer.status, len(answer.body)) == (206, SIZE)


def test_other_units_and_methods_know_no_ranges(bytes_site: Site):
    assert bytes_site.get("file.bam", {"Range": "lines=1-2"}).body == CONTENT
    head = bytes_site.get("file.bam", {"Range": "bytes=0-1"}, "HEAD")
    assert (head.status, head.headers["content-length"], head.body) == (200, str(SIZE), b"")


def test_a_range_asked_for_twice_is_refused(bytes_site: Site):
    with connected(bytes_site.link("file.bam"), "Range: bytes=0-1\r\nRange: bytes=2-3\r\n") as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 400")


def test_an_empty_file_has_no_ranges_and_is_given(bytes_site: Site):
    whole = bytes_site.get("empty")
    assert (whole.status, whole.headers["content-length"], whole.body) == (200, "0", b"")
    for header in ("bytes=0-", "bytes=-5", "bytes=0-0"):
        assert bytes_site.get("empty", {"Range": header}).status == 416

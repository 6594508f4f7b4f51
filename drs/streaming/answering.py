"""From a request and an open object to an answer: status, headers, and which bytes in which order."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from drs.streaming.conditions import date, outcome, range_holds
from drs.streaming.describing import disposition, entity_tag, media_type
from drs.streaming.opened import Opened
from drs.streaming.ranges import Range, Unsatisfiable, asked
from serving.errors import HttpFailure

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent: after the headers, texts as they are and ranges of the object, in this order."""

    status: int
    headers: Headers
    body: tuple[bytes | Range, ...] = ()


def answer_to(method: str, headers: Mapping[str, str], opened: Opened, now: float) -> Answer:
    """The answer to a GET or HEAD; `headers` by lower-case name, `now` in seconds since 1970.

    Raises:
        HttpFailure: 412 or 416, with what the object is now.
    """
    size, tag = opened.source.stat.size, entity_tag(opened.etag)
    said = {
        "accept-ranges": "bytes",
        # No proxy may keep or compress them: ranges and checksums are of these very bytes.
        "cache-control": "private, no-store, no-transform",
        "etag": f'"{tag}"',
        "last-modified": date(opened.last_modified),
    }
    ended = outcome(headers, tag, opened.last_modified)
    if ended == 412:
        raise HttpFailure(412, "The object is not in the state that the request names.", said)
    if ended == 304:
        return Answer(304, _raw(said))
    said["content-disposition"] = disposition(opened.filename)
    kind = media_type(opened.media_type)
    ranges = _ranges(method, headers, opened, tag, now)
    if ranges is None:
        whole: tuple[Range, ...] = ((0, size),) if size else ()
        return _sized(200, {**said, "content-type": kind}, whole)
    if len(ranges) == 1:
        return _sized(
            206, {**said, "content-type": kind, "content-range": _span(ranges[0], size)}, tuple(ranges)
        )
    boundary = secrets.token_hex(16)
    said["content-type"] = f"multipart/byteranges; boundary={boundary}"
    return _sized(206, said, _parts(ranges, size, kind, boundary))


def _ranges(
    method: str, headers: Mapping[str, str], opened: Opened, tag: str, now: float
) -> list[Range] | None:
    """The ranges to send; None for all of the object."""
    header = headers.get("range")
    # Of HEAD no range is defined (RFC 9110, 14.2): it is asked what a GET without one would say.
    if header is None or method != "GET":
        return None
    if not range_holds(headers.get("if-range"), tag, opened.last_modified, now):
        return None
    size = opened.source.stat.size
    try:
        return asked(header, size)
    except Unsatisfiable as error:
        raise HttpFailure(
            416, str(error), {"content-range": f"bytes */{size}", "accept-ranges": "bytes"}
        ) from error


def _parts(ranges: list[Range], size: int, kind: str, boundary: str) -> tuple[bytes | Range, ...]:
    parts: list[bytes | Range] = []
    for number, each in enumerate(ranges):
        head = f"--{boundary}\r\nContent-Type: {kind}\r\nContent-Range: {_span(each, size)}\r\n\r\n"
        parts += [(head if number == 0 else f"\r\n{head}").encode("ascii"), each]
    return (*parts, f"\r\n--{boundary}--\r\n".encode("ascii"))


def _sized(status: int, said: Mapping[str, str], body: tuple[bytes | Range, ...]) -> Answer:
    length = sum(len(each) if isinstance(each, bytes) else each[1] - each[0] for each in body)
    return Answer(status, _raw({**said, "content-length": str(length)}), body)


def _span(of: Range, size: int) -> str:
    return f"bytes {of[0]}-{of[1] - 1}/{size}"


def _raw(headers: Mapping[str, str]) -> Headers:
    return [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]

"""What an operation answers, and its bytes on the wire."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Reply:
    """A status, headers and a body: any value orjson writes, or bytes sent as they are; None is no body."""

    body: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = JSON


@dataclass(frozen=True, slots=True)
class Wire:
    """A response as ASGI sends it."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class NoAnswer(TypeError):  # noqa: N818 - named for what happened
    """An operation returned None, which is no answer."""


def encode(value: object) -> bytes:
    """Compact JSON. NaN and infinities become null; numpy values are written as numbers.

    Raises:
        TypeError: the value holds something that has no JSON.
    """
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)


def wire(result: object) -> Wire:
    """What an operation returned, as a response.

    Raises:
        NoAnswer: it returned None.
        TypeError: it returned something that has no JSON.
    """
    if isinstance(result, Reply):
        return _from_reply(result)
    if result is None:
        raise NoAnswer("the operation returned None")
    return json_wire(200, result if isinstance(result, bytes) else encode(result))


def json_wire(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Wire:
    """A JSON response."""
    raw = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if headers:
        raw += _raw(headers)
    return Wire(status, raw, body)


def _from_reply(reply: Reply) -> Wire:
    if reply.body is None:
        # A 204 and a 304 may not carry a length at all (RFC 9110, 8.6).
        length = [] if reply.status in (204, 304) else [(b"content-length", b"0")]
        return Wire(reply.status, length + _raw(reply.headers), b"")
    body = reply.body if isinstance(reply.body, bytes) else encode(reply.body)
    length = [(b"content-type", reply.media_type.encode("latin-1")), (b"content-length", b"%d" % len(body))]
    return Wire(reply.status, length + _raw(reply.headers), body)


def _raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]

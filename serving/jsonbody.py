"""A request's JSON body: read with a limit, decoded, and free of what no part behind the door can hold."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.types import Receive

from serving.errors import HttpFailure
from serving.limits import Limits
from serving.query import LARGEST
from serving.reasons import Invalid

DEPTH = 100
"""How deep a body may be nested: every part that walks through it recursively gets along with that."""

_LONG_NUMBER = re.compile(rb"[0-9]{19}")


async def read(receive: Receive, limits: Limits) -> bytes:
    """The whole body; never holds more than `limits.body` bytes and one message.

    Raises:
        HttpFailure: 413, the body is longer; 408, it does not come in time.
        Invalid: the caller left in the middle of it.
    """
    try:
        async with asyncio.timeout(limits.body_seconds):
            return await _read(receive, limits.body)
    except TimeoutError:
        raise HttpFailure(408, f"The request body took more than {limits.body_seconds:g} seconds.") from None


async def _read(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Invalid("The request ended before its body did.")
        chunk = message.get("body", b"")
        length += len(chunk)
        if length > limit:
            raise too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def too_large(limit: int) -> HttpFailure:
    """The refusal of a body that is over the limit; the rest of it is not read."""
    return HttpFailure(413, f"The request body is larger than the {limit} bytes this site takes.")


def check_type(headers: Mapping[bytes, bytes], allowed: tuple[str, ...]) -> None:
    """Returns where the body is JSON as the operation takes it. A body without a type is taken for JSON.

    Raises:
        HttpFailure: 415, another media type, a charset other than UTF-8, or a compressed body.
    """
    declared = headers.get(b"content-type", b"").decode("latin-1")
    media_type, _, rest = declared.partition(";")
    if declared and media_type.strip().lower() not in allowed:
        raise HttpFailure(415, f"Send the body as {' or '.join(allowed)}.")
    charset = re.search(r"charset\s*=\s*\"?([^\s\";]+)", rest, re.IGNORECASE)
    if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise HttpFailure(415, "Send the body as UTF-8.")
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise HttpFailure(415, "Send the body without content encoding.")


def decode(raw: bytes) -> Any:
    """The JSON value.

    Raises:
        Invalid: it is no JSON (NaN, lone surrogates included), is nested more than `DEPTH` deep, or holds a
            NUL or an integer of more than 64 bits.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Invalid(f"The request body is not JSON: {_reason(error)}.") from None
    if b"u0000" in raw or raw.count(b"[") + raw.count(b"{") > DEPTH or _LONG_NUMBER.search(raw):
        _refuse_unholdable(value)
    return value


def _reason(error: orjson.JSONDecodeError) -> str:
    # The message of a decoding error never repeats the document beyond a character.
    return f"{error.msg} at line {error.lineno}, column {error.colno}"[:120]


def _refuse_unholdable(value: Any) -> None:
    """Looks at everything; only for a body in which a part may be what is looked for."""
    waiting = [(value, 1)]
    while waiting:
        each, depth = waiting.pop()
        if isinstance(each, (dict, list)):
            if depth > DEPTH:
                raise Invalid(f"The request body is nested more than {DEPTH} deep.")
            inner = [*each.keys(), *each.values()] if isinstance(each, dict) else each
            waiting += [(one, depth + 1) for one in inner]
        elif isinstance(each, str):
            if "\0" in each:
                raise Invalid("The request body holds a NUL character.")
        elif isinstance(each, int) and abs(each) > LARGEST:
            raise Invalid("The request body holds an integer of more than 64 bits.")

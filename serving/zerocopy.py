"""Bytes of a file onto a connection without a way through this process: ASGI's `http.response.zerocopysend`.

    {"type": "http.response.zerocopysend", "file": descriptor, "offset": 0, "count": n, "more_body": True}

Threads of a pool of their own call sendfile(2), which waits for disks; they never wait for the caller, and
what they write to is a descriptor of their own, which nobody closes and opens as something else meanwhile.
"""

import asyncio
import os
import sys
from dataclasses import dataclass

from serving.workers import Workers

EXTENSION = "http.response.zerocopysend"
"""The type of the message, and the name under which a scope says that it is taken."""

_SENDERS = Workers(8, 100_000)
_AT_ONCE = 1 << 23
"""Bytes after which a thread is given back at the latest."""


class Stalled(Exception):  # noqa: N818 - named for what happened
    """The caller takes nothing."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of an open file: `count` of them, from `offset` on."""

    file: int
    offset: int
    count: int


def possible(transport: asyncio.Transport) -> bool:
    """Whether the connection can be written to so: on Linux, and where no TLS is between."""
    return sys.platform == "linux" and transport.get_extra_info("sslcontext") is None


async def send(transport: asyncio.Transport, part: Part, stall_seconds: float) -> None:
    """Sends the part on a connection for which nothing waits in the transport's own buffer.

    Raises:
        Stalled: the caller takes nothing for so long.
        ConnectionError: the caller has gone.
        EOFError: the file has become shorter.
    """
    connection = os.dup(transport.get_extra_info("socket").fileno())
    try:
        await _send(connection, part, stall_seconds)
    finally:
        os.close(connection)


async def _send(connection: int, part: Part, stall_seconds: float) -> None:
    sent = 0
    while sent < part.count:
        rest = Part(part.file, part.offset + sent, min(part.count - sent, _AT_ONCE))
        moved, full = await _to_its_end(rest, connection)
        sent += moved
        if full:
            await _writable(connection, stall_seconds)


async def _to_its_end(part: Part, connection: int) -> tuple[int, bool]:
    """What `_move` gives; a caller that is cancelled waits for it, for the thread has both descriptors."""
    moving = asyncio.ensure_future(_SENDERS.run(lambda: _move(part, connection)))
    try:
        return await asyncio.shield(moving)
    finally:
        if not moving.done():
            await asyncio.wait({moving})


def _move(part: Part, connection: int) -> tuple[int, bool]:
    """Moves what the connection takes now; says how much, and whether it was full before the end."""
    moved = 0
    while moved < part.count:
        try:
            now = os.sendfile(connection, part.file, part.offset + moved, part.count - moved)
        except BlockingIOError:
            return moved, True
        if now == 0:
            raise EOFError("the file has become shorter")
        moved += now
    return moved, False


async def _writable(connection: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    writable = asyncio.Event()
    loop.add_writer(connection, writable.set)
    try:
        await asyncio.wait_for(writable.wait(), seconds)
    except TimeoutError:
        raise Stalled from None
    finally:
        loop.remove_writer(connection)

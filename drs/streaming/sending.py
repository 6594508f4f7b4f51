"""Bytes of an open object on their way to a caller, no faster than the caller takes them.

Between two pieces no thread is held, so that who reads slowly, or not at all, costs a connection and a piece
in memory and nothing else; serving ends the connections of those who take nothing.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from starlette.types import Receive, Scope, Send

from drs.storage.errors import Changed, Missing, Unreachable
from drs.storage.file import LocalSource
from drs.storage.store import Source
from drs.streaming.ranges import Range
from serving.reasons import Unavailable
from serving.request import request_id
from serving.workers import Workers
from serving.zerocopy import EXTENSION

log = logging.getLogger("insitu.drs")

LEAST = 1 << 20
"""Bytes of a range from which on the server is asked to send them unread: for fewer it does not pay."""

LAST = 1 << 16
"""Bytes at the end of a range that are read and looked after before they are sent."""

WINDOW = 1 << 22
"""Bytes after which a file is looked at again, where the server sends them unread."""


class Sending:
    """One answer's body. `sent` counts the object's bytes that the connection took."""

    def __init__(self, source: Source, readers: Workers, send: Send, scope: Scope) -> None:
        self.sent = 0
        self._source = source
        self._readers = readers
        self._send = send
        self._request = request_id(scope)
        self._files = (
            source if isinstance(source, LocalSource) and EXTENSION in scope.get("extensions", {}) else None
        )

    async def body(self, parts: tuple[bytes | Range, ...], receive: Receive) -> None:
        """Sends all of it; or, where bytes cannot be had any more or nobody is there, ends without an end.

        The connection is then closed before its stated length: a client cannot take a part for the whole.
        """
        try:
            async with _listening(receive) as gone:
                for part in parts:
                    if not await self._part(part, gone):
                        return
        except (Changed, Missing, Unreachable) as error:
            log.warning("id=%s an answer ends early: %s", self._request, error.detail)
        except (EOFError, OSError) as error:
            log.warning("id=%s an answer ends early: %s", self._request, error)
        except Unavailable:
            log.warning("id=%s an answer ends early: too many wait for bytes", self._request)
        else:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _part(self, part: bytes | Range, gone: asyncio.Event) -> bool:
        """Whether the part has gone out and somebody is still there."""
        if isinstance(part, bytes):
            await self._send({"type": "http.response.body", "body": part, "more_body": True})
            return not gone.is_set()
        start, stop = part
        if self._files is not None and stop - start >= LEAST:
            if not await self._unread(self._files, start, stop - LAST, gone):
                return False
            start = stop - LAST
        pieces = self._source.chunks(start, stop)
        while (piece := await self._readers.run(lambda: next(pieces, None))) is not None:
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
            if gone.is_set():
                return False
            self.sent += len(piece)
        return True

    async def _unread(self, source: LocalSource, start: int, stop: int, gone: asyncio.Event) -> bool:
        """Has the server send bytes that were not looked at; says whether somebody is still there.

        What comes after them is sent only where the file is still the same: no answer that has changed comes
        to its end.
        """
        with source.descriptor() as file:
            for offset in range(start, stop, WINDOW):
                count = min(WINDOW, stop - offset)
                part = {"file": file, "offset": offset, "count": count, "more_body": True}
                await self._send({"type": EXTENSION, **part})
                await self._readers.run(source.confirm)
                if gone.is_set():
                    return False
                self.sent += count
        return True


@contextlib.asynccontextmanager
async def _listening(receive: Receive) -> AsyncIterator[asyncio.Event]:
    """An event that is set when the caller has gone, which sending alone does not tell."""
    gone = asyncio.Event()

    async def listen() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        gone.set()

    task = asyncio.ensure_future(listen())
    try:
        yield gone
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

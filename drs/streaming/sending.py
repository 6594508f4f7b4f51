"""Bytes of an open object on their way to a caller, no faster than the caller takes them.

Between two pieces no thread is held, so that who reads slowly, or not at all, costs a connection and a piece
in memory and nothing else; serving ends the connections of those who take nothing.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from starlette.types import Receive, Send

from drs.storage.errors import Changed, Missing, Unreachable
from drs.storage.store import Source
from drs.streaming.ranges import Range
from serving.reasons import Unavailable
from serving.workers import Workers

log = logging.getLogger("insitu.drs")


class Sending:
    """One answer's body. `sent` counts the object's bytes that the connection took."""

    def __init__(self, source: Source, readers: Workers, send: Send, request: str) -> None:
        self.sent = 0
        self._source = source
        self._readers = readers
        self._send = send
        self._request = request

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
        except Unavailable:
            log.warning("id=%s an answer ends early: too many wait for bytes", self._request)
        else:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _part(self, part: bytes | Range, gone: asyncio.Event) -> bool:
        """Whether the part has gone out and somebody is still there."""
        if isinstance(part, bytes):
            await self._send({"type": "http.response.body", "body": part, "more_body": True})
            return not gone.is_set()
        pieces = self._source.chunks(*part)
        while (piece := await self._readers.run(lambda: next(pieces, None))) is not None:
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
            if gone.is_set():
                return False
            self.sent += len(piece)
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

"""HTTP on the wire: uvicorn's fast parser, with bounds on what precedes a body."""

import asyncio
import contextlib
import ipaddress
from collections.abc import Awaitable
from functools import partial
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from serving import zerocopy

HEAD_BYTES = 1_048_576
"""A longer request line with its headers ends the connection; well above what an app refuses in its words."""

HEAD_SECONDS = 30.0
"""How long a connection may take to say what it asks for."""

STALL_SECONDS = 60.0
"""How long a caller may take nearly nothing of what waits for it (some kB a second are enough), before its
connection ends: nobody holds what an answer holds for longer than that."""

LINGER_SECONDS = 1.0
"""How long what follows a refused head is read and dropped: closing over unread bytes would reset the
connection, and the refusal with it."""

_TOO_LONG = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: application/json\r\ncontent-length: 69\r\nconnection: close\r\n\r\n"
    b'{"status":431,"message":"The request line and headers are too long."}'
)


def unmapped(address: str) -> str:
    """The address as everybody knows it, where a socket for both kinds of IP calls it ::ffff:192.0.2.1."""
    with contextlib.suppress(ValueError):
        mapped = getattr(ipaddress.ip_address(address), "ipv4_mapped", None)
        return address if mapped is None else str(mapped)
    return address


class Protocol(HttpToolsProtocol):
    """One connection.

    The parser under it collects a head of any length for any time, which would be all of our memory, or all
    of our connections.
    """

    head_seconds = HEAD_SECONDS
    stall_seconds = STALL_SECONDS
    in_head = False
    head_bytes = 0
    head_timer: asyncio.TimerHandle | None = None
    stall_timer: asyncio.TimerHandle | None = None
    refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody has connected, who is to say something in time."""
        super().connection_made(transport)
        if self.client is not None:
            self.client = unmapped(self.client[0]), self.client[1]
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._head_ended()
        self._taken()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """More waits for the caller than it takes."""
        super().pause_writing()
        # And not `close`, which would wait for the caller to take it.
        self.stall_timer = self.loop.call_later(self.stall_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The caller has taken nearly all that waited."""
        self._taken()
        super().resume_writing()

    def on_message_begin(self) -> None:
        """A request line begins."""
        super().on_message_begin()
        self.in_head, self.head_bytes = True, 0

    def on_headers_complete(self) -> None:
        """The head has ended."""
        self.in_head = False
        self._head_ended()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Takes what has arrived."""
        if self.refused:
            return
        super().data_received(data)
        if self.in_head and not self.transport.is_closing():
            self._await_head()
            self.head_bytes += len(data)
            if self.head_bytes > HEAD_BYTES:
                self._refuse()

    def _refuse(self) -> None:
        self.refused = True
        self._head_ended()
        self.transport.write(_TOO_LONG)
        self.transport.write_eof()
        self.head_timer = self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _await_head(self) -> None:
        if self.head_timer is None:
            self.head_timer = self.loop.call_later(self.head_seconds, self.transport.close)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGIApp) -> None:  # type: ignore[override]
        if zerocopy.possible(self.transport):
            extensions: dict[str, Any] = cycle.scope.setdefault("extensions", {})
            extensions[zerocopy.EXTENSION] = {}
            app = partial(self._with_files, app)
        super()._start_asgi_task(cycle, app)  # type: ignore[arg-type]

    def _with_files(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return app(scope, receive, partial(self._send, send))

    async def _send(self, send: Send, message: Message) -> None:
        if message["type"] != zerocopy.EXTENSION:
            await send(message)
            return
        cycle: RequestResponseCycle = send.__self__  # type: ignore[attr-defined]
        part = zerocopy.Part(message["file"], message["offset"], message["count"])
        if cycle.chunked_encoding is not False or part.count > cycle.expected_content_length:
            raise RuntimeError("a part of a file goes into an answer with a length that it does not exceed")
        await self._send_part(cycle, part)
        if not message["more_body"]:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_part(self, cycle: RequestResponseCycle, part: zerocopy.Part) -> None:
        # With no bytes allowed to wait, writing is paused until what came before the part is on its way.
        self.transport.set_write_buffer_limits(0)
        try:
            while self.flow.write_paused and not cycle.disconnected:
                await self.flow.drain()
            if cycle.disconnected or self.transport.is_closing():
                return
            await zerocopy.send(self.transport, part, self.stall_seconds)
            cycle.expected_content_length -= part.count
        except (zerocopy.Stalled, ConnectionError):
            self.transport.abort()
        finally:
            self.transport.set_write_buffer_limits()

    def _taken(self) -> None:
        if self.stall_timer is not None:
            self.stall_timer.cancel()
            self.stall_timer = None

    def _head_ended(self) -> None:
        if self.head_timer is not None:
            self.head_timer.cancel()
            self.head_timer = None

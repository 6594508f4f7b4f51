"""HTTP on the wire: uvicorn's fast parser, with bounds on what precedes a body."""

import asyncio
import contextlib
import ipaddress

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 1_048_576
"""A longer request line with its headers ends the connection; well above what an app refuses in its words."""

HEAD_SECONDS = 30.0
"""How long a connection may take to say what it asks for."""

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
    in_head = False
    head_bytes = 0
    head_timer: asyncio.TimerHandle | None = None
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
        super().connection_lost(exc)

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

    def _head_ended(self) -> None:
        if self.head_timer is not None:
            self.head_timer.cancel()
            self.head_timer = None

"""The WSGI app of the broker among ASGI apps: below its path, under one name, and not to be held up."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, cast
from urllib.parse import urlsplit

from a2wsgi import WSGIMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.rendering import respond
from serving.reply import encode, json_wire

BODY_MOST = 1_000_000  # bytes
BODY_SECONDS = 10.0
WAITING_MOST = 500
READING_MOST = 64_000_000  # bytes of bodies that are not whole yet, of all requests together

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Mounted:
    """The WSGI app below its path, under the one name that the site has: the Host header has no say."""

    def __init__(self, app: Wsgi, path: str, issuer: str) -> None:
        parts = urlsplit(issuer)
        self._app = app
        self._path = path
        self._names = {"SCRIPT_NAME": path, "wsgi.url_scheme": parts.scheme, "HTTP_HOST": parts.netloc}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answers a request."""
        path = environ["PATH_INFO"].removeprefix(self._path) or "/"
        return self._app({**environ, **self._names, "PATH_INFO": path}, start_response)


class Unhurried:
    """An ASGI app that reads bodies before a thread is taken: who sends slowly holds up nobody else."""

    def __init__(self, app: Any, threads: int) -> None:
        self._app = cast("ASGIApp", WSGIMiddleware(app, workers=threads))
        self._most = threads + WAITING_MOST
        self._busy = 0
        self._reading = 0
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or says why it is not answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._busy >= self._most or self._reading >= self._most:
            await _refuse(503, "temporarily_unavailable", scope, send)
            return
        try:
            body = await self._body(receive)
        except _Full:
            await _refuse(503, "temporarily_unavailable", scope, send)
            return
        except TimeoutError:
            await _refuse(408, "invalid_request", scope, send)
            return
        except _Gone:
            return
        if body is None:
            await _refuse(413, "invalid_request", scope, send)
            return
        self._busy += 1
        try:
            await self._app(scope, _given(body), send)
        finally:
            self._busy -= 1

    async def _body(self, receive: Receive) -> bytes | None:
        """As `_read`, in time, and while there is room for it among those that are being read.

        Raises:
            _Full, _Gone, TimeoutError: it is not whole.
        """
        body = bytearray()

        def held(more: bytes) -> None:
            if self._held + len(more) > READING_MOST:
                raise _Full
            self._held += len(more)
            body.extend(more)

        self._reading += 1
        try:
            return await asyncio.wait_for(_read(receive, body, held), BODY_SECONDS)
        finally:
            self._reading -= 1
            self._held -= len(body)


class _Full(Exception):  # noqa: N818 - named for what happened
    """So much is being read that there is no room for more."""


class _Gone(Exception):  # noqa: N818 - named for what happened
    """Nobody waits for the answer, and what came of the form is not all of it."""


async def _read(receive: Receive, body: bytearray, held: Callable[[bytes], None]) -> bytes | None:
    """The whole body, as `held` puts it together; None where it is too large.

    Raises:
        _Gone: the caller has gone away in the middle of it.
    """
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        held(message.get("body", b""))
        if len(body) > BODY_MOST:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _given(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _refuse(status: int, error: str, scope: Scope, send: Send) -> None:
    headers = {"retry-after": "5", "connection": "close"} if status == 503 else {"connection": "close"}
    await respond(json_wire(status, encode({"error": error}), headers), scope, send)

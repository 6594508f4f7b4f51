"""The front of a process: apps by path prefix, health, request ids, the access log, and common headers."""

import contextlib
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.health import Health, Ping
from serving.lifespan import running_lifespan
from serving.rendering import respond
from serving.reply import Wire, encode, json_wire
from serving.request import REQUEST_ID, ROUTE, request_id
from serving.routing import NOTHING
from serving.settings import ServingSettings

log = logging.getLogger("insitu.serving")
access = logging.getLogger("insitu.access")

_ID = re.compile(rb"[A-Za-z0-9._\-]{1,64}")

# What holds for every answer of ours unless the answer says otherwise: data, never pages, and for one caller
# only.
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
)

EXPOSED = (
    *("X-Request-ID", "Retry-After", "WWW-Authenticate"),
    *("Accept-Ranges", "Content-Range", "Content-Disposition", "ETag"),
)
"""What the pages of other origins may read of an answer's headers."""


class Front:
    """Several apps as one. A request goes, as it is, to the app with the longest prefix of its path."""

    def __init__(
        self,
        apps: Mapping[str, ASGIApp],
        *,
        pings: Mapping[str, Ping],
        closing: Sequence[Callable[[], object]],
        access_log: bool,
    ) -> None:
        self._apps = sorted(
            ((prefix.rstrip("/"), app) for prefix, app in apps.items()), key=lambda each: -len(each[0])
        )
        self._health = Health(pings)
        self._closing = closing
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or starts and stops the apps."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        scope[ROUTE] = []
        status, length, identifier = 0, 0, _take_id(scope)

        async def noted(message: Message) -> None:
            nonlocal status, length
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _with_ours(message["headers"], identifier)
            else:
                length += message.get("count", 0) or len(message.get("body", b""))
            await send(message)

        try:
            await self._answer(scope, receive, noted)
        except Exception as error:
            log.exception("id=%s", request_id(scope), exc_info=error)
            if status:
                raise
            await respond(_failure(500, "Something went wrong at this site.", scope), scope, noted)
        finally:
            if self._access_log:
                _write(scope, status, length, time.perf_counter() - began)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        for prefix, app in self._apps:
            if path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in ("", "/"):
                await app(scope, receive, send)
                return
        await respond(await self._own(path, scope), scope, send)

    async def _own(self, path: str, scope: Scope) -> Wire:
        if path in ("/healthz", "/readyz"):
            scope[ROUTE].append(path)
        else:
            return _failure(404, NOTHING, scope)
        if scope["method"] not in ("GET", "HEAD"):
            return _failure(405, "This path takes GET only.", scope, {"allow": "GET, HEAD"})
        return self._health.up() if path == "/healthz" else await self._health.ready()

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with contextlib.AsyncExitStack() as stack:
            for action in self._closing:
                stack.callback(action)
            stack.callback(self._health.close)
            try:
                for _, app in self._apps:
                    await stack.enter_async_context(running_lifespan(app))
            except Exception as error:
                log.exception("an app could not start")
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


def compose(
    apps: Mapping[str, ASGIApp],
    *,
    pings: Mapping[str, Ping] | None = None,
    closing: Sequence[Callable[[], object]] = (),
    settings: ServingSettings | None = None,
) -> ASGIApp:
    """The apps, by path prefix, as one ASGI app with `/healthz` and `/readyz`.

    Each app gets whole paths (its prefix is its own base path) and has its lifespan entered and left. `pings`
    are the dependencies of `/readyz`. `closing` is called, last first, when the apps have stopped. CORS is
    outermost and off unless `settings.cors_origins` names origins; credentials are never allowed with it.
    """
    settings = settings or ServingSettings()
    front: ASGIApp = Front(apps, pings=pings or {}, closing=closing, access_log=settings.access_log)
    if settings.cors_origins:
        front = CORSMiddleware(
            front,
            allow_origins=settings.cors_origins,
            allow_methods=("GET", "HEAD", "POST", "PUT", "DELETE"),
            allow_headers=("Authorization", "Content-Type", "X-Request-ID", "Range", "If-Range"),
            expose_headers=EXPOSED,
        )
    return front


def _take_id(scope: Scope) -> bytes:
    """The request's id: the caller's where it is a plain word, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _ID.fullmatch(value):
            scope[REQUEST_ID] = value.decode("ascii")
    return request_id(scope).encode("ascii")


def _with_ours(headers: Sequence[tuple[bytes, bytes]], identifier: bytes) -> list[tuple[bytes, bytes]]:
    given = {name for name, _ in headers}
    return [*headers, *(each for each in HEADERS if each[0] not in given), (b"x-request-id", identifier)]


def _failure(status: int, message: str, scope: Scope, headers: Mapping[str, str] | None = None) -> Wire:
    return json_wire(status, encode({"status": status, "message": message, "id": request_id(scope)}), headers)


def _write(scope: Scope, status: int, length: int, seconds: float) -> None:
    """One line: the path as the document has it (`/individuals/{id}`), for a sent one may name a person.

    Neither query string nor credential either.
    """
    access.info(
        "id=%s method=%s path=%s status=%d bytes=%d ms=%.1f",
        request_id(scope),
        scope["method"],
        scope[ROUTE][0] if scope[ROUTE] else "-",
        status,
        length,
        seconds * 1000,
    )

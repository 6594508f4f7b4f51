"""Talking to an app: in the same process without a socket, or over a real one on a free port."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import httpx
from starlette.types import ASGIApp

from serving.lifespan import running_lifespan
from serving.listening import listen, url_of
from serving.running import Server, config_of
from serving.settings import ServingSettings

READY_SECONDS = 30.0
ANSWER_SECONDS = 120.0


class Client:
    """A synchronous client of an ASGI app in this process: real requests, no socket, lifespan entered.

    Use it as a context manager. Any thread may ask; questions asked at once run at once.
    """

    def __init__(self, app: ASGIApp, base_url: str = "http://testserver") -> None:
        self._app = app
        self._base_url = base_url
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="client", daemon=True)
        self._stack = contextlib.AsyncExitStack()
        self._http: httpx.AsyncClient

    def __enter__(self) -> Self:
        """Starts the app."""
        self._thread.start()
        self._wait(self._open())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops the app."""
        self._wait(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The answer; `options` are httpx's (`params`, `json`, `content`, `headers`)."""
        return self._wait(self._http.request(method, path, **options))  # type: ignore[no-any-return]

    def get(self, path: str, **options: Any) -> httpx.Response:
        """The answer to a GET."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """The answer to a POST."""
        return self.request("POST", path, **options)

    async def _open(self) -> None:
        await self._stack.enter_async_context(running_lifespan(self._app))
        transport = httpx.ASGITransport(self._app)
        self._http = httpx.AsyncClient(transport=transport, base_url=self._base_url, timeout=ANSWER_SECONDS)
        await self._stack.enter_async_context(self._http)

    def _wait(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


def client(app: ASGIApp, base_url: str = "http://testserver") -> Client:
    """A client of the app, for `with`."""
    return Client(app, base_url)


@contextlib.contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The URL under which the app answers on a free port of this machine, from a thread of this process."""
    with listen("127.0.0.1", 0) as bound:
        started = threading.Event()
        server = Server(config_of(app, ServingSettings()), started.set)
        thread = threading.Thread(target=server.run, args=([bound],), name="served", daemon=True)
        thread.start()
        try:
            if not started.wait(READY_SECONDS):
                raise RuntimeError("the app did not start")
            yield url_of(bound)
        finally:
            server.should_exit = True
            thread.join()

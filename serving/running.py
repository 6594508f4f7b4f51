"""A server: one socket, one or several processes, a clean end.

    run("beacon.app:create_app", ServingSettings(processes=2), on_ready=print)

Several processes share a listening socket; each makes its own app, so that nothing made before a fork
(database connections above all) is shared. A supervisor that also tends other children uses `Servers`.
"""

import importlib
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from processes.children import Children
from processes.errors import CannotStart
from serving.listening import BACKLOG, listen, url_of
from serving.protocol import Protocol
from serving.servers import Servers
from serving.settings import ServingSettings

LOOK_SECONDS = 0.5
"""How often a supervisor looks after its children."""

OnReady = Callable[[str], object]


class Server(uvicorn.Server):
    """One process of a server; says when it answers."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], object]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to answer."""
        await super().startup(sockets)
        for each in sockets or ():
            # The event loop took its backlog of 1 for the socket's; see `serve`.
            each.listen(BACKLOG)
        if not self.should_exit:
            self._on_ready()


def serve(
    app: ASGIApp, bound: socket.socket, settings: ServingSettings, on_ready: OnReady = lambda _: None
) -> None:
    """Serves the app on the socket, in this process, until SIGTERM or SIGINT; then lets requests end.

    `on_ready` is called with the URL once it answers.

    Raises:
        CannotStart: the app could not start; the log says why.
    """
    config = config_of(app, settings)
    url = url_of(bound)
    with _outlasting_signals():
        try:
            Server(config, lambda: on_ready(url)).run(sockets=[bound])
        except SystemExit as error:
            raise CannotStart("the app could not start; the log says why") from error


def config_of(app: ASGIApp, settings: ServingSettings) -> uvicorn.Config:
    """How uvicorn is to serve an app of ours."""
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    # It would say whole URLs, and some are credentials; whoever attaches a handler to it gets nothing either.
    logging.getLogger("uvicorn.access").disabled = True
    return uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=settings.drain_seconds,
        # Also how many connections a process takes at once: one by one they spread over the processes.
        backlog=1,
    )


def run(
    factory: str,
    settings: ServingSettings,
    *,
    arguments: Mapping[str, Any] | None = None,
    on_ready: OnReady = lambda _: None,
) -> None:
    """Serves what `factory` (`package.module:function`) makes, until SIGTERM or SIGINT.

    With one process the app lives in this one, else in children that end with this process however it ends,
    and are started anew when one dies. `arguments` are the factory's keyword arguments, of kinds that JSON
    has. `on_ready` is called with the URL once every process answers.

    Raises:
        CannotStart: the port cannot be had, or the app could not start; one line that says why.
    """
    bound = listen(settings.host, settings.port)
    with bound:
        if settings.processes == 1:
            serve(made(factory, arguments or {}), bound, settings, on_ready)
            return
        with stop_asked() as stop, Children(grace_seconds=settings.drain_seconds + 5.0) as children:
            servers = Servers(children, factory, settings, bound, arguments or {})
            servers.start()
            on_ready(url_of(bound))
            while not stop.wait(LOOK_SECONDS):
                servers.tend(children.poll())


def made(factory: str, arguments: Mapping[str, Any]) -> ASGIApp:
    """The app that `package.module:function` makes."""
    module, _, name = factory.partition(":")
    app: ASGIApp = getattr(importlib.import_module(module), name)(**arguments)
    return app


@contextmanager
def stop_asked() -> Iterator[threading.Event]:
    """An event that SIGTERM or SIGINT sets, for a main thread that waits."""
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {each: signal.signal(each, ask) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def _outlasting_signals() -> Iterator[None]:
    """No second effect of a signal, which uvicorn raises once more when it has stopped because of it."""
    if threading.current_thread() is threading.main_thread():
        with stop_asked():
            yield
    else:
        yield

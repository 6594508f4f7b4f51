"""Starting and stopping ASGI apps by their lifespan protocol, which no framework does for mounted ones."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from starlette.types import ASGIApp, Message


class StartFailed(Exception):  # noqa: N818 - named for what happened
    """An app could not start; the message is its own."""


@contextlib.asynccontextmanager
async def running_lifespan(app: ASGIApp) -> AsyncIterator[None]:
    """The time between an app's start and its stop. An app that knows no lifespan is just there.

    Raises:
        StartFailed: the app said that it cannot start, or stopped while starting.
    """
    to_app: asyncio.Queue[Message] = asyncio.Queue()
    from_app: asyncio.Queue[Message] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
    task = asyncio.ensure_future(app(scope, to_app.get, from_app.put))
    await to_app.put({"type": "lifespan.startup"})
    supported = await _started(task, from_app)
    try:
        yield
    finally:
        if supported:
            await to_app.put({"type": "lifespan.shutdown"})
            await _next(task, from_app)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _started(task: "asyncio.Future[None]", from_app: "asyncio.Queue[Message]") -> bool:
    message = await _next(task, from_app)
    if message is None:
        return False
    if message["type"] == "lifespan.startup.failed":
        raise StartFailed(message.get("message") or "an app could not start")
    return True


async def _next(task: "asyncio.Future[None]", from_app: "asyncio.Queue[Message]") -> Message | None:
    """The app's next message; None where it ended or failed without one (it knows no lifespan)."""
    waiting = asyncio.ensure_future(from_app.get())
    either: set[asyncio.Future[Any]] = {waiting, task}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if waiting.done():
        return waiting.result()
    waiting.cancel()
    return None if from_app.empty() else from_app.get_nowait()

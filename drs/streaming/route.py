"""The route under which bytes leave, as a plain ASGI app: GET and HEAD of signed URLs."""

from starlette.types import ASGIApp

from drs.streaming.links import Links
from drs.streaming.opened import Opened, Opens
from serving.limits import Limits
from serving.standard import ErrorBody
from serving.workers import Workers

__all__ = ["Opened", "Opens", "streaming_app"]


def streaming_app(
    links: Links,
    opens: Opens,
    *,
    base_path: str,
    error_body: ErrorBody,
    workers: Workers,
    limits: Limits | None = None,
    readers: int = 8,
    streams: int = 256,
) -> ASGIApp:
    """The app. Its URLs are `links.url(...)`, of which `base_path` is the path before the object's id.

    `workers` (shared with the other apps) run `opens`; `readers` threads of its own read bytes, so that slow
    stores hold up nobody's questions; `streams` answers are under way at a time, the next is a 503.
    """
    raise NotImplementedError

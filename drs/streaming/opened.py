"""What the streaming route and the core of DRS say to each other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from drs.storage.store import Source
from drs.streaming.links import Link
from serving.request import RequestFacts


@dataclass(slots=True)
class Opened:
    """An object whose bytes may go out now, and what is said of them.

    `etag` is opaque and without quotes, the same for as long as the bytes are. `last_modified` in seconds
    since 1970. `filename` may be any text. `done` is called once, in a worker thread, when the answer has
    ended however it did, with how many bytes of the object the connection took: all where the answer came to
    its end, else that less what was last on its way (4 MiB at most).
    """

    source: Source
    media_type: str
    filename: str
    etag: str
    last_modified: float
    done: Callable[[int], None]


class Opens(Protocol):
    """Decides anew whether this link's bearer may have these bytes, records that, and opens them.

    Called in a worker thread, within the request's own context (`serving.access`): it must record a decision.
    """

    def __call__(self, link: Link, request: RequestFacts) -> Opened:
        """The open object.

        Raises:
            Reason: it is not given; said to the caller in the standard's error body.
        """

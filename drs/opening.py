"""The third decision: whether the bearer of a signed URL may have the bytes, taken when they are fetched."""

import logging
from collections.abc import Callable

from drs.domain.objects import DrsObject
from drs.errors import LinkOver
from drs.service import Objects
from drs.streaming.links import Link
from drs.streaming.opened import Opened
from governance.caller import Caller
from serving.request import RequestFacts

log = logging.getLogger("insitu.drs")


class Opening:
    """What the streaming route asks. `again` is `Clearinghouse.again`."""

    def __init__(self, objects: Objects, again: Callable[[Caller], Caller | None]) -> None:
        self._objects = objects
        self._again = again

    def __call__(self, link: Link, request: RequestFacts) -> Opened:
        """The open object.

        Raises:
            LinkOver: the token, a visa or the account that the URL was given for has ended.
            NoSuchObject, AccessWanted, AccessRefused: policy does not give it any more.
            NotTheBytes, Unreachable: there are no bytes to be had.
        """
        bearer = self._objects.parts.bearers.caller(link.bearer)
        caller = None if bearer is None else self._again(bearer)
        if caller is None:
            raise LinkOver
        question = {"stream": request.method, "method": link.method}
        return self._objects.stream(
            caller, link.object_id, lambda found: self._open(found, link, request), question
        )

    def _open(self, found: DrsObject, link: Link, request: RequestFacts) -> Opened:
        source, place = self._objects.parts.places.open(found, link.mark)

        def done(count: int) -> None:
            log.info("id=%s %d bytes of an object left", request.id, count)

        return Opened(
            source=source,
            media_type=found.mime_type or "application/octet-stream",
            filename=found.name or found.id,
            etag=found.checksums.get("sha-256") or place.mark or link.mark,
            last_modified=source.stat.modified,
            done=done,
        )

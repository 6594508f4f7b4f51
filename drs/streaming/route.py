"""The route under which bytes leave, as a plain ASGI app: GET and HEAD of signed URLs."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from drs.storage.errors import Changed, Missing, Unreachable
from drs.storage.store import Source
from drs.streaming.answering import answer_to
from drs.streaming.links import BadLink, Link, Links
from drs.streaming.opened import Opened, Opens
from drs.streaming.sending import Sending
from serving.access import Undecided, decision_recorded, in_own_context
from serving.errors import HttpFailure, status_of
from serving.limits import Limits
from serving.reasons import Invalid, Reason, Unavailable
from serving.rendering import Errors
from serving.request import ROUTE, RequestFacts, origin, raw_path, request_id
from serving.standard import ErrorBody, Standard
from serving.workers import Workers

__all__ = ["Opened", "Opens", "streaming_app"]

log = logging.getLogger("insitu.drs")

OPERATION = "GetObjectBytes"
_ONCE = ("range", "if-range")

Reencrypts = Callable[[Source, str], Source]
"""Gives a source that is encrypted to this site as one that is encrypted to a public key (base64)."""


def streaming_app(
    links: Links,
    opens: Opens,
    *,
    base_path: str,
    error_body: ErrorBody,
    workers: Workers,
    reencrypts: Reencrypts | None = None,
    limits: Limits | None = None,
    public_url: str | None = None,
    also: Mapping[type[BaseException], type[Reason]] | None = None,
    readers: int = 8,
    streams: int = 256,
) -> ASGIApp:
    """The app. Its URLs are `links.url(...)`; `base_path` is their path before the object's id.

    `workers` (shared with the other apps) run `opens`; `readers` threads of its own read bytes, so that slow
    stores hold up nobody's questions; `streams` answers are under way at a time, a quarter of them at most
    for one bearer; the next is a 503.
    `reencrypts` serves links of the method `crypt4gh`; without it there are none.
    """
    standard = Standard(
        name="drs-bytes",
        base_path=base_path.rstrip("/"),
        operations={},
        functions={},
        error_body=error_body,
        identify=lambda *_: None,
        limits=limits or Limits(),
        workers=workers,
        strict=True,
        public_url=public_url,
        also=also or {},
    )
    stream = _Streaming(links, opens, reencrypts, standard, Workers(readers, streams), streams)
    return Errors(stream, standard=standard)


@dataclass(slots=True)
class _Streaming:
    """The app inside its errors. Of requests it knows only how many are under way, and of whom."""

    _links: Links
    _opens: Opens
    _reencrypts: Reencrypts | None
    _standard: Standard
    _readers: Workers
    _streams: int
    _under_way: Counter[str] = field(default_factory=Counter)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request; or lives as long as the server does."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        scope.setdefault(ROUTE, []).append(f"{self._standard.base_path}/{{object_id}}")
        headers = self._headers(scope)
        link = self._links.read(self._below(scope), scope["query_string"].decode("latin-1"))
        with self._place(link.bearer):
            await self._answer(link, headers, scope, receive, send)

    @contextmanager
    def _place(self, bearer: str) -> Iterator[None]:
        """One of the answers that may be under way, of which nobody gets more than a quarter."""
        if self._under_way.total() >= self._streams or self._under_way[bearer] >= max(1, self._streams // 4):
            raise Unavailable("This site is sending as much as it can just now: try again in a moment.")
        self._under_way[bearer] += 1
        try:
            yield
        finally:
            self._under_way[bearer] -= 1
            if not self._under_way[bearer]:
                del self._under_way[bearer]

    async def _answer(
        self, link: Link, headers: Mapping[str, str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        facts = self._facts(scope)
        opened = await self._opened(
            lambda: in_own_context(facts.id, lambda: self._open(link, facts)), facts.id
        )
        sending = Sending(opened.source, self._readers, send, scope)
        try:
            answer = answer_to(scope["method"], headers, opened, time.time())
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            body = answer.body if scope["method"] == "GET" else ()
            await sending.body(body, receive)
        finally:
            await self._let_go(opened, sending.sent)

    async def _opened(self, work: Callable[[], Opened], request: str) -> Opened:
        """What was opened; also when nobody waits for it any more, it is closed."""
        opening = asyncio.ensure_future(self._standard.workers.run(work))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            for each in await asyncio.gather(opening, return_exceptions=True):
                if isinstance(each, Opened):
                    await self._let_go(each, 0)
            raise
        except (Changed, Missing, Unreachable) as error:
            log.warning("id=%s status=%d %s", request, status_of(error), error.detail)
            raise

    def _open(self, link: Link, facts: RequestFacts) -> Opened:
        """The object, decided and open."""
        opened = self._opens(link, facts)
        kept = False
        try:
            if not decision_recorded():
                raise Undecided(f"{OPERATION} answered without asking governance")
            if opened.source.stat.mark != link.mark:
                raise Changed(f"{link.object_id} is not what the URL was made for")
            if link.method == "crypt4gh":
                self._reencrypt(opened, link)
            elif link.method != "https":
                raise BadLink
            kept = True
        finally:
            if not kept:
                _finish(opened, 0)
        return opened

    def _reencrypt(self, opened: Opened, link: Link) -> None:
        if self._reencrypts is None:
            raise BadLink
        opened.source = self._reencrypts(opened.source, link.key)
        # The same object under another key, or from another of the site's, is other bytes.
        opened.etag = f"{opened.etag} {opened.source.stat.mark}"
        if not opened.filename.endswith(".c4gh"):
            opened.filename += ".c4gh"

    async def _let_go(self, opened: Opened, sent: int) -> None:
        try:
            await asyncio.shield(self._standard.workers.run(lambda: _finish(opened, sent)))
        except Unavailable:  # the site is busy; among the readers there is a place for each stream
            await asyncio.shield(self._readers.run(lambda: _finish(opened, sent)))

    def _headers(self, scope: Scope) -> dict[str, str]:
        """The headers by name, several of one name joined.

        Raises:
            HttpFailure: the method is none of ours, or there is more than this site takes.
            Invalid: a range is asked for twice.
        """
        if scope["method"] not in ("GET", "HEAD"):
            raise HttpFailure(405, "The bytes of an object can be had by GET only.", {"allow": "GET, HEAD"})
        limits = self._standard.limits
        if len(scope["query_string"]) + len(scope["path"]) > limits.query:
            raise HttpFailure(414, f"The URL is longer than the {limits.query} bytes this site takes.")
        found: dict[str, str] = {}
        length = 0
        for raw, value in scope["headers"]:
            length += len(raw) + len(value)
            name = raw.decode("latin-1")
            if name in found and name in _ONCE:
                raise Invalid(f"The header {name} may be sent once only.")
            found[name] = ", ".join(filter(None, (found.get(name), value.decode("latin-1"))))
        if length > limits.headers:
            raise HttpFailure(431, f"The headers are longer than the {limits.headers} bytes this site takes.")
        return found

    def _below(self, scope: Scope) -> str:
        path = raw_path(scope).decode("latin-1")
        return path.removeprefix(self._standard.base_path)

    def _facts(self, scope: Scope) -> RequestFacts:
        """What is known of the request; its query, which is a credential, stays here."""
        base = (self._standard.public_url or origin(scope, dict(scope["headers"]))) + self._standard.base_path
        return RequestFacts(request_id(scope), scope["method"], scope["path"], base, operation_id=OPERATION)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message: Message = await receive()
            if message["type"] == "lifespan.shutdown":
                self._readers.close()
                await send({"type": "lifespan.shutdown.complete"})
                return
            await send({"type": "lifespan.startup.complete"})


def _finish(opened: Opened, sent: int) -> None:
    """Closes an object and says what became of it, each whatever becomes of the other."""
    try:
        opened.source.close()
    finally:
        opened.done(sent)

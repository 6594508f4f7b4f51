"""Every failure of an app in its standard's own error body, and responses on their way out."""

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.call import CALL, Call
from serving.errors import failure_of
from serving.reply import Wire, encode, json_wire
from serving.request import request_id
from serving.standard import Standard

log = logging.getLogger("insitu.serving")


class Errors:
    """Turns whatever ends a request early into the standard's own error body."""

    def __init__(self, app: ASGIApp, *, standard: Standard) -> None:
        self._app = app
        self._standard = standard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers in any case, unless an answer has begun."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if begun:
                raise
            await respond(self._render(error, scope), scope, send)

    def _render(self, error: Exception, scope: Scope) -> Wire:
        standard = self._standard
        failure = failure_of(error, request_id=request_id(scope), limits=standard.limits, also=standard.also)
        if failure.fault:
            log.error("id=%s app=%s status=500", request_id(scope), standard.name, exc_info=error)
        elif failure.trouble:
            log.warning(
                "id=%s app=%s status=%d %s", request_id(scope), standard.name, failure.status, failure.message
            )
        call: Call | None = scope.get(CALL)
        facts = call.facts if call is not None else standard.bare_facts(scope)
        body = encode({**standard.error_body(failure.status, failure.message, facts), **failure.details})
        return json_wire(failure.status, body, failure.headers)


async def respond(answer: Wire, scope: Scope, send: Send) -> None:
    """Sends a response; to HEAD without its body."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})

"""The app's middlewares: Connexion's stack, with all that can be known before a request worked out.

Connexion reads and checks the document, resolves functions, composes the stack and dispatches by operation.
Its own routing, validation and parameter parts build validators, parsers and signatures anew for each
request, drop parameters silently and let two routers disagree; these take their places through its extension
points (`middlewares`, `api_cls`, `make_operation`).
"""

import warnings
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from serving import jsonbody, query
from serving.accept import check_accept
from serving.access import Access, Undecided, decision_recorded, in_own_context
from serving.binding import Binder, body_schema, wants
from serving.call import CALL, Call
from serving.document import Operation
from serving.errors import HttpFailure
from serving.reasons import Invalid
from serving.rendering import respond
from serving.reply import Wire, wire
from serving.request import ROUTE, RequestFacts, raw_path, request_id
from serving.routing import Routes
from serving.standard import Standard

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # see serving.app
    from connexion.apps.asynchronous import AsyncApi, AsyncASGIApp
    from connexion.middleware.abstract import ROUTING_CONTEXT
    from connexion.middleware.request_validation import RequestValidationAPI, RequestValidationMiddleware

AT_ONCE = 65_536
"""Bodies up to this many bytes are decoded where they were read, longer ones in a worker thread."""


class Routing:
    """Finds the operation, and turns away what is too large to look at."""

    def __init__(self, app: ASGIApp, *, standard: Standard) -> None:
        self._app = app
        self._routes = Routes(tuple(standard.operations.values()), standard.base_path)
        self._base_path = standard.base_path
        self._limits = standard.limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Puts the operation's id where Connexion's other parts look for it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._measure(scope)
        operation, scope["path_params"] = self._routes.find(raw_path(scope), scope["method"])
        scope.setdefault(ROUTE, []).append(self._base_path + operation.path)
        scope.setdefault("extensions", {})[ROUTING_CONTEXT] = {
            "api_base_path": self._base_path,
            "operation_id": operation.id,
        }
        await self._app(scope, receive, send)

    def _measure(self, scope: Scope) -> None:
        limits = self._limits
        if len(scope["query_string"]) > limits.query:
            raise HttpFailure(
                413, f"The query string is longer than the {limits.query} bytes this site takes."
            )
        length = 0
        for name, value in scope["headers"]:
            length += len(name) + len(value)
            if name == b"content-length" and _length(value) > limits.body:
                raise jsonbody.too_large(limits.body)
        if length > limits.headers:
            raise HttpFailure(431, f"The headers are longer than the {limits.headers} bytes this site takes.")


class BoundOperation:
    """Checks a request against its operation and puts a `Call` into the scope."""

    def __init__(self, next_app: ASGIApp, operation: Operation, standard: Standard) -> None:
        self._next_app = next_app
        self._id = operation.id
        self._produces = operation.produces
        self._binder = Binder(operation, strict=standard.strict)
        self._body = operation.body
        self._schema = body_schema(operation.body) if operation.body else None
        self._standard = standard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on a call that fits.

        Raises:
            Invalid, HttpFailure: it does not.
        """
        standard = self._standard
        headers = dict(scope["headers"])
        sent = query.pairs(scope["query_string"], standard.limits.query_pairs)
        facts = RequestFacts(
            request_id(scope),
            scope["method"],
            scope["path"],
            standard.base_url(scope, headers),
            sent,
            self._binder.declared,
            self._id,
        )
        authorization = _authorization(scope, headers)
        call = Call({}, facts, authorization.decode("latin-1") if authorization is not None else None)
        scope[CALL] = call
        check_accept(headers.get(b"accept"), self._produces)
        call.arguments = self._binder.bind(scope["path_params"], sent, headers)
        if self._body is not None:
            call.arguments["body"] = await self._read(headers, receive)
        await self._next_app(scope, receive, send)

    async def _read(self, headers: dict[bytes, bytes], receive: Receive) -> Any:
        assert self._body is not None  # noqa: S101 - asked for only where there is one
        raw = await jsonbody.read(receive, self._standard.limits)
        if not raw:
            if self._body.required:
                raise Invalid("A request body is required.")
            return None
        jsonbody.check_type(headers, self._body.media_types)
        if len(raw) <= AT_ONCE:
            return self._decode(raw)
        return await self._standard.workers.run(lambda: self._decode(raw))

    def _decode(self, raw: bytes) -> Any:
        assert self._schema is not None  # noqa: S101 - as above
        value = jsonbody.decode(raw)
        self._schema.check(value, "The request body")
        return value


class ValidationAPI(RequestValidationAPI):  # type: ignore[misc]
    """Connexion's validation with our bound operations."""

    def __init__(self, *args: Any, standard: Standard, **kwargs: Any) -> None:
        self._standard = standard
        super().__init__(*args, **kwargs)

    def make_operation(self, operation: Any) -> BoundOperation:
        """The operation's binder, built once."""
        return BoundOperation(
            self.next_app, self._standard.operations[operation.operation_id], self._standard
        )


class Validation(RequestValidationMiddleware):  # type: ignore[misc]
    """The place of Connexion's request validation."""

    api_cls = ValidationAPI


class Endpoint:
    """Says who is calling, runs the function in a worker thread and answers with what it returned."""

    def __init__(self, operation: Operation, function: Callable[..., object], standard: Standard) -> None:
        self._function = function
        self._wants = wants(operation, function)
        self._governed = operation.access is Access.GOVERNED
        self._identify = standard.identify
        self._workers = standard.workers
        self._id = operation.id
        self._passports = operation.passports

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answers the call that validation left in the scope."""
        call: Call = scope[CALL]
        answer = await self._workers.run(lambda: in_own_context(call.facts.id, lambda: self._answer(call)))
        await respond(answer, scope, send)

    def _answer(self, call: Call) -> Wire:
        caller = self._caller(call)
        if self._wants.caller:
            call.arguments["caller"] = caller
        if self._wants.request:
            call.arguments["request"] = call.facts
        answer = wire(self._function(**call.arguments))
        if self._governed and answer.status < 400 and not decision_recorded():
            raise Undecided(f"{self._id} answered without asking governance")
        return answer


    def _caller(self, call: Call) -> object:
        body = call.arguments.get("body") if self._passports else None
        passports = body.get(self._passports) if isinstance(body, dict) else None
        if not passports:
            return self._identify(call.authorization)
        return self._identify(call.authorization, passports)


class EndpointAPI(AsyncApi):  # type: ignore[misc]
    """Connexion's innermost part with our endpoints."""

    def __init__(self, *args: Any, standard: Standard, **kwargs: Any) -> None:
        self._standard = standard
        super().__init__(*args, **kwargs)

    def make_operation(self, operation: Any) -> Endpoint:
        """The endpoint of the function that Connexion resolved."""
        return Endpoint(self._standard.operations[operation.operation_id], operation.function, self._standard)


class Endpoints(AsyncASGIApp):  # type: ignore[misc]
    """The app inside Connexion's stack."""

    api_cls = EndpointAPI


def _authorization(scope: Scope, headers: dict[bytes, bytes]) -> bytes | None:
    """The header that says who is calling.

    Raises:
        Invalid: there are several: whoever forwards the call may have looked at another one than we would.
    """
    if b"authorization" in headers and sum(name == b"authorization" for name, _ in scope["headers"]) > 1:
        raise Invalid("The Authorization header may be sent once only.")
    return headers.get(b"authorization")


def _length(value: bytes) -> int:
    return int(value) if value.isdigit() and len(value) < 19 else 0

"""An OpenAPI document and a set of operations become one ASGI app.

    app = build_app(Path("openapi/beacon.yaml"), {"getVariants": get_variants, ...}, name="beacon",
                    base_path="/ga4gh/beacon/v2", error_body=wire.error_body, identify=caller.identify)
    site = compose({"/ga4gh/beacon/v2": app}, pings={"database": database.ping})    # serving.front
    run("insitu.web:create", ServingSettings())                                     # serving.running
    with client(site) as http:                                                      # serving.testing
        http.get("/ga4gh/beacon/v2/info")

**One id, one function.** `operations` maps each `operationId` of the document to a plain synchronous
function. Start-up fails (`DocumentError`, naming the place) on: an id used twice or missing, an operation
without function, a function without operation, a declared parameter that the function does not take, an
argument that nothing fills, an operation without `x-insitu-access`, a `$ref` or schema that does not resolve.

**What a function gets**, all by keyword and only what its signature names (a `**parameters` takes every
declared one):

- each declared path, query and header parameter under its pythonic name (`pythonic()`: `requestedGranularity`
  is `requested_granularity`, `assemblyId` is `assembly_id`, a builtin or keyword gets an underscore: `id_`),
  converted to its schema's type and valid against it. *Always present*: an absent one is its schema's
  `default`, else None. Arrays take both `a=1,2` and `a=1&a=2`; any other parameter given twice is a 400.
- `body`: the JSON request body, valid against its schema, None where there is none (and it is not required);
- `caller`: what `identify(authorization header or None)` returned. It is asked for every request, whatever
  the document's `security` says; its `Unauthenticated` is a 401. Where the operation says
  `x-insitu-passports: MEMBER`, the passports in that member of the body are its second argument, if any;
- `request`: a `RequestFacts` (see serving.request): `id`, `method`, `path`, `query` (raw decoded pairs in
  order), `declared` (names of the operation's query parameters), `base_url` (public URL of this app, no slash
  at the end), `operation_id`.

Functions run in worker threads (`limits.threads`, size the database pool to the same number): they may block.
They run with the request's own context variables and share nothing else.

**What a function returns**: any value orjson can write (dict, list, dataclass...): 200 `application/json`;
`bytes` that are JSON already: sent as they are; a `Reply(body, status=..., headers=..., media_type=...)` for
anything else. None is a mistake (500), except in a Reply.

**What a function raises**: a `serving.reasons.Reason`: its status from the table in serving.errors, its
public sentence as message; an exception of `build_app(also=...)`: as the reason it is mapped to; anything
else is a 500 that says only the request's id, and is logged with it.

**`x-insitu-access`** on each operation: `public` (says nothing about governed data) or `governed`. A governed
operation that ends with a 2xx without `serving.access.record_decision()` having been called (governance's
gate does) is turned into a 500 and logged: no answer without a decision.

**Errors**: each non-2xx under the base path, 404 for unknown paths, 405 (`Allow`), 406, 413, 415 and 500
included, has the JSON of `error_body(status, message, request)`; the message is one sentence; 401 carries
`WWW-Authenticate: Bearer`, 429 and 503 `Retry-After`.

**Paths** are split at `/` before percent-decoding, so an id may hold `%2F`. One trailing slash is ignored.
HEAD is GET without body. `strict` refuses undeclared query parameters (400); otherwise they are left to the
function (`request.query`, `request.declared`).
"""

import functools
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from serving.binding import Binder, body_schema, wants
from serving.document import DocumentError, Operation, load, operations_of, reading
from serving.limits import Limits
from serving.reasons import Reason
from serving.rendering import Errors
from serving.routing import Routes
from serving.stack import Endpoints, Routing, Validation
from serving.standard import ErrorBody, Identify, Standard
from serving.workers import Workers

with warnings.catch_warnings():
    # Connexion imports Starlette's test client, which warns about its HTTP library.
    warnings.simplefilter("ignore")
    from connexion import AsyncApp
    from connexion.apps.abstract import AbstractApp
    from connexion.middleware.response_validation import ResponseValidationMiddleware
    from connexion.resolver import Resolver


class App(AsyncApp):  # type: ignore[misc]
    """The app of one standard. An ASGI app; `close` ends its worker threads where they are its own."""

    def __init__(self, standard: Standard, document: Mapping[str, Any], *, validate_responses: bool) -> None:
        self.standard = standard
        self._middleware_app = Endpoints()
        middlewares: list[Any] = [
            functools.partial(Errors, standard=standard),
            functools.partial(Routing, standard=standard),
            Validation,
        ]
        if validate_responses:
            middlewares.append(ResponseValidationMiddleware)
        # Past AsyncApp, whose constructor would put its own endpoints into the place of ours.
        AbstractApp.__init__(
            self,
            "serving",
            middlewares=middlewares,
            resolver=Resolver(standard.functions.__getitem__),
            validate_responses=validate_responses,
        )
        # Connexion checks the document and resolves its references here; its stack is made with the first
        # request.
        self.middleware.add_api(dict(document), base_path=standard.base_path, standard=standard)
        self.specification = self.middleware.apis[0].specification

    def close(self) -> None:
        """Returns when the app's calls have ended."""
        self.standard.workers.close()


def build_app(
    document: Path,
    operations: Mapping[str, Callable[..., object]],
    *,
    name: str,
    base_path: str,
    error_body: ErrorBody,
    identify: Identify,
    limits: Limits | None = None,
    workers: Workers | None = None,
    public_url: str | None = None,
    also: Mapping[type[BaseException], type[Reason]] | None = None,
    validate_responses: bool = False,
    strict: bool = False,
) -> App:
    """The app of one standard, ready to be composed or served alone.

    `workers` shares one pool of threads between the apps of a process. `public_url` is `https://host` where
    the server stands behind something that changes the Host header. `also` maps exceptions of parts that know
    no reasons to kinds of reason: `{DatabaseUnavailable: Unavailable, TookTooLong: Unavailable}`.
    `validate_responses` (tests) makes an answer that breaks its schema a 500.

    Raises:
        DocumentError: the document and the operations do not fit each other; says where and what to change.
    """
    limits = limits or Limits()
    declared: dict[str, Operation] = {}
    standard = Standard(
        name=name,
        base_path=base_path.rstrip("/"),
        operations=declared,
        functions=operations,
        error_body=error_body,
        identify=identify,
        limits=limits,
        workers=workers or Workers(limits.threads, limits.waiting),
        strict=strict,
        public_url=public_url.rstrip("/") if public_url else None,
        also=also or {},
    )
    with reading(document):
        app = App(standard, load(document), validate_responses=validate_responses)
        declared |= {each.id: each for each in operations_of(app.specification.spec, document.name)}
        _check(standard, document.name)
    return app


def _check(standard: Standard, document: str) -> None:
    """Everything that could fail with the first request fails now."""
    _check_functions(standard, document)
    Routes(tuple(standard.operations.values()), standard.base_path)
    for operation in standard.operations.values():
        wants(operation, standard.functions[operation.id])
        _check_schemas(operation)


def _check_functions(standard: Standard, document: str) -> None:
    missing = sorted(standard.operations.keys() - standard.functions.keys())
    unknown = sorted(standard.functions.keys() - standard.operations.keys())
    if missing:
        raise DocumentError(f"{document}: no function for {', '.join(missing)}")
    if unknown:
        raise DocumentError(f"{document}: no operation for the functions {', '.join(unknown)}")


def _check_schemas(operation: Operation) -> None:
    try:
        Binder(operation, strict=False)
        if operation.body is not None:
            body_schema(operation.body)
    except ValueError as error:
        raise DocumentError(
            f"{operation.id}: a schema does not hold: {str(error).splitlines()[0][:200]}"
        ) from error

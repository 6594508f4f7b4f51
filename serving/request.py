"""The facts of a request that an operation may ask for."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import Scope

REQUEST_ID = "insitu.request_id"
"""The key of the request's id in an ASGI scope."""

ROUTE = "insitu.route"
"""The key, in an ASGI scope, of the list into which routing puts the path of its operation, as a template."""

_HOST = re.compile(rb"[A-Za-z0-9._\-\[\]:]{1,255}")


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What is known of a request beside its parameters.

    `path` is the whole decoded path. `query` holds the decoded pairs in the order sent, `declared` the names
    of the query parameters that the operation declares (both empty where no operation was found). `base_url`
    is the public URL of the app, without a slash at its end.
    """

    id: str
    method: str
    path: str
    base_url: str
    query: tuple[tuple[str, str], ...] = ()
    declared: frozenset[str] = frozenset()
    operation_id: str | None = None


def request_id(scope: Scope) -> str:
    """The request's id; gives it a random one where it has none."""
    found: str | None = scope.get(REQUEST_ID)
    if found is None:
        found = scope[REQUEST_ID] = os.urandom(16).hex()
    return found


def origin(scope: Scope, headers: Mapping[bytes, bytes]) -> str:
    """`https://host:port` as the caller sees this server: its Host header if it is one, else our socket."""
    host = headers.get(b"host", b"")
    if _HOST.fullmatch(host):
        return f"{scope.get('scheme', 'http')}://{host.decode('ascii')}"
    name, port = scope.get("server") or ("localhost", None)
    return f"{scope.get('scheme', 'http')}://{name}" + (f":{port}" if port else "")


def raw_path(scope: Scope) -> bytes:
    """The path as it was sent, without the query string."""
    raw: bytes | None = scope.get("raw_path")
    return raw.partition(b"?")[0] if raw is not None else scope["path"].encode()

"""What the parts of one app share: its document's operations, and how its standard speaks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.types import Scope

from serving.document import Operation
from serving.limits import Limits
from serving.reasons import Reason
from serving.request import RequestFacts, origin, request_id
from serving.workers import Workers

ErrorBody = Callable[[int, str, RequestFacts], dict[str, Any]]


class Identify(Protocol):
    """Says who is calling; `passports` are those of the body, where the operation takes any."""

    def __call__(self, authorization: str | None, passports: Sequence[Any] = ..., /) -> object:
        """The caller; raises Unauthenticated where what was sent does not hold."""


@dataclass(frozen=True, slots=True)
class Standard:
    """One app's settings. `operations` by id; `also` is explained in serving.errors."""

    name: str
    base_path: str
    operations: Mapping[str, Operation]
    functions: Mapping[str, Callable[..., object]]
    error_body: ErrorBody
    identify: Identify
    limits: Limits
    workers: Workers
    strict: bool
    public_url: str | None
    also: Mapping[type[BaseException], type[Reason]]

    def base_url(self, scope: Scope, headers: Mapping[bytes, bytes]) -> str:
        """The app's URL as callers see it, without a slash at its end."""
        return (self.public_url or origin(scope, headers)) + self.base_path

    def bare_facts(self, scope: Scope) -> RequestFacts:
        """The facts of a request of which nothing is known but its scope."""
        headers = dict(scope["headers"])
        return RequestFacts(request_id(scope), scope["method"], scope["path"], self.base_url(scope, headers))

"""Why a request failed, in HTTP: one table from kinds of reason to statuses, and what callers are told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from serving.limits import Limits
from serving.reasons import (
    Conflict,
    Invalid,
    Missing,
    NotAllowed,
    Reason,
    Refused,
    TokenInvalid,
    TooLarge,
    Unauthenticated,
    Unavailable,
)

STATUS: Mapping[type[Reason], int] = {
    Invalid: 400,
    Unauthenticated: 401,
    Refused: 403,
    Missing: 404,
    NotAllowed: 405,
    Conflict: 409,
    TooLarge: 413,
    Unavailable: 503,
}

OUTAGE = "A part of this site is not available just now: try again in a moment."


class HttpFailure(Exception):  # noqa: N818 - named like the reasons it stands beside
    """A request that HTTP itself refuses (405, 406, 415, 431...), before or beside any operation."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class Failure:
    """What the caller is told. `fault` marks our own mistakes, `trouble` those of a dependency."""

    status: int
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: bool = False
    trouble: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)


def status_of(reason: Reason) -> int:
    """The HTTP status of a kind of reason, from its nearest ancestor in the table; 500 outside the table."""
    return next((STATUS[kind] for kind in type(reason).__mro__ if kind in STATUS), 500)


def failure_of(
    error: BaseException, *, request_id: str, limits: Limits, also: Mapping[type[BaseException], type[Reason]]
) -> Failure:
    """The failure that an error means to the caller.

    `also` says which kinds of reason the exceptions of parts that know no reasons are (the database's); their
    sentence is their attribute `public`, where they have one.
    """
    if isinstance(error, HttpFailure):
        return Failure(error.status, error.message, error.headers)
    if isinstance(error, Reason) and (status := status_of(error)) != 500:
        return Failure(status, error.public, _headers(status, error, limits), details=error.details)
    for kind in type(error).__mro__:
        if kind in also:
            reason = also[kind](_sentence(getattr(error, "public", OUTAGE)))
            status = status_of(reason)
            return Failure(status, reason.public, _headers(status, reason, limits), trouble=True)
    message = f"Something went wrong at this site. Its log has the trace under {request_id}."
    return Failure(500, message, fault=True)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _headers(status: int, reason: Reason, limits: Limits) -> dict[str, str]:
    if status == 401:
        # RFC 6750, 3.1: whoever sent a token is told that it is the token.
        sent = isinstance(reason, TokenInvalid)
        return {"www-authenticate": 'Bearer error="invalid_token"' if sent else "Bearer"}
    if status in (429, 503):
        return {"retry-after": str(getattr(reason, "retry_after", limits.retry_after))}
    return {}

"""A request that fits its operation, on its way to the function."""

from dataclasses import dataclass
from typing import Any

from serving.request import RequestFacts

CALL = "insitu.call"
"""The key of the call in an ASGI scope."""


@dataclass(slots=True)
class Call:
    """The function's arguments so far, the facts, and the credentials that nobody has looked at yet."""

    arguments: dict[str, Any]
    facts: RequestFacts
    authorization: str | None

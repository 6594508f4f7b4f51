"""How much of a request this site takes in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one app's requests. Sizes in bytes, `body_seconds` and `retry_after` in seconds.

    `threads` functions run at once; size the database pool to it. `waiting` more may queue, the next is a
    503.
    """

    body: int = 1_048_576
    body_seconds: float = 60.0
    query: int = 32_768
    query_pairs: int = 1_000
    headers: int = 32_768
    threads: int = 10
    waiting: int = 1_000
    retry_after: int = 5

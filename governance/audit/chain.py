"""The chain: what a row's hash is over, and how an entry becomes text. docs/audit.md specifies both."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

GENESIS = bytes(32)
"""The `previous` of row 1."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the trail. `at` and `kind` repeat what `body` says; None in an export, which has no such."""

    sequence: int
    body: str
    previous: bytes
    hash: bytes
    at: datetime | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The last row of a chain: its number, 0 where there is none, and its hash."""

    sequence: int = 0
    hash: bytes = GENESIS


@dataclass(frozen=True, slots=True)
class Body:
    """An entry as text, with what is searched by."""

    at: datetime
    kind: str
    text: str


def row_hash(sequence: int, previous: bytes, body: str) -> bytes:
    """SHA-256 over `insitu-audit-1`, the number, the hash before in hexadecimal, and the body, one a line."""
    return hashlib.sha256(f"insitu-audit-1\n{sequence}\n{previous.hex()}\n{body}".encode()).digest()


def chained(head: Head, bodies: Iterable[Body]) -> Iterator[Row]:
    """The bodies as the rows that follow the head."""
    sequence, previous = head.sequence, head.hash
    for each in bodies:
        sequence += 1
        made = row_hash(sequence, previous, each.text)
        yield Row(sequence, each.text, previous, made, each.at, each.kind)
        previous = made


def canonical(value: Any) -> bytes:
    """The value as JSON with sorted keys and without spaces, in UTF-8.

    Dataclasses become objects, sets sorted lists, bytes hexadecimal.

    Raises:
        TypeError: there is something in it that JSON cannot hold.
    """
    return orjson.dumps(value, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)


def _plain(value: object) -> Any:
    if isinstance(value, set | frozenset):
        return sorted(value, key=repr)
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} is nothing that the trail can hold")


def written(when: datetime) -> str:
    """A time as bodies have it: UTC to the microsecond (`2026-11-21T22:00:00.000001Z`)."""
    return when.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def read_time(text: str) -> datetime:
    """The time that `written` wrote.

    Raises:
        ValueError: it is none.
    """
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)

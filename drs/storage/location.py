"""A file in one of the site's stores, and what its store says of it."""

from dataclasses import dataclass

KEY_LONGEST = 1024
"""Bytes of the longest key, as S3 has it."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where bytes lie: a store of the site, by name, and a key in it.

    The key is relative, with `/` between its parts, none of which is empty, `.` or `..`.
    """

    store: str
    key: str


@dataclass(frozen=True, slots=True)
class Stat:
    """What a store says of a file.

    `size` in bytes. `mark` changes when the content may have: of a local file its inode and the nanosecond of
    its last change, of an object in a cloud its ETag and version. `modified` in seconds since 1970.
    """

    size: int
    mark: str
    modified: float


def is_key(text: str) -> bool:
    """Whether a text can be the key of a file: relative, and never out of its store."""
    parts = text.split("/")
    return (
        not any(each in ("", ".", "..") for each in parts)
        and "\0" not in text
        and _length(text) <= KEY_LONGEST
    )


def _length(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError:  # a name of the file system that is no UTF-8, which no standard could state
        return KEY_LONGEST + 1

"""Checksums: what may be one, and those of bundles."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence

from drs.errors import EntryInvalid

_LENGTHS = {"sha-256": 64, "sha-384": 96, "sha-512": 128, "sha1": 40, "md5": 32, "crc32c": 8, "trunc512": 48}
_NAMES = {"sha256": "sha-256", "sha512": "sha-512", "sha384": "sha-384", "sha-1": "sha1"}
_TYPE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]+", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9\"_.-]{1,128}", re.ASCII)
_BUNDLE: Mapping[str, Callable[[bytes], str]] = {
    "sha-256": lambda text: hashlib.sha256(text).hexdigest(),
    "md5": lambda text: hashlib.md5(text, usedforsecurity=False).hexdigest(),
}


def read(given: Mapping[str, str]) -> dict[str, str]:
    """Checksums by their standard names, in lower case.

    Raises:
        EntryInvalid: one is none; says what to change.
    """
    return dict(_one(kind, value) for kind, value in given.items())


def _one(kind: str, value: str) -> tuple[str, str]:
    name = _NAMES.get(kind.lower(), kind.lower())
    if not _TYPE.fullmatch(name):
        raise EntryInvalid("A checksum's type is a name such as sha-256, md5 or crc32c.")
    if name == "etag" and _WORD.fullmatch(value):
        return name, value
    digest = value.lower()
    if not _HEX.fullmatch(digest) or len(digest) != _LENGTHS.get(name, len(digest)) or len(digest) > 128:
        wanted = (
            f"{_LENGTHS[name]} hexadecimal digits" if name in _LENGTHS else "hexadecimal digits, 128 at most"
        )
        raise EntryInvalid(f"A {name} checksum is {wanted}.")
    return name, digest


def agree(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether they are of one content, as far as is known: something in common, and nothing against it."""
    common = one.keys() & other.keys()
    return bool(common) and all(one[each] == other[each] for each in common)


def of_bundle(members: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The digests of the sorted digests of the direct members (DRS 1.5), for each type that all of them have.

    Where they have none in common, that of what each has.
    """
    found = {}
    for kind, digest in _BUNDLE.items():
        if all(kind in each for each in members):
            found[kind] = digest("".join(sorted(each[kind] for each in members)).encode())
    if not found:
        strongest = sorted(each[min(each)] for each in members)
        found["sha-256"] = _BUNDLE["sha-256"]("".join(strongest).encode())
    return found

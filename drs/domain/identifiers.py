"""Ids of objects, their URIs, and names that fit into any file system.

An id that nobody gave is made of the dataset and the content: the same bytes registered again have the same
id, other bytes never have it (DRS 1.5: one id always returns the same data).
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlsplit

LONGEST = 255
# What may stand in a path once it is percent-encoded, without the percent sign that would be read twice.
_ID = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/-]{1,255}", re.ASCII)
_TAKEN = ("access", ".", "..")
_ODD = re.compile(r"[^A-Za-z0-9._-]+", re.ASCII)
_PREFIX = re.compile(r"[A-Za-z0-9._]+(/[A-Za-z0-9._]+)?", re.ASCII)
_STRONGEST = ("sha-256", "sha-512", "sha-384", "md5", "sha1", "crc32c", "etag")


def is_id(text: str) -> bool:
    """Whether an object can be called so: no word of the interface, no dots that clients take away."""
    return bool(_ID.fullmatch(text)) and text not in _TAKEN and not text.endswith("/")


def is_prefix(text: str) -> bool:
    """Whether compact ids can begin so (identifiers.org, n2t.net)."""
    return bool(_PREFIX.fullmatch(text))


def id_of_content(dataset: str, size: int, checksums: Mapping[str, str]) -> str:
    """The id of a file of that content, by its strongest checksum."""
    kind = next(each for each in (*_STRONGEST, *sorted(checksums)) if each in checksums)
    return _digest("content", dataset, str(size), kind, checksums[kind])


def id_of_place(dataset: str, store: str, key: str, size: int, mark: str) -> str:
    """The id of a file whose content nobody has read yet: that of what lies there, as it is now."""
    return _digest("place", dataset, store, key, str(size), mark)


def id_of_bundle(dataset: str, members: Iterable[tuple[str, str]]) -> str:
    """The id of a bundle of members, each a name and an id."""
    return _digest("bundle", dataset, *(part for member in sorted(members) for part in member))


def _digest(*parts: str) -> str:
    """32 letters and digits; each part with its length, so that no two lists of parts are one text."""
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return base64.b32encode(hashlib.sha256(text.encode()).digest()[:20]).decode().lower()


def bare(text: str, prefix: str | None) -> str:
    """What a compact id names here, without its prefix; any other id as it is."""
    return text.removeprefix(f"{prefix}:") if prefix else text


def self_uri(identifier: str, base_url: str, prefix: str | None) -> str:
    """A `drs://` URI: by prefix where the site has one and is not at the https port, else by its host's name.

    A port may not be part of it, and it always means https.
    """
    found = urlsplit(base_url)
    named = quote(identifier, safe="")
    if prefix and not (found.scheme == "https" and found.port in (None, 443)):
        return f"drs://{prefix}:{named}"
    host = found.hostname or "localhost"
    return f"drs://[{host}]/{named}" if ":" in host else f"drs://{host}/{named}"


def portable(name: str) -> str:
    """A file's name in the letters that DRS allows in names."""
    return _ODD.sub("_", name)[:LONGEST] or "_"


def unlike(names: Iterable[str]) -> dict[str, str]:
    """A portable name for each name, no two the same, and the same ones each time."""
    given: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(names):
        found, number = portable(name), 1
        while found in taken:
            number += 1
            found = f"{portable(name)[: LONGEST - 8]}_{number}"
        taken.add(found)
        given[name] = found
    return given

"""Signed URLs: short-lived, for one object and one caller, and nothing in them can be changed.

`<base>/<object id>?bearer=...&expires=...&mark=...&signature=...`, where the signature is an
HMAC-SHA256 over every other part. It says what was decided once; the route asks again before any byte.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass
from urllib.parse import quote, unquote_to_bytes, urlencode

import orjson

from serving.query import pairs
from serving.reasons import Invalid, Refused

_CONTEXT = b"insitu drs link 1\0"
_FIELDS = 6


class BadLink(Refused):
    """The URL is none that this site signed, or was altered."""

    def __init__(self) -> None:
        super().__init__("This URL is not as this site signed it: ask the object's access for a new one.")


class Expired(Refused):
    """The URL was good, and is over."""

    def __init__(self) -> None:
        super().__init__("This URL is no longer good: ask the object's access for a new one.")


@dataclass(frozen=True, slots=True)
class Link:
    """What a signed URL says.

    Which object; for whom (an opaque text that the core gives and gets back, never shown in clear by it);
    until when, in seconds since 1970; the `Stat.mark` it was made for; and how the bytes go out: `https`, or
    `crypt4gh` to the public key `key` (base64 of its 32 bytes).
    """

    object_id: str
    bearer: str
    expires: int
    mark: str
    method: str = "https"
    key: str = ""


class Links:
    """Makes and reads signed URLs under one secret of the site. Safe between threads.

    `base_url` is the public URL of the streaming app, without a slash at its end.
    """

    def __init__(self, secret: bytes, base_url: str, clock: Callable[[], float] = time.time) -> None:
        if len(secret) < hashlib.sha256().digest_size:
            raise ValueError("a secret of 32 bytes or more is needed")
        self._secret = secret
        self._base_url = base_url.rstrip("/")
        self._clock = clock

    def url(self, link: Link) -> str:
        """The URL that says so, signed."""
        signature = self._signature(link).decode()
        query = urlencode({**_said(link), "signature": signature}, quote_via=quote, safe="")
        return f"{self._base_url}/{quote(link.object_id, safe='')}?{query}"

    def read(self, path: str, query: str) -> Link:
        """What a URL says, from its path below the app's and its query, both as they were sent.

        Raises:
            BadLink: this site did not sign it.
            Expired: it was good until a while ago.
        """
        link, signature = _stated(path, query)
        if not hmac.compare_digest(self._signature(link), signature.encode()):
            raise BadLink
        if link.expires <= self._clock():
            raise Expired
        return link

    def _signature(self, link: Link) -> bytes:
        said = _CONTEXT + orjson.dumps(astuple(link))
        return base64.urlsafe_b64encode(hmac.digest(self._secret, said, "sha256")).rstrip(b"=")


def _said(link: Link) -> dict[str, str]:
    """What the query says of a link, beside its signature."""
    said = {"bearer": link.bearer, "expires": str(link.expires), "mark": link.mark}
    if link.method != "https":
        said["method"] = link.method
    if link.key:
        said["key"] = link.key
    return said


def _stated(path: str, query: str) -> tuple[Link, str]:
    """What a URL claims, said as we say it: once, and nothing beside it."""
    try:
        said = dict(sent := pairs(query.encode("ascii"), _FIELDS))
        signature = said.pop("signature")
        object_id = unquote_to_bytes(path.removeprefix("/").encode("ascii")).decode()
        fields = {**said, "expires": int(said["expires"])}
        link = Link(object_id=object_id, **fields)  # type: ignore[arg-type]
        signature.encode("ascii")
    except (ValueError, KeyError, TypeError, Invalid):
        raise BadLink from None
    if said != _said(link) or len(sent) != len(said) + 1:
        raise BadLink
    return link, signature

"""Conditions of a request (RFC 9110, 13): whether the caller still wants what there is now."""

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import formatdate, parsedate_to_datetime

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_SETTLED = 2
"""Seconds after a change from which its time tells one state of a file from the next."""


def date(seconds: float) -> str:
    """A moment as HTTP writes it."""
    return formatdate(int(seconds), usegmt=True)


def outcome(headers: Mapping[str, str], tag: str, modified: float) -> int | None:
    """412 or 304 where the conditions end a GET or HEAD; None where it goes on.

    `headers` by lower-case name, `tag` without its quotes.
    """
    if (wanted := headers.get("if-match")) is not None:
        if not _among(wanted, tag, weak=False):
            return 412
    elif (since := _moment(headers.get("if-unmodified-since"))) is not None and int(modified) > since:
        return 412
    if (known := headers.get("if-none-match")) is not None:
        return 304 if _among(known, tag, weak=True) else None
    since = _moment(headers.get("if-modified-since"))
    return 304 if since is not None and int(modified) <= since else None


def range_holds(if_range: str | None, tag: str, modified: float, now: float) -> bool:
    """Whether a range is to be given: `If-Range` names this very state of the file, or is absent."""
    if if_range is None:
        return True
    found = _TAG.fullmatch(if_range.strip())
    if found is not None:
        return not found.group(1) and found.group(2) == tag
    return _moment(if_range) == int(modified) and modified + _SETTLED <= now


def _among(header: str, tag: str, *, weak: bool) -> bool:
    if header.strip() == "*":
        return True
    return any(each.group(2) == tag and (weak or not each.group(1)) for each in _TAG.finditer(header))


def _moment(text: str | None) -> int | None:
    """Seconds since 1970 of a date as HTTP writes it; None where it is none: as if it was not sent."""
    if text is None or not text.isascii() or len(text) > 64:
        return None
    try:
        found = parsedate_to_datetime(text)
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (ValueError, TypeError, OverflowError):
        return None

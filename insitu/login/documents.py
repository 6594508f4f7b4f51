"""JSON of other servers: objects of bounded depth, and texts that are fit for a terminal."""

import json
from typing import Any

from governance.errors import shown

Json = dict[str, Any]

_SHOWN = 1000  # characters


def json_object(content: bytes) -> Json:
    """The object; an empty one where it is none."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def error_code(content: bytes) -> str:
    """The `error` of an OAuth error body (RFC 6749, 5.2); nothing else of it is shown to anybody."""
    code = json_object(content).get("error")
    word = isinstance(code, str) and len(code) <= 60 and code.replace("_", "").isalnum() and code.isascii()
    return str(code) if word else ""


def said(text: Any, longest: int = _SHOWN) -> str:
    """A text of somebody else's for the terminal: printable and bounded; empty where it is none."""
    return shown(text if isinstance(text, str) else "", longest)


def whole_number(value: Any, least: int, most: int) -> int | None:
    """The number, where it is one within these bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        return None
    return int(value)


def token_text(value: Any, longest: int = 200_000) -> str | None:
    """A token or code: ASCII that can be sent in a header; None where it is nothing of the kind."""
    if not isinstance(value, str) or not 1 <= len(value) <= longest:
        return None
    return value if value.isascii() and value.isprintable() and " " not in value else None

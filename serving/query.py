"""Query strings to decoded pairs, and texts to the values their schemas ask for."""

import math
import re
from urllib.parse import unquote_to_bytes

from serving.reasons import Invalid

LARGEST = 2**63 - 1
"""The largest integer that every part behind the door can hold."""

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", re.ASCII)
_WORDS = {"true": True, "false": False}
_MEANING = {"integer": "an integer", "number": "a number", "boolean": "true or false"}

Scalar = str | int | float | bool


def pairs(query: bytes, most: int) -> tuple[tuple[str, str], ...]:
    """The decoded pairs of a query string, in order. A name without `=` has an empty value.

    Raises:
        Invalid: more than `most` pairs, a text that is no UTF-8, or one that holds a NUL.
    """
    if not query:
        return ()
    parts = query.split(b"&")
    if len(parts) > most:
        raise Invalid(f"The query string has more than {most} parameters.")
    found = []
    for part in parts:
        if part:
            name, _, value = part.partition(b"=")
            found.append(
                (decoded(name, "query string", plus=True), decoded(value, "query string", plus=True))
            )
    return tuple(found)


def decoded(raw: bytes, where: str, *, plus: bool = False) -> str:
    """Percent-encoded bytes as text; with `plus`, a `+` is a space.

    Raises:
        Invalid: it is no UTF-8 or holds a NUL, which no store takes.
    """
    if plus and b"+" in raw:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        raw = unquote_to_bytes(raw)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise Invalid(f"The {where} holds text that is not UTF-8.") from None
    if "\0" in text:
        raise Invalid(f"The {where} holds a NUL character.")
    return text


def value_of(text: str, kind: str, name: str) -> Scalar:
    """The text as a value of a schema's scalar type.

    Raises:
        Invalid: it is none; an integer must fit 64 bits, a number must be finite.
    """
    if kind == "string":
        return text
    if kind == "integer" and _INTEGER.fullmatch(text) and abs(number := int(text)) <= LARGEST:
        return number
    if kind == "number" and _NUMBER.fullmatch(text) and math.isfinite(real := float(text)):
        return real
    if kind == "boolean" and (word := _WORDS.get(text.lower())) is not None:
        return word
    raise Invalid(f"{name} must be {_MEANING[kind]}.")

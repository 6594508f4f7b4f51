"""Single values of a question, checked for their form; each failure says what to change."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

from beacon.errors import BadRequest

Choice = TypeVar("Choice", bound=Enum)

_LARGEST = 2**53  # whole numbers that every JSON reader keeps exactly; no sequence is as long
_LONGEST = 10_000  # characters of one value, far more than any question needs


def mapping(value: object, name: str) -> Mapping[str, Any]:
    """The JSON object; an empty one where there is none."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise BadRequest(f"'{name}' must be a JSON object.")
    return value


def text(value: object, name: str, *, empty: bool = False) -> str:
    """The string without the blanks around it. `empty` allows one without characters."""
    if not isinstance(value, str):
        raise BadRequest(f"'{name}' must be a string.")
    words = value.strip()
    if not words and not empty:
        raise BadRequest(f"'{name}' is empty: give it a value or leave it out.")
    if len(words) > _LONGEST:
        raise BadRequest(f"'{name}' has {len(words)} characters, more than the {_LONGEST} that can be asked.")
    if not words.isprintable():
        raise BadRequest(f"'{name}' holds a character that cannot be printed: take it out.")
    return words


def texts(value: object, name: str) -> list[str]:
    """A list of strings; a lone string is a comma-joined list of them."""
    if value is None:
        return []
    if isinstance(value, str):
        return [text(each, name) for each in value.split(",") if each.strip()]
    if not isinstance(value, list):
        raise BadRequest(f"'{name}' must be a list of strings.")
    return [text(each, name) for each in value]


def whole(value: object, name: str) -> int:
    """A whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadRequest(f"'{name}' must be a whole number.")
    if abs(value) > _LARGEST:
        raise BadRequest(f"'{name}' is larger than any position: give a smaller number.")
    return value


def places(value: object, name: str) -> tuple[int, ...]:
    """One or two positions; a lone number is one."""
    numbers = value if isinstance(value, list) else [value]
    if not 1 <= len(numbers) <= 2:
        raise BadRequest(f"'{name}' takes one position, or two for a bracket, not {len(numbers)}.")
    return tuple(whole(each, name) for each in numbers)


def flag(value: object, name: str) -> bool:
    """True or false; false where there is none."""
    if value is None:
        return False
    if not isinstance(value, bool):
        raise BadRequest(f"'{name}' must be true or false.")
    return value


def one_of(kind: type[Choice], value: object, name: str, default: Choice) -> Choice:
    """A word of a fixed list; `default` where there is none."""
    if value is None:
        return default
    try:
        return kind(value)
    except ValueError:
        words = ", ".join(str(each.value) for each in kind)
        raise BadRequest(f"'{name}' must be one of {words}.") from None

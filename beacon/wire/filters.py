"""Filters as sent: strings in a GET, objects (or strings) in a POST."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from beacon.domain.asking import Filter
from beacon.errors import BadRequest
from beacon.wire.values import flag, text

_OPERATORS = ("=", "<", ">", "!", ">=", "<=")
_SHORT = re.compile(r"(?P<id>.+?):(?P<operator>>=|<=|[=<>!])(?P<value>.*)", re.DOTALL)
_DEPTH = 2  # a list of filters, or of lists of alternatives


def read_filters(raw: object, most: int) -> tuple[Filter, ...]:
    """The filters of a question, each once. A list inside the list holds alternatives of one property.

    Raises:
        BadRequest: a filter has no form of one, or there are more than `most`.
    """
    if raw is None:
        return ()
    if not isinstance(raw, list):
        raise BadRequest("'filters' must be a list.")
    found = list(_flat(raw, _DEPTH))
    if len(found) > most:
        raise BadRequest(f"{len(found)} filters are too many: ask with at most {most}.")
    return tuple(dict.fromkeys(_read(each) for each in found))


def _flat(raw: list[Any], depth: int) -> Iterator[object]:
    for each in raw:
        if isinstance(each, list):
            if depth == 1:
                raise BadRequest("'filters' may hold lists of filters, and those no further lists.")
            yield from _flat(each, depth - 1)
        else:
            yield each


def _read(raw: object) -> Filter:
    if isinstance(raw, str):
        return _from_text(text(raw, "filters"))
    if isinstance(raw, Mapping):
        return _from_object(raw)
    raise BadRequest("Each filter must be an object with an 'id', or a string.")


def _from_text(words: str) -> Filter:
    match = _SHORT.fullmatch(words)
    if match is None:
        return Filter(words)
    return Filter(match["id"], match["operator"], text(match["value"], f"filters {match['id'][:40]}"))


def _from_object(raw: Mapping[str, Any]) -> Filter:
    if "id" not in raw:
        raise BadRequest("A filter lacks its 'id'.")
    operator, value = raw.get("operator"), raw.get("value")
    if operator is None and value is not None:
        operator = "="
    if operator is not None and operator not in _OPERATORS:
        raise BadRequest(f"The 'operator' of a filter must be one of {' '.join(_OPERATORS)}.")
    if operator is not None and value is None:
        raise BadRequest("A filter with an 'operator' needs a 'value'.")
    return Filter(
        id=text(raw["id"], "filters.id"),
        operator=operator,
        value=None if value is None else text(str(value), "filters.value"),
        descendants=flag(raw.get("includeDescendantTerms", True), "includeDescendantTerms"),
        scope=None if raw.get("scope") is None else text(raw["scope"], "filters.scope"),
    )

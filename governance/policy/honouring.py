"""Records as obligations want them: what every service puts a record through before it leaves."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from governance.policy.obligations import Kind, Obligation

_DATE = re.compile(r"(\d{4})-\d{2}(-\d{2}([T ]\d{2}:\d{2}.*)?)?", re.ASCII)
_DURATION = re.compile(r"P(\d+)Y.*", re.ASCII)
_AGES = frozenset({"age", "ageatonset", "ageatdiagnosis", "ageofonset"})
_POSTCODES = frozenset({"zip", "zipcode", "postcode", "postalcode"})

Change = Callable[[str, Any], Any]
"""What becomes of a member that is no object and no list, by its name and value."""


def honoured(record: Any, obligations: Iterable[Obligation]) -> Any:
    """The JSON value with the obligations' fields dropped and its dates, ages and postal codes coarsened.

    The value itself is left as it is. `ROUND` and `RESIDENCY` are not about records: who counts and who
    stores honours them.
    """
    wanted = list(obligations)
    dropped = frozenset(each.value for each in wanted if each.kind is Kind.DROP_FIELD)
    changes = [_CHANGES[each.kind](each.value) for each in wanted if each.kind in _CHANGES]
    return _walked("", record, dropped, changes) if dropped or changes else record


def about_records(obligations: Iterable[Obligation]) -> bool:
    """True where any of them changes what a record says."""
    return any(each.kind is Kind.DROP_FIELD or each.kind in _CHANGES for each in obligations)


def _walked(name: str, value: Any, dropped: frozenset[str], changes: list[Change]) -> Any:
    if isinstance(value, dict):
        return {
            key: _walked(key, each, dropped, changes) for key, each in value.items() if key not in dropped
        }
    if isinstance(value, (list, tuple)):
        return [_walked(name, each, dropped, changes) for each in value]
    for change in changes:
        value = change(name, value)
    return value


def _year(_: str) -> Change:
    def change(_name: str, value: Any) -> Any:
        found = _DATE.fullmatch(value) if isinstance(value, str) else None
        return found[1] if found else value

    return change


def _capped(most: str) -> Change:
    cap = int(most)

    def change(name: str, value: Any) -> Any:
        if isinstance(value, str) and (found := _DURATION.fullmatch(value)) and int(found[1]) > cap:
            return f"P{cap + 1}Y"
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return cap + 1 if number and name.lower() in _AGES and value >= cap + 1 else value

    return change


def _three(_: str) -> Change:
    def change(name: str, value: Any) -> Any:
        return value[:3] if isinstance(value, str) and name.lower() in _POSTCODES else value

    return change


_CHANGES: dict[Kind, Callable[[str], Change]] = {
    Kind.DATE_YEAR: _year,
    Kind.AGE_CAP: _capped,
    Kind.ZIP3: _three,
}

"""Records as obligations want them: what every service puts a record through before it leaves."""

from collections.abc import Callable, Iterable
from typing import Any

from governance.policy.coarsening import Change, ages_capped, first_characters, three_digits, years_only
from governance.policy.obligations import Kind, Obligation


def honoured(record: Any, obligations: Iterable[Obligation]) -> Any:
    """The JSON value with the obligations' fields dropped and its dates, ages and postal codes coarsened.

    The value itself is left as it is. `ROUND` and `RESIDENCY` are not about records: who counts and who
    stores honours them.
    """
    wanted = list(obligations)
    dropped = frozenset(each.value for each in wanted if each.kind is Kind.DROP_FIELD)
    changes = [make(each.value) for kind, make in _CHANGES.items() for each in wanted if each.kind is kind]
    return _walked("", record, dropped, changes) if dropped or changes else record


def about_records(obligations: Iterable[Obligation]) -> bool:
    """True where any of them changes what a record says."""
    return any(each.kind in RECORDS for each in obligations)


def _walked(name: str, value: Any, dropped: frozenset[str], changes: list[Change]) -> Any:
    if isinstance(value, dict):
        value = {
            key: _walked(key, each, dropped, changes) for key, each in value.items() if key not in dropped
        }
    elif isinstance(value, (list, tuple)):
        return [_walked(name, each, dropped, changes) for each in value]
    for change in changes:
        value = change(name, value)
    return value


_CHANGES: dict[Kind, Callable[[str], Change]] = {
    Kind.AGE_CAP: ages_capped,  # before dates lose what tells that they are dates
    Kind.DATE_YEAR: years_only,
    Kind.ZIP3: three_digits,
    Kind.POSTCODE: first_characters,
}
RECORDS = frozenset((Kind.DROP_FIELD, *_CHANGES))
"""The obligations that `honoured` honours."""

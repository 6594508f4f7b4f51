"""What becomes of dates, ages and postal codes that are told less exactly than they are known.

Values are known by their form, where that is sure, else by the name of their field. What a field of free text
says is not looked at.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

Change = Callable[[str, Any], Any]
"""What becomes of a value, by the name of its field."""

_DATE = re.compile(
    r"(?P<year>\d{4})-\d{2}(-\d{2})?(Z|[+-]\d{2}:?\d{2}|[T ]\d{2}.*)?|\d{1,2}[./]\d{1,2}[./](?P<last>\d{4})",
    re.ASCII,
)
_COMPACT = re.compile(
    r"(1[89]|2[01])\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(T?\d{4,6}(\.\d+)?)?(Z|[+-]\d{4})?"
)
_YEAR = re.compile(r"(1[89]|2[01])\d\d", re.ASCII)
_OF_TIME = re.compile(r"birth|born|date|death|year", re.IGNORECASE)
_DURATION = re.compile(r"P(?:([\d.]+)Y)?(?:([\d.]+)M)?(?:([\d.]+)W)?(?:([\d.]+)D)?(T.*)?", re.ASCII)
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(?:y|yrs?|years?|years? old)?", re.ASCII | re.IGNORECASE)
_AGE = re.compile(r"(?i:age)([_A-Z].*|(?i:at|of|in).*)?|.*([a-z]A|_a|_A)ge")
_PER_YEAR = {"m": 12.0, "w": 52.18, "d": 365.25}  # by the first letter of a unit: months, weeks, days
_ZIP = re.compile(r"\d{5}(-?\d{4})?|\d{3}", re.ASCII)
_POSTCODES = frozenset({"zip", "zipcode", "postcode", "postalcode"})
SPARSE = frozenset(
    {
        "036", "059", "063", "102", "203", "556", "692", "790", "821",
        "823", "830", "831", "878", "879", "884", "890", "893",
    }
)  # fmt: skip
"""The three-digit ZIP areas of 20,000 people or fewer (Census 2000; HHS' guidance on 45 CFR 164.514(b))."""


def years_only(_: str) -> Change:
    """Of dates the year is told."""

    def change(name: str, value: Any) -> Any:
        year = _year_of_date(name, value)
        return value if year is None else year

    return change


def ages_capped(most: str) -> Change:
    """Ages over the value are told as one more, and no year that shows such an age today.

    Years before the last that shows none are told as that one, which so stands for itself and all before.
    """
    top = int(most) + 1
    first = datetime.now(UTC).year - top

    def change(name: str, value: Any) -> Any:
        year = _year_of_date(name, value) or _bare_year(name, value)
        if year is not None and int(year) < first:
            return first if isinstance(value, int) else str(first)
        if isinstance(value, str) and (duration := _DURATION.fullmatch(value.strip())):
            return f"P{top}Y" if _years(duration) >= top else value
        return _capped(value, top) if _AGE.fullmatch(name) else value

    return change


def first_characters(many: str) -> Change:
    """Of postal codes so many first characters are told."""

    def change(name: str, value: Any) -> Any:
        return _text(value)[: int(many)] if _is_postcode(name, value) else value

    return change


def three_digits(_: str) -> Change:
    """Of ZIP codes three digits are told; 000 of sparse areas, and of what is no ZIP code."""

    def change(name: str, value: Any) -> Any:
        if not _is_postcode(name, value):
            return value
        text = _text(value)
        if not isinstance(value, str):  # a number has lost the zeros that it began with
            text = text.zfill(5 if len(text) <= 5 else 9)
        return text[:3] if _ZIP.fullmatch(text) and text[:3] not in SPARSE else "000"

    return change


def _year_of_date(name: str, value: Any) -> str | None:
    """The year of a date that says more; None for all else. A number, or digits alone, may be an id."""
    if isinstance(value, str) and (found := _DATE.fullmatch(value.strip())):
        return found["year"] or found["last"]
    known = _OF_TIME.search(name) if isinstance(value, int) else not name.lower().endswith("id")
    if known and isinstance(value, (int, str)) and _COMPACT.fullmatch(str(value).strip()):
        return str(value).strip()[:4]
    return None


def _bare_year(name: str, value: Any) -> str | None:
    bare = isinstance(value, (int, str)) and _OF_TIME.search(name) and _YEAR.fullmatch(str(value).strip())
    return str(value).strip() if bare else None


def _capped(value: Any, top: int) -> Any:
    """An age as a number, a text, a quantity (`value` and `unit`) or a range of these."""
    if isinstance(value, dict):
        return _quantity(value, top) | {
            each: _capped(value[each], top) for each in ("low", "high") if each in value
        }
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return min(top, value)
    found = _NUMBER.fullmatch(value.strip()) if isinstance(value, str) else None
    return str(top) if found and float(found[1]) >= top else value


def _quantity(said: dict[str, Any], top: int) -> dict[str, Any]:
    unit = str(said.get("code") or said.get("unit") or "a").lower()
    each_year = _PER_YEAR.get(unit[:1], 1.0)
    number = _NUMBER.fullmatch(str(said.get("value")).strip())
    over = number is not None and float(number[1]) >= top * each_year
    return said | {"value": round(top * each_year)} if over else dict(said)


def _years(duration: re.Match[str]) -> float:
    parts = [float(each) if each and each.strip(".") else 0.0 for each in duration.groups()[:4]]
    return sum(part / each for part, each in zip(parts, (1.0, *_PER_YEAR.values()), strict=True))


def _is_postcode(name: str, value: Any) -> bool:
    plain = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    return plain and name.lower().replace("_", "") in _POSTCODES


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()

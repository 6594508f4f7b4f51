"""When a file was written and by what, as its header says in whatever spelling; short and printable."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

_FIRST = date(2000, 1, 1)  # no VCF is older
_LONGEST = 120  # characters of what wrote a file
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES, 1)}
_WORD = "|".join(_MONTHS)
_SPELLINGS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?!\d)",
        r"^(?P<year>\d{4})[-/._](?P<month>\d\d?)[-/._](?P<day>\d\d?)(?!\d)",
        r"^(?P<day>\d\d?)\.(?P<month>\d\d?)\.(?P<year>\d{4})(?!\d)",
        rf"\b(?P<day>\d\d?)(?:st|nd|rd|th)?[-/. ]*(?P<month>{_WORD})[a-z]*[-/., ]*(?P<year>\d{{4}})(?!\d)",
        rf"\b(?P<month>{_WORD})[a-z]*[-/. ]+(?P<day>\d\d?)(?:st|nd|rd|th)?\b.*?\b(?P<year>\d{{4}})\s*$",
    )
]
_SLASHED = re.compile(r"^(\d\d?)[-/](\d\d?)[-/](\d{4})(?!\d)")


def date_of(text: str) -> date | None:
    """The day of `##fileDate`; None for what is no day, or none on which a VCF can have been written.

    `03/04/2024` may be in March or in April: it is none, unless one of the two is no month.
    """
    text = text[:_LONGEST].strip().strip("\"'").strip()
    for spelling in _SPELLINGS:
        found = spelling.search(text)
        if found:
            month = found["month"].lower()[:3]
            return _plausible(int(found["year"]), _MONTHS.get(month) or int(month), int(found["day"]))
    slashed = _SLASHED.search(text)
    if slashed is None:
        return None
    one, other, year = map(int, slashed.groups())
    either = {day for day in (_plausible(year, one, other), _plausible(year, other, one)) if day is not None}
    return either.pop() if len(either) == 1 else None


def _plausible(year: int, month: int, day: int) -> date | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    # Somewhere it is tomorrow already.
    return found if _FIRST <= found <= datetime.now(UTC).date() + timedelta(days=1) else None


def source_of(texts: Sequence[str]) -> str | None:
    """What wrote the file, of its `##source` lines: printable, without repeats, at most 120 characters."""
    plain = (" ".join(_printable(text[: 4 * _LONGEST]).split()).strip("\"' ") for text in texts)
    whole = "; ".join(dict.fromkeys(each for each in plain if each))
    return (whole if len(whole) <= _LONGEST else f"{whole[: _LONGEST - 3]}...") or None


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)

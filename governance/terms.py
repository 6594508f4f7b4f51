"""What may be registered of a dataset: every text and term is looked at before it is kept."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from governance.datasets import JURISDICTIONS, Circle, Protection, Tier
from governance.errors import DatasetInvalid, shown
from governance.policy.duo_terms import SYMBOLS, spelled

_DUO = re.compile(r"DUO:\d{7}", re.ASCII)
_TERM = re.compile(r"[A-Za-z][A-Za-z0-9_]*:[A-Za-z0-9_.-]{1,64}", re.ASCII)
_DISEASE, _DATED = SYMBOLS["DS"], (SYMBOLS["TS"], SYMBOLS["MOR"])
_MOST = 1_000  # values of one list


def columns(said: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a dataset (the fields of `Dataset`), as the columns it is kept in.

    Raises:
        DatasetInvalid: something cannot be registered; says what to change.
    """
    kept: dict[str, Any] = {}
    for name, value in said.items():
        kept |= _protection(value) if name == "protection" else {name: _READ[name](value)}
    return kept


def _text(what: str, least: int, most: int) -> Any:
    def read(value: Any) -> str:
        text = str(value).strip()
        if not least <= len(text) <= most:
            raise DatasetInvalid(
                f"The {what} of a dataset has {least} to {most} characters; this one has {len(text)}."
            )
        if not all(each.isprintable() or each in "\n\t" for each in text):
            raise DatasetInvalid(f"The {what} of a dataset may not hold control characters.")
        return text

    return read


def _tier(value: Tier) -> int:
    return int(Tier(value))


def _circle(value: Circle) -> int:
    return int(Circle(value))


def _urls(what: str) -> Any:
    """Values of visas are compared whole and as they are: what could never be equal to one is refused."""

    def read(values: Iterable[str]) -> list[str]:
        found = list(dict.fromkeys(values))
        for each in found:
            if not 1 <= len(each) <= 255 or not each.isprintable() or any(mark.isspace() for mark in each):
                raise DatasetInvalid(
                    f"{shown(each) or 'An empty text'} cannot be a {what}: give 1 to 255 characters without "
                    "spaces, exactly as the visas have them."
                )
        return _few(found, what)

    return read


def _few(found: list[str], what: str) -> list[str]:
    if len(found) > _MOST:
        raise DatasetInvalid(f"A dataset has at most {_MOST} of {what}; these are {len(found)}.")
    return found


def _duo(values: Iterable[str]) -> list[str]:
    return _few(list(dict.fromkeys(_duo_term(each) for each in values)), "terms of use")


def _duo_term(said: str) -> str:
    term, _, about = (kept := spelled(said)).partition("=")
    if not _DUO.fullmatch(term):
        raise DatasetInvalid(
            f"{shown(said) or 'An empty text'} is no term of use: give DUO:0000042 or a short name "
            f"({', '.join(SYMBOLS)}), or with what it is about: DS=MONDO:0005148, TS=2027-12-31, GS=SG."
        )
    if term == _DISEASE and not _TERM.fullmatch(about):
        raise DatasetInvalid("DS needs the disease it is about, as in DS=MONDO:0005148.")
    if term in _DATED and about and not _is_day(about):
        raise DatasetInvalid(f"{shown(about)} is no day: write it as in TS=2027-12-31.")
    if len(about) > 100 or not about.isprintable():
        raise DatasetInvalid(f"What {term} is about has at most 100 characters, all printable.")
    return kept


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _jurisdiction(value: str | None) -> str | None:
    if value not in (None, *JURISDICTIONS):
        raise DatasetInvalid(f"{shown(str(value))} is no jurisdiction here: {', '.join(JURISDICTIONS)}.")
    return value


def _protection(value: Protection) -> dict[str, Any]:
    if not 0 <= value.threshold <= 1_000_000:
        raise DatasetInvalid("A threshold is a number of people from 0 to 1000000.")
    if value.budget is not None and not 0 < value.budget <= 1_000:
        raise DatasetInvalid("A budget is a number of nats above 0 and at most 1000, or none at all.")
    if not 1 <= value.rounding <= 1_000_000:
        raise DatasetInvalid("Counts are rounded to multiples of 1 to 1000000.")
    return {"threshold": value.threshold, "budget": value.budget, "rounding": value.rounding}


_READ: Mapping[str, Any] = {
    "assembly": _text("assembly", 1, 64),
    "name": _text("name", 1, 200),
    "description": _text("description", 0, 10_000),
    "anonymous": _tier,
    "registered": _tier,
    "controlled": _tier,
    "compute": _circle,
    "download": _circle,
    "grants": _urls("grant"),
    "sources": _urls("source"),
    "duo": _duo,
    "jurisdiction": _jurisdiction,
    "test": bool,
    "confidential": bool,
}

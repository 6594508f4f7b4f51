"""What is applied for: the purpose in DUO's terms, the project, who takes part, and for how long."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from governance.policy.duo_terms import PURPOSES, SYMBOLS, spelled
from passport_broker.applications.errors import ApplicationInvalid

TITLE_LONGEST, PROJECT_LONGEST, NOTE_LONGEST = 200, 10_000, 5_000
MEMBERS_MOST, PURPOSES_MOST = 50, 30
YEARS_MOST = 5
AHEAD_MOST = 19
"""Years from now in which a period may end: a little less than any visa may last."""

_TERMS = frozenset((SYMBOLS | PURPOSES).values())
_ABOUT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}", re.ASCII)
_DISEASE = re.compile(r"[A-Za-z][A-Za-z0-9_]*:[A-Za-z0-9_.-]{1,64}", re.ASCII)
_SUBJECT = re.compile(r"[!-~]{1,255}", re.ASCII)
_OF_DISEASE = (SYMBOLS["DS"], PURPOSES["DISEASE"])


@dataclass(frozen=True, slots=True)
class Content:
    """`purpose` holds DUO terms (`DUO:0000042`, `DUO:0000007=MONDO:0005148`), `members` subjects of accounts.

    The period is whole days in UTC, the first and the last included.
    """

    title: str
    project: str
    purpose: tuple[str, ...]
    members: tuple[str, ...]
    begins: date
    ends: date

    @property
    def begins_at(self) -> int:
        """The first second of the period, since 1970."""
        return _start(self.begins)

    @property
    def ends_at(self) -> int:
        """The first second after the period."""
        return _start(self.ends + timedelta(days=1))

    def kept(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "title": self.title,
            "project": self.project,
            "purpose": list(self.purpose),
            "members": list(self.members),
            "begins": self.begins.isoformat(),
            "ends": self.ends.isoformat(),
        }

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Content":
        """From what `kept` gave."""
        return cls(
            title=kept["title"],
            project=kept["project"],
            purpose=tuple(kept["purpose"]),
            members=tuple(kept["members"]),
            begins=date.fromisoformat(kept["begins"]),
            ends=date.fromisoformat(kept["ends"]),
        )


def said(
    *, title: str, project: str, purpose: Iterable[str], members: Iterable[str], begins: str, ends: str
) -> Content:
    """What somebody said, tidied; parts of a draft may still be empty.

    Raises:
        ApplicationInvalid: a part could never be judged; says which and what to change.
    """
    found = Content(
        title=_text("title", title, TITLE_LONGEST),
        project=_text("project", project, PROJECT_LONGEST, "\n\r\t"),
        purpose=tuple(dict.fromkeys(_purpose(each) for each in purpose)),
        members=tuple(dict.fromkeys(_member(each) for each in members)),
        begins=_day("begins", begins),
        ends=_day("ends", ends),
    )
    if len(found.purpose) > PURPOSES_MOST:
        raise ApplicationInvalid(f"A purpose has at most {PURPOSES_MOST} terms.", "purpose")
    if len(found.members) > MEMBERS_MOST:
        raise ApplicationInvalid(f"An application is for at most {MEMBERS_MOST} members.", "members")
    if not found.begins <= found.ends:
        raise ApplicationInvalid("The period ends before it begins.", "ends")
    if found.ends > found.begins + timedelta(days=YEARS_MOST * 366):
        raise ApplicationInvalid(f"A period is {YEARS_MOST} years at most: renew it then.", "ends")
    return found


def check_complete(content: Content, now: float) -> None:
    """Returns where a committee could judge it.

    Raises:
        ApplicationInvalid: something is missing, or over.
    """
    for name in ("title", "project", "purpose"):
        if not getattr(content, name):
            raise ApplicationInvalid(f"Say something under {name}: the committee needs it.", name)
    if content.ends_at <= now:
        raise ApplicationInvalid("The period is over: choose a later last day.", "ends")
    if content.ends_at > now + AHEAD_MOST * 366 * 86_400:
        raise ApplicationInvalid(f"The period ends in more than {AHEAD_MOST} years.", "ends")


def note(text: str, *, needed: bool) -> str:
    """What is said of a step.

    Raises:
        ApplicationInvalid: it is needed and empty, or too long.
    """
    found = _text("reason", text, NOTE_LONGEST, "\n\r\t")
    if needed and not found:
        raise ApplicationInvalid("Say why: it is kept with the decision, and the applicants read it.", "note")
    return found


def _text(name: str, text: str, most: int, also: str = "") -> str:
    found = text.strip()
    if len(found) > most:
        raise ApplicationInvalid(f"The {name} has at most {most} characters; this has {len(found)}.", name)
    if not all(each.isprintable() or each in also for each in found):
        raise ApplicationInvalid(f"The {name} holds characters that cannot be shown.", name)
    return found


def _purpose(text: str) -> str:
    term, equals, about = spelled(text[:200]).partition("=")
    if term not in _TERMS:
        raise ApplicationInvalid("A purpose is said in DUO's terms: choose from the list.", "purpose")
    if equals and not _ABOUT.fullmatch(about):
        raise ApplicationInvalid("What a term is about is a single word or code, as in GS=SG.", "purpose")
    if equals and term in _OF_DISEASE and not _DISEASE.fullmatch(about):
        raise ApplicationInvalid("A disease is named by its code, as in DS=MONDO:0005148.", "purpose")
    return f"{term}{equals}{about}"


def _member(text: str) -> str:
    if not _SUBJECT.fullmatch(text.strip()):
        raise ApplicationInvalid(
            "Members are named by their account ids, as their own pages show.", "members"
        )
    return text.strip()


def _day(name: str, text: str) -> date:
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        raise ApplicationInvalid("A day is written as in 2027-12-31.", name) from None
    if not date(2000, 1, 1) <= found <= date(2200, 1, 1):
        raise ApplicationInvalid("That day is too far away.", name)
    return found


def _start(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())

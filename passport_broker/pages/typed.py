"""What was typed into the form of an application, and what it shows."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import request

from passport_broker.domain.content import Content, said
from passport_broker.pages import purposes

FIELDS = ("title", "project", "disease", "other", "members", "begins", "ends")
LONGEST = 20_000  # characters of a field


def number() -> int | None:
    """The step that the page with the form showed."""
    text = request.form.get("number", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def content() -> Content:
    """What the form says.

    Raises:
        ApplicationInvalid: says what to change.
    """
    found = typed()
    return said(
        title=found["title"],
        project=found["project"],
        purpose=purposes.said(sorted(found["boxes"]), found["disease"], found["other"]),
        members=found["members"].split(),
        begins=found["begins"],
        ends=found["ends"],
    )


def typed() -> dict[str, Any]:
    """What was typed into the form, as it is."""
    found: dict[str, Any] = {each: request.form.get(each, "")[:LONGEST] for each in FIELDS}
    return found | {"boxes": {each[:100] for each in request.form.getlist("purpose")[:100]}}


def shown(content: Content) -> dict[str, Any]:
    """What the form shows of what was said before."""
    boxes, disease, other = purposes.chosen(content.purpose)
    return {
        "title": content.title,
        "project": content.project,
        "boxes": boxes,
        "disease": disease,
        "other": other,
        "members": "\n".join(content.members),
        "begins": content.begins.isoformat(),
        "ends": content.ends.isoformat(),
    }


def blank(now: float) -> dict[str, Any]:
    """An empty form: a year from today."""
    today = datetime.fromtimestamp(now, UTC).date()
    year = (today + timedelta(days=365)).isoformat()
    empty: dict[str, Any] = dict.fromkeys(FIELDS, "")
    return empty | {"begins": today.isoformat(), "ends": year, "boxes": set()}

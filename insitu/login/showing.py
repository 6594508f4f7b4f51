"""Access applications of a site, in lines for a person."""

from collections.abc import Iterator, Mapping
from typing import Any

from insitu.login.documents import said

_LONGEST = 20_000


def application_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """An application with its history. Every text is somebody else's."""
    yield f"{said(found.get('title')) or 'without a title'} ({said(found.get('id'))})"
    yield f"dataset:  {said(found.get('dataset'))}"
    yield f"status:   {said(found.get('status'))} (step {_number(found.get('number'))})"
    yield f"period:   {said(found.get('begins'))} to {said(found.get('ends'))}"
    yield f"purpose:  {_joined(found.get('purpose')) or '-'}"
    yield f"people:   {said(found.get('applicant'))} {_joined(found.get('members'))}".rstrip()
    if found.get("renews"):
        yield f"renews:   {said(found.get('renews'))}"
    match = found.get("match")
    if isinstance(match, Mapping):
        yield f"terms:    {said(match.get('fit'))}"
        yield from (f"          {said(each)}" for each in _list(match.get("reasons")))
    for line in str(found.get("project") or "").splitlines():
        yield f"  {said(line, longest=_LONGEST)}"
    for each in _list(found.get("history")):
        if isinstance(each, Mapping):
            yield from _taken(each)


def _taken(step: Mapping[str, Any]) -> Iterator[str]:
    by = step.get("by")
    who = f" by {said(by.get('subject'))}" if isinstance(by, Mapping) else ""
    yield f"{_number(step.get('number'))}. {said(step.get('at'))} {said(step.get('step'))}{who}"
    for line in str(step.get("note") or "").splitlines():
        yield f"   {said(line, longest=_LONGEST)}"


def _joined(listed: Any) -> str:
    return " ".join(said(each) for each in _list(listed))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: Any) -> str:
    return str(value) if isinstance(value, int) else "-"

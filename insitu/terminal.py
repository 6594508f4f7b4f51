"""What a person sees: results on standard output, progress and reasons on standard error."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import click
import orjson

_EVERY = 5.0  # seconds between plain lines


def say(text: str) -> None:
    """Writes a line to standard error; results alone go to standard output."""
    click.echo(text, err=True)


def show(value: Any) -> None:
    """Writes a value as JSON to standard output."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def table(titles: list[str], rows: list[list[str]]) -> None:
    """Writes a table to standard output: aligned for a person, with tabs for a pipe."""
    if not sys.stdout.isatty():
        for row in [titles, *rows]:
            click.echo("\t".join(row))
        return
    from insitu.drawn import draw_table  # noqa: PLC0415  (rich is slow to import, and not for pipes)

    draw_table(titles, rows)


class Bar(Protocol):
    """The progress of one long piece of work. Units are whatever the work counts."""

    def update(self, done: float, total: float, note: str = "") -> None:
        """Says how far the work is; `note` names what is being done, or how much of it."""


class _PlainBar:
    """A line now and then: for logs and pipes, where a bar would be noise."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._begun = time.monotonic()
        self._said = self._begun

    def update(self, done: float, total: float, note: str = "") -> None:
        """As `Bar` says."""
        now = time.monotonic()
        if now - self._said >= _EVERY:
            self._said = now
            say(f"{self._title}: {self._how_far(done, total, now)}{note and ', ' + note}")

    def _how_far(self, done: float, total: float, now: float) -> str:
        if not done or not total:
            return "under way"
        left = (now - self._begun) * (total - done) / done
        return f"{100 * done / total:.0f} %, {duration(left)} left"


@contextmanager
def bar(title: str) -> Iterator[Bar]:
    """A progress bar on standard error for the length of the block; plain lines where that is no terminal."""
    if not sys.stderr.isatty():
        yield _PlainBar(title)
        return
    from insitu.drawn import drawn_bar  # noqa: PLC0415

    with drawn_bar(title) as drawn:
        yield drawn


def duration(seconds: float) -> str:
    """Seconds as a person says them: `8 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def size(count: float) -> str:
    """Bytes as a person says them: `3.2 MB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"

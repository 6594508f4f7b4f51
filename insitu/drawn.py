"""What a person at a terminal sees drawn: aligned tables and bars that move."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table


def draw_table(titles: list[str], rows: list[list[str]]) -> None:
    """Writes an aligned table to standard output."""
    grid = Table(*titles, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        grid.add_row(*row)
    Console(file=sys.stdout).print(grid)


class DrawnBar:
    """A bar of rich's."""

    def __init__(self, progress: Progress, title: str) -> None:
        self._progress = progress
        self._task = progress.add_task(title, total=None, note="")

    def update(self, done: float, total: float, note: str = "") -> None:
        """As `terminal.Bar` says."""
        self._progress.update(self._task, completed=done, total=total, note=note)


@contextmanager
def drawn_bar(title: str) -> Iterator[DrawnBar]:
    """A progress bar on standard error for the length of the block."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
        TimeRemainingColumn(compact=True), TextColumn("{task.fields[note]}"),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield DrawnBar(progress, title)

"""Results as Markdown tables, and what the machine was."""

import os
import platform
from collections.abc import Iterator, Sequence
from pathlib import Path

Cell = str | int | float | None


def table(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """A Markdown table, columns padded so that it reads well in a terminal too."""
    texts = [list(columns), *[[_text(cell) for cell in row] for row in rows]]
    widths = [max(len(row[number]) for row in texts) for number in range(len(columns))]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in texts]
    lines = [f"| {' | '.join(row)} |" for row in padded]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def _text(cell: Cell) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell >= 100 else f"{cell:.2f}"
    return f"{cell:,}" if isinstance(cell, int) else cell


def machine() -> str:
    """Cores, processor, memory and Python, in one line."""
    model = next(_values("/proc/cpuinfo", "model name"), platform.machine())
    memory = next(_values("/proc/meminfo", "MemTotal"), "? kB")
    cores = len(os.sched_getaffinity(0))
    gigabytes = int(memory.split()[0]) / 1024**2 if memory[0].isdigit() else 0
    return f"{cores} cores of {model}, {gigabytes:.0f} GB, Python {platform.python_version()}"


def _values(path: str, name: str) -> Iterator[str]:
    if Path(path).exists():
        for line in Path(path).read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == name:
                yield value.strip()

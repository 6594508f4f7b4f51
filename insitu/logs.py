"""Where a process of the site writes its log: files of the data folder, and the worst of it on the terminal.

`web.log` and `worker.log` hold what those processes say; `audit.log` has one line of JSON for each decision.
Several processes append to one file: each line is one write.
"""

import logging
import os
import sys
from pathlib import Path

from serving.logs import FORMAT

_LARGEST = 50_000_000  # bytes, before a log is put aside at a start; the one put aside before is replaced


def log_to(folder: Path, role: str, *, terminal: bool = True) -> None:
    """Has this process write `logs/<role>.log` and `logs/audit.log`.

    Warnings go to standard error as well; without `terminal` standard output and error themselves go to the
    log, with whatever libraries write there.
    """
    logs = folder / "logs"
    logs.mkdir(mode=0o700, exist_ok=True)
    root = logging.getLogger()
    root.handlers = [_file(logs / f"{role}.log", FORMAT)]
    if terminal:
        root.addHandler(_terminal())
    else:
        with (logs / f"{role}.log").open("a", encoding="utf-8") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
    root.setLevel(logging.WARNING)
    logging.getLogger("insitu").setLevel(logging.INFO)
    audit = logging.getLogger("insitu.audit")
    audit.handlers = [_file(logs / "audit.log", "%(message)s")]
    audit.propagate = False


def put_aside(folder: Path) -> None:
    """Renames logs that have grown large; called while nobody writes them."""
    for path in (folder / "logs").glob("*.log"):
        if path.name != "audit.log" and path.stat().st_size > _LARGEST:
            path.replace(path.with_suffix(".log.1"))


def _file(path: Path, form: str) -> logging.Handler:
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter(form))
    return handler


def _terminal() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(_OneLine("insitu: %(name)s: %(message)s"))
    return handler


class _OneLine(logging.Formatter):
    """Leaves the traceback to the file."""

    def format(self, record: logging.LogRecord) -> str:
        """The message alone."""
        return self._style.format(_told(record))


def _told(record: logging.LogRecord) -> logging.LogRecord:
    record.message = record.getMessage().splitlines()[0] if record.getMessage() else ""
    return record

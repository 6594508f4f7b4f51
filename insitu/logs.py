"""Where a process of the site writes its log: files of the data folder, and the worst of it on the terminal.

`web.log` and `worker.log` hold what those processes say, and nothing of who asked what: that is in the audit
trail. Several processes append to one file: each line is one write. A file that is renamed or removed
(logrotate) is begun anew.
"""

import logging
import os
import sys
from io import TextIOWrapper
from logging.handlers import WatchedFileHandler
from pathlib import Path

from processes.accounts import Account
from processes.folders import private_folder
from processes.locks import give_to_folder_owner
from serving.logs import FORMAT, Discreet, masked

_LARGEST = 50_000_000  # bytes, before a log is put aside at a start; the one put aside before is replaced


def log_to(folder: Path, role: str, *, terminal: bool = True) -> None:
    """Has this process write `logs/<role>.log`.

    Warnings go to standard error as well; without `terminal` standard output and error themselves go to the
    log, with whatever libraries write there.
    """
    logs = private_folder(folder / "logs", _owner(folder))
    _ask_no_more_than_is_written()
    root = logging.getLogger()
    root.handlers = [_written(_File(logs / f"{role}.log"), FORMAT)]
    if terminal:
        root.addHandler(_terminal())
    else:
        with opened(logs / f"{role}.log") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
    root.setLevel(logging.WARNING)
    logging.getLogger("insitu").setLevel(logging.INFO)


def _ask_no_more_than_is_written() -> None:
    """Has no line looked up that no log of ours shows: by whom in the code, in which thread and process.

    As "Optimization" in Python's logging how-to has it. Each request is a line: this is a third of its cost.
    """
    logging._srcfile = None  # noqa: SLF001
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def put_aside(folder: Path) -> None:
    """Renames logs that have grown large; called while nobody writes them."""
    for path in (folder / "logs").glob("*.log"):
        if path.stat().st_size > _LARGEST:
            path.replace(path.with_suffix(".log.1"))


def opened(path: Path) -> TextIOWrapper:
    """The log, to be appended to: made with mode 0600, the folder's owner's, and never through a link."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    give_to_folder_owner(descriptor, path.parent)
    return open(descriptor, "a", encoding="utf-8")


class _File(WatchedFileHandler):
    """A log as `opened` makes it, begun anew when somebody has put it aside."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, encoding="utf-8", delay=True)

    def _open(self) -> TextIOWrapper:
        return opened(Path(self.baseFilename))

    def emit(self, record: logging.LogRecord) -> None:
        """Writes it; that a log cannot be opened is no error of who writes to it."""
        try:
            super().emit(record)
        except OSError:
            self.handleError(record)


def _owner(folder: Path) -> Account | None:
    """Whose folder it is, where we are root and it is not ours: root hands over what it makes."""
    found = folder.stat()
    if os.geteuid() != 0 or found.st_uid == 0:
        return None
    return Account("the owner of the data folder", found.st_uid, found.st_gid)


def _written(handler: logging.Handler, form: str) -> logging.Handler:
    handler.setFormatter(Discreet(form))
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
        return masked(self._style.format(_told(record)))


def _told(record: logging.LogRecord) -> logging.LogRecord:
    record.message = record.getMessage().splitlines()[0] if record.getMessage() else ""
    return record

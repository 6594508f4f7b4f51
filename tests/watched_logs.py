"""What the whole suite logs, looked through for secrets: in this process, and in the log files of sites."""

import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

SECRETS = {
    "a token": re.compile(r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"),
    "a bearer's credential": re.compile(r"(?i)bearer\s+[\w.~+/-]{16,}"),
    "a private key": re.compile(r"PRIVATE KEY|\"d\":\s*\""),
    "a password in a URL": re.compile(r"\b[a-z][a-z0-9+]*://[^/\s:@]*:(?!\*)[^/\s@]+@"),
    "the secret of a client": re.compile(r"s3cret|client_secret=(?!\*)\S"),
}


ON_PURPOSE = ("test_ready_is_every_dependency_by_name_and_why_not_without_secrets",)
"""Tests in which somebody else's exception brings a secret along; they look whether it is masked."""


class WatchedLogs(logging.Handler):
    """Keeps what any logger said that looks like a secret: which kind, by whom, in which test."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter())  # as it was said, before any mask
        self.found: list[str] = []
        self.seen = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Looks at one record, its traceback included."""
        self.seen += 1
        where = os.environ.get("PYTEST_CURRENT_TEST", "")
        if any(each in where for each in ON_PURPOSE):
            return
        self.found += [f"{kind} in {record.name}: {where}" for kind in kinds(self.format(record))]


def kinds(text: str) -> Iterator[str]:
    """Which kinds of secret a text holds."""
    return (kind for kind, pattern in SECRETS.items() if pattern.search(text))


def in_files(folder: Path) -> list[str]:
    """Secrets in the log files under a folder."""
    return [
        f"{kind} in {path.name}"
        for path in folder.rglob("*.log*")
        if path.is_file()
        for kind in kinds(path.read_text(errors="replace"))
    ]

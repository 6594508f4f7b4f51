"""What a server process says, and where."""

import logging
import re
import sys

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"

_PASSWORD = re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+@")
_TOKEN = re.compile(r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*")
_BEARER = re.compile(r"(?i)(bearer\s+)[\w.~+/-]{8,}=*")


class Discreet(logging.Formatter):
    """Writes records without the secrets that texts of other people's exceptions bring along.

    Passwords in URLs and tokens are masked, in the message and in tracebacks.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The text of a record."""
        return masked(super().format(record))


def masked(text: str) -> str:
    """The text without passwords in URLs and without tokens. Each request logs a line: most hold neither."""
    if "://" in text:
        text = _PASSWORD.sub(r"\1:***@", text)
    if "eyJ" in text:
        text = _TOKEN.sub("***", text)
    return _BEARER.sub(r"\1***", text) if "earer" in text or "EARER" in text else text


def to_stderr(level: int = logging.INFO) -> None:
    """Has the log of this process written to standard error, unless somebody has arranged for it already."""
    if logging.getLogger().handlers:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Discreet(FORMAT))
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(level)

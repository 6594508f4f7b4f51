"""Mail: the institution's server by its URL, and addresses."""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from governance.keys.urls import problem_with

PORTS = {"smtps": 465, "smtp": 587}
LOOPBACK_PORT = 25

_ADDRESS = re.compile(r"[!#-'*+/-9=?A-Z^-~-]{1,64}(\.[!#-'*+/-9=?A-Z^-~-]{1,64})*@[A-Za-z0-9.-]{1,253}")
_WRITE = "write smtps://user@mail.example:465, or smtp://user@mail.example:587 for STARTTLS"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in. `implicit`: TLS from the first byte; else by STARTTLS.

    `loopback`: it is this very machine, which alone may be spoken to without TLS.
    """

    host: str
    port: int
    user: str | None
    implicit: bool
    loopback: bool

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def smtp_server(url: str) -> SmtpServer:
    """The server of such a URL.

    Raises:
        ValueError: it is none; says what to write.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(_WRITE) from None
    if parts.scheme not in PORTS or not host or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(_WRITE)
    if parts.password is not None:
        raise ValueError("the password belongs into INSITU_PASSPORT_SMTP_PASSWORD_FILE, not into the URL")
    name = f"[{host}]" if ":" in host else host
    if problem := problem_with(f"https://{name}/"):
        raise ValueError(f"{problem}: {_WRITE}")
    loopback = problem_with(f"http://{name}/") is None
    usual = LOOPBACK_PORT if loopback and parts.scheme == "smtp" else PORTS[parts.scheme]
    user = None if parts.username is None else unquote(parts.username)
    return SmtpServer(host, port or usual, user, parts.scheme == "smtps", loopback)


def is_address(text: str) -> bool:
    """Whether mail can be sent there: one plain address, with nothing that could become another header."""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None

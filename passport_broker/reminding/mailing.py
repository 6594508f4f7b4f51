"""Mail through the institution's server: over verified TLS, and each attempt ends."""

import os
import smtplib
import ssl
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Protocol

from passport_broker.domain.mail import SmtpServer

SECONDS = 20.0  # for each step of a conversation
_PASSWORD_LONGEST = 1000
_PERMANENT = 500


class Unmailed(Exception):  # noqa: N818 - named for what happened
    """The server does not take mail just now; says why, without a secret."""


class Unwanted(Exception):  # noqa: N818
    """The server will never take this mail: it knows no such recipient."""


class Post(Protocol):
    """An open conversation with the server."""

    def send(self, to: Sequence[str], subject: str, text: str) -> None:
        """Hands a mail in.

        Raises:
            Unmailed, Unwanted: it is not taken.
        """


class Mailer:
    """The institution's server. `sender` is the address that mail comes from."""

    def __init__(self, server: SmtpServer, sender: str, password_file: Path | None = None) -> None:
        self._server = server
        self._sender = sender
        self._password_file = password_file

    @contextmanager
    def open(self) -> Iterator[Post]:
        """A conversation for the length of the block.

        Raises:
            Unmailed: there is none to be had.
        """
        try:
            wire = self._connected()
        except (smtplib.SMTPException, OSError) as error:
            raise Unmailed(f"{self._server}: {_why(error)}") from error
        try:
            yield _Open(wire, self._server, self._sender)
        finally:
            with suppress(smtplib.SMTPException, OSError):
                wire.quit()
            wire.close()

    def _connected(self) -> smtplib.SMTP:
        server, context = self._server, ssl.create_default_context()
        if server.implicit:
            wire: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=context)
        else:
            wire = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
        try:
            wire.ehlo()
            if not server.implicit:
                self._start_tls(wire, context)
            if server.user is not None:
                wire.login(server.user, self._password())
        except BaseException:
            wire.close()
            raise
        return wire

    def _start_tls(self, wire: smtplib.SMTP, context: ssl.SSLContext) -> None:
        """TLS, without which only this very machine is spoken to, and no password is said to anybody."""
        if wire.has_extn("starttls"):
            wire.starttls(context=context)
            wire.ehlo()
        elif not self._server.loopback or self._server.user is not None:
            raise Unmailed(f"{self._server} offers no STARTTLS: nothing is sent in the clear")

    def _password(self) -> str:
        path = self._password_file
        if path is None:
            raise Unmailed(f"{self._server}: INSITU_PASSPORT_SMTP_PASSWORD_FILE is not set")
        with path.open(encoding="utf-8") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise Unmailed(f"others can read {path}: run chmod 600 on it")
            return file.readline(_PASSWORD_LONGEST).rstrip("\r\n")


class _Open:
    def __init__(self, wire: smtplib.SMTP, server: SmtpServer, sender: str) -> None:
        self._wire = wire
        self._server = server
        self._sender = sender

    def send(self, to: Sequence[str], subject: str, text: str) -> None:
        """As `Post.send`. Of several recipients none learns of the others."""
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = to[0] if len(to) == 1 else "undisclosed-recipients:;"
        message["Subject"] = subject
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=self._sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no robot answers
        message.set_content(text)
        try:
            self._wire.send_message(message, self._sender, list(to))
        except smtplib.SMTPRecipientsRefused as error:
            if all(code >= _PERMANENT for code, _ in error.recipients.values()):
                raise Unwanted from error
            raise Unmailed(f"{self._server}: refuses the recipients for now") from error
        except (smtplib.SMTPException, OSError) as error:
            raise Unmailed(f"{self._server}: {_why(error)}") from error


def _why(error: Exception) -> str:
    """What went wrong: the server's code or the kind of error, for its text may repeat what we said."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate does not hold ({error.verify_message})"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"answered {error.smtp_code} ({type(error).__name__})"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__

"""From settings to the institution's mail server."""

from passport_broker.domain.mail import smtp_server
from passport_broker.reminding.mailing import Mailer
from passport_broker.settings import PassportSettings


def mailer_of(settings: PassportSettings) -> Mailer | None:
    """The server that reminders are mailed through; None where there is none: they are lines of the log."""
    if settings.smtp_url is None or settings.mail_from is None:
        return None
    return Mailer(smtp_server(settings.smtp_url), settings.mail_from, settings.smtp_password_file)

"""What a reminder says: which dataset, what is due, where to see more. No name or text of anybody's."""

from passport_broker.applications.due import Reminder
from passport_broker.domain.applications import Side

_FOOT = "You get this because of an application for access at {issuer}. Nobody reads answers to this mail."


def address_of(reminder: Reminder, issuer: str) -> str:
    """The page of the application."""
    return f"{issuer}/applications/{reminder.application.id}"


def subject_of(reminder: Reminder) -> str:
    """The line by which a mail is seen in a list."""
    return sentence(reminder).rstrip(".")


def text_of(reminder: Reminder, issuer: str) -> str:
    """The mail."""
    said = (sentence(reminder), _hint(reminder), address_of(reminder, issuer))
    lines = [*said, "", _FOOT.format(issuer=issuer)]
    return "\n".join(lines) + "\n"


def sentence(reminder: Reminder) -> str:
    """What is due."""
    dataset, days = reminder.application.dataset, _days(reminder.days)
    if reminder.what == "ends":
        return f"Access to {dataset} ends in {days}."
    if reminder.what == "ended":
        return f"Access to {dataset} has ended."
    if reminder.side is Side.COMMITTEE:
        return f"An application for {dataset} has waited for a decision for {days}."
    return f"An application for {dataset} was asked back {days} ago."


def _hint(reminder: Reminder) -> str:
    if reminder.what in ("ends", "ended"):
        return "Whoever still needs it applies for a renewal:"
    if reminder.side is Side.COMMITTEE:
        return "It can be approved, rejected or asked back:"
    return "The committee's question, and a form to answer it:"


def _days(number: int) -> str:
    return f"{number} {'day' if number == 1 else 'days'}"

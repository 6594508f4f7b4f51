"""Somebody's account at this broker."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from passport_broker.errors import AccountInvalid

Kind = Literal["local", "upstream", "demonstration"]

PASSWORD_LENGTHS = (12, 200)
"""How many characters a password may have."""

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,127}")
_EMAIL = re.compile(r"[^@\s]{1,128}@[^@\s]{1,126}")
_NAME_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account. `subject` is the `sub` of all that this broker issues for it, and says nothing."""

    subject: str
    name: str | None
    email: str | None
    kind: Kind
    disabled: bool

    @property
    def shown(self) -> str:
        """What to call the person on a page."""
        return self.name or self.email or self.subject


@dataclass(frozen=True, slots=True)
class ListedAccount:
    """An account as operators see it, never with its password: the ways to log in to it.

    `login` is its own; `elsewhere` are issuers and subjects there.
    """

    account: Account
    login: str | None
    since: datetime
    elsewhere: tuple[tuple[str, str], ...] = ()

    @property
    def named(self) -> str:
        """What commands call it: by its login, or else by its subject."""
        return self.login or self.account.subject


def new_subject() -> str:
    """A subject that nobody can guess and that says nothing of the person.

    It begins with a letter or digit: with a dash no command would take it for an argument.
    """
    while not (made := secrets.token_urlsafe(16))[0].isalnum():
        continue
    return made


def checked_login(text: str) -> str:
    """The login, in the one spelling that it is kept in.

    Raises:
        AccountInvalid: it has letters that are easily mistaken, or too many.
    """
    login = text.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise AccountInvalid(
            "a login is 1 to 128 of the characters a-z 0-9 . _ @ + - and begins with a letter or digit"
        )
    return login


def checked_password(text: str) -> str:
    """The password as it is.

    Raises:
        AccountInvalid: it is too short or too long.
    """
    least, most = PASSWORD_LENGTHS
    if not least <= len(text) <= most:
        raise AccountInvalid(f"a password has {least} to {most} characters: a few words will do")
    return text


def checked_person(name: str | None, email: str | None) -> tuple[str | None, str | None]:
    """Name and email address; None where they are empty.

    Raises:
        AccountInvalid: one of them cannot be shown or written to.
    """
    name, email = (name or "").strip() or None, (email or "").strip() or None
    if name is not None and (len(name) > _NAME_LONGEST or not name.isprintable()):
        raise AccountInvalid(f"a name has at most {_NAME_LONGEST} characters that can be shown")
    if email is not None and not _EMAIL.fullmatch(email):
        raise AccountInvalid(f"{email!r} is no email address")
    return name, email

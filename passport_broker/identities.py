"""Local accounts: made by operators, used to log in."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any, Protocol

from database.engine import Database
from passport_broker.domain.accounts import (
    Account,
    Kind,
    ListedAccount,
    checked_login,
    checked_password,
    checked_person,
    new_subject,
)
from passport_broker.errors import AccountInvalid, AccountTaken, AccountUnknown
from passport_broker.passwords import Passwords
from passport_broker.store import accounts


class Acting(Protocol):
    """Records that something is begun upon an account, and how it ended."""

    def __call__(
        self, what: str, account: Account, details: Mapping[str, Any]
    ) -> AbstractContextManager[Any]:
        """`what` in dotted words."""


def _unrecorded(_what: str, _account: Account, _details: Mapping[str, Any]) -> AbstractContextManager[Any]:
    return nullcontext()


class Identities:
    """The accounts of a site's own people. Safe between threads."""

    def __init__(self, database: Database, acting: Acting | None = None) -> None:
        self._database = database
        self._passwords = Passwords()
        self._acting = acting or _unrecorded

    def add(
        self, login: str, password: str, *, name: str | None = None, email: str | None = None,
        kind: Kind = "local",
    ) -> Account:  # fmt: skip
        """The new account.

        Raises:
            AccountInvalid: login, password, name or address do not fit; says what to change.
            AccountTaken: there is one of that login.
        """
        login, hashed = checked_login(login), self._passwords.hashed(checked_password(password))
        made = Account(new_subject(), *checked_person(name, email), kind, disabled=False)
        with self._acting("account.added", made, {"kind": kind}):
            found = accounts.insert(self._database, made, login, hashed)
            if found is None:
                raise AccountTaken(login)
            return found

    def all(self) -> list[ListedAccount]:
        """Every account: by login, then those that are logged in elsewhere."""
        return accounts.everybody(self._database)

    def find(self, named: str) -> ListedAccount:
        """The account of that login or subject.

        Raises:
            AccountUnknown: there is none.
        """
        found = [each for each in self.all() if named in (each.login, each.account.subject)]
        if not found:
            raise AccountUnknown(named)
        return found[0]

    def disable(self, named: str) -> Account:
        """The account, signed out everywhere: it can do nothing, and no token of it holds, until `enable`.

        Raises:
            AccountUnknown: there is none of that login or subject.
        """
        return self._changed("account.disabled", named, accounts.disable)

    def enable(self, named: str) -> Account:
        """The account, which may log in again.

        Raises:
            AccountUnknown: there is none of that login or subject.
        """
        return self._changed("account.enabled", named, accounts.enable)

    def set_password(self, login: str, password: str) -> Account:
        """The account with another password; it is signed out everywhere.

        Raises:
            AccountInvalid: the password does not fit.
            AccountUnknown: there is no account of that login.
        """
        hashed = self._passwords.hashed(checked_password(password))

        def change(database: Database, _subject: str) -> Account | None:
            return accounts.set_password(database, login, hashed)

        return self._changed("account.password", login, change)

    def authenticate(self, login: str, password: str) -> Account | None:
        """The account of somebody who knows its password; None else, and after as long."""
        found = None
        with suppress(AccountInvalid):
            found = accounts.by_login(self._database, checked_login(login))
        account, kept = found or (None, None)
        if not self._passwords.fits(kept, password) or account is None or kept is None or account.disabled:
            return None
        if self._passwords.aged(kept):
            accounts.rehash(self._database, account.subject, self._passwords.hashed(password))
        return account

    def close_demonstration(self) -> None:
        """Signs demonstration accounts out for good: for a site that other machines can reach."""
        for each in accounts.demonstration(self._database):
            with self._acting("account.disabled", each, {"kind": each.kind}):
                accounts.disable(self._database, each.subject)

    def login_of(self, account: Account) -> str | None:
        """The login of an account that has a password here."""
        return accounts.login_of(self._database, account.subject)

    def _changed(self, what: str, named: str, change: Callable[[Database, str], Account | None]) -> Account:
        known = self.find(named).account
        with self._acting(what, known, {}):
            changed = change(self._database, known.subject)
        if changed is None:
            raise AccountUnknown(named)
        return changed

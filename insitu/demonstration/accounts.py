"""People to log in as on the demonstration site: a researcher, a committee member, a custodian."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

from governance.caller import Identity
from governance.roles import RoleRegister
from insitu.acts import acting
from insitu.demonstration.plan import ACCOUNTS, PASSWORD, DemoAccount
from insitu.exits import Exit, Stop
from insitu.house import House
from passport_broker.service import Account, Identities


def open_accounts(house: House, issuer: str) -> None:
    """Makes the accounts, or has them as they were: open, with the password that everybody may know.

    At another port the site is another issuer: they get their roles there, too.

    Raises:
        Stop: the site has accounts of its own by these logins.
    """
    identities = Identities(house.database, _recorded(house, issuer))
    known = {each.login: each.account for each in identities.all()}
    roles = RoleRegister(house.database)
    for each in ACCOUNTS:
        account = _opened(identities, each, known.get(each.login))
        identity = Identity(issuer, account.subject)
        if each.role is not None and each.role not in roles.of(identity):
            roles.give(identity, each.role, _given(house))


def _opened(identities: Identities, each: DemoAccount, account: Account | None) -> Account:
    if account is None:
        return identities.add(each.login, PASSWORD, name=each.name, kind="demonstration")
    if account.kind != "demonstration":
        raise Stop(
            f"this site has an account {each.login} of its own: give the demonstration a folder with "
            "--data-dir, and no INSITU_DATABASE_URL",
            Exit.REFUSED,
        )
    if account.disabled:
        identities.enable(each.login)
    if identities.authenticate(each.login, PASSWORD) is None:
        identities.set_password(each.login, PASSWORD)
    return account


def lines(issuer: str) -> Iterator[str]:
    """What is printed of them."""
    yield from (_line(each, issuer) for each in ACCOUNTS)
    yield f"The password of each is: {PASSWORD}"


def _line(each: DemoAccount, issuer: str) -> str:
    return f"{each.login:<11} {each.does}: {issuer}/{each.page}"


def _recorded(house: House, issuer: str) -> Any:
    def recorded(what: str, account: Account, details: Mapping[str, Any]) -> AbstractContextManager[None]:
        return acting(house, what, subject=Identity(issuer, account.subject), details=details)

    return recorded


def _given(house: House) -> Any:
    def recorded(what: str, subject: Identity, details: Mapping[str, Any]) -> AbstractContextManager[None]:
        return acting(house, what, subject=subject, details=details)

    return recorded

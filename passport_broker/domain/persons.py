"""People as this broker knows them: the ways in which they log in, and their accounts that count as one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from governance.caller import Identity
from governance.passport.linked import link
from passport_broker.domain.accounts import Account

IDENTITIES_MOST = 20
"""How many accounts and identities one person may have here: visas have to name all of them."""


@dataclass(frozen=True, slots=True)
class Proof:
    """That somebody has just logged in at a provider of others: as whom, and what it says of them.

    `authenticated` is when they did, where the provider says so (seconds since 1970).
    """

    provider: str
    identity: Identity
    name: str | None = None
    email: str | None = None
    authenticated: int | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """An identity at a provider of others that logs in an account; `founding` where it made that."""

    identity: Identity
    account: str
    founding: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """An account of a person; `login` where it has a password here. `visa` says what it is linked to."""

    account: Account
    login: str | None
    visa: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """The accounts that count as one, and every way to log in to one of them."""

    members: tuple[Member, ...]
    ways: tuple[Way, ...]

    def identities(self, issuer: str) -> frozenset[Identity]:
        """All that is known of this person: accounts here, whose issuer is given, and those elsewhere."""
        here = {Identity(issuer, each.account.subject) for each in self.members}
        return frozenset(here | {each.identity for each in self.ways})

    def ways_of(self, subject: str) -> tuple[Way, ...]:
        """The ways to log in to one of the accounts."""
        return tuple(each for each in self.ways if each.account == subject)


def linked_value(own: Identity, others: Iterable[Identity]) -> str:
    """The value of an account's LinkedIdentities visa (GA4GH Passport 1.2.1); empty without others."""
    return ";".join(link(each) for each in sorted(set(others) - {own}))

"""Who somebody is here: accounts made by a first login elsewhere, linked, and taken apart again."""

import time
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection

from database.engine import Database
from governance.audit.entries import moment
from governance.audit.trail import Trail
from governance.caller import Identity
from passport_broker.domain.accounts import Account, new_subject
from passport_broker.domain.actors import Actor
from passport_broker.domain.persons import Member, Person, Proof, Way
from passport_broker.persons.changing import Changes
from passport_broker.persons.errors import AccountClosed, AlreadyLinked, IdentityTaken, LastWay, NotLinked
from passport_broker.persons.linking import Told
from passport_broker.store import persons as store
from passport_broker.visas.desk import Desk

LINKED, UNLINKED = "account.linked", "account.unlinked"


class Persons:
    """The people of a broker. Safe between threads and processes: who links takes turns.

    Nobody is recognised by anything but an identity, which is an issuer and a subject there: names and email
    addresses are for people to read. Every change is one transaction with the visas that follow from it.
    """

    def __init__(
        self,
        database: Database,
        trail: Trail,
        desk: Desk,
        source: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`source` is the organisation in whose name accounts are linked."""
        self._database = database
        self._changes = Changes(database, trail, desk, source, clock)
        self._clock = clock
        self.issuer = desk.issuer

    def of(self, subject: str) -> Person:
        """The person whose account that is, alone or with others."""
        return store.person_of(self._database, subject)

    def known(self, proof: Proof) -> Account | None:
        """The account that somebody logs in to, under the name that the provider gives now; None if new.

        Raises:
            AccountClosed: it is disabled.
        """
        found = store.by_identity(self._database, proof.identity)
        if found is None:
            return None
        account, founding = found
        _check_open(account)
        called = replace(account, name=proof.name or account.name, email=proof.email or account.email)
        if founding and called != account:
            store.told(self._database, account.subject, called.name, called.email)
            return called
        return account

    def make(self, proof: Proof, actor: Actor | None = None) -> Account:
        """A new account, which that identity logs in. Without an actor its holder has made it, by coming.

        Raises:
            IdentityTaken: it logs in another one.
            CannotRecord: it could not be recorded; there is none.
        """
        made = Account(new_subject(), proof.name, proof.email, "upstream", disabled=False)
        actor = actor or Actor(Identity(self.issuer, made.subject))
        first = Told("account.added", made.subject, {"kind": made.kind, "provider": proof.provider})
        with self._changes.alone() as connection:
            _check_new(connection, proof)
            way = Way(proof.identity, made.subject, founding=True, since=moment(self._clock()))
            after = Person((Member(made, None),), (way,))
            with self._changes.changing(connection, [after], [first], actor) as write:
                store.insert(connection, made)
                store.attach(connection, proof.identity, made.subject, founding=True)
                write()
        return made

    def invite(self, account: Account, proof: Proof, actor: Actor) -> None:
        """As `attach`, by somebody who answers for it: for an identity that logs in nobody yet.

        Raises:
            IdentityTaken: it logs in another account: its holder can link that.
            As `attach`.
        """
        self.attach(account, proof, actor, join=False)

    def attach(
        self, account: Account, proof: Proof, actor: Actor | None = None, *, join: bool = True
    ) -> None:
        """That identity logs in the account, too; where it has an account already, both are one person's.

        Raises:
            AlreadyLinked, TooManyLinked, VisaInvalid: it cannot be linked.
            AccountClosed: the other account is disabled.
            CannotRecord: it could not be recorded; nothing is done.
        """
        actor = actor or self._holder(account)
        with self._changes.alone() as connection:
            other = store.locked_account(connection, proof.identity)
            if other is not None:
                if not join:
                    raise IdentityTaken(proof.provider, proof.identity.subject)
                self._joined(connection, account.subject, other, actor)
                return
            before = store.locked_person(connection, account.subject)
            way = Way(proof.identity, account.subject, founding=False, since=moment(self._clock()))
            after = replace(before, ways=(*before.ways, way))
            told = Told(LINKED, account.subject, {"provider": proof.provider})
            with self._changes.changing(connection, [after], [told], actor) as write:
                store.attach(connection, proof.identity, account.subject, founding=False)
                write()

    def join(self, account: Account, other: Account) -> None:
        """Both accounts are one person's, who has just proven to hold the other one as well.

        Raises:
            As `attach`.
        """
        with self._changes.alone() as connection:
            self._joined(connection, account.subject, other, self._holder(account))

    def detach(self, account: Account, identity: Identity, actor: Actor | None = None) -> None:
        """That identity logs in the account no more.

        Raises:
            NotLinked: it did not.
            LastWay: nothing else would.
            CannotRecord: it could not be recorded; nothing is done.
        """
        with self._changes.alone() as connection:
            before = store.locked_person(connection, account.subject)
            own = before.ways_of(account.subject)
            if identity not in {each.identity for each in own}:
                raise NotLinked
            here = next(each for each in before.members if each.account.subject == account.subject)
            if len(own) == 1 and here.login is None:
                raise LastWay
            after = replace(before, ways=tuple(each for each in before.ways if each.identity != identity))
            told = Told(UNLINKED, account.subject, {})
            with self._changes.changing(connection, [after], [told], actor or self._holder(account)) as write:
                store.detach(connection, identity)
                write()

    def part(self, account: Account, other: str) -> None:
        """The account of that subject is another person's again; that it was linked stays on record.

        Raises:
            NotLinked: it is not linked with this one.
            CannotRecord: it could not be recorded; nothing is done.
        """
        with self._changes.alone() as connection:
            before = store.locked_person(connection, account.subject)
            leaving = [each for each in before.members if each.account.subject == other]
            if not leaving or len(before.members) == 1:
                raise NotLinked
            after = [_part(before, lambda each: each == other), _part(before, lambda each: each != other)]
            told = [Told(UNLINKED, each, {}) for each in sorted({other, account.subject})]
            with self._changes.changing(connection, after, told, self._holder(account)) as write:
                write()

    def _joined(self, connection: Connection, subject: str, other: Account, actor: Actor) -> None:
        _check_open(other)
        one, two = (store.locked_person(connection, each) for each in (subject, other.subject))
        if other.subject in {each.account.subject for each in one.members}:
            raise AlreadyLinked
        after = Person((*one.members, *two.members), (*one.ways, *two.ways))
        told = [Told(LINKED, each, {}) for each in sorted((subject, other.subject))]
        with self._changes.changing(connection, [after], told, actor) as write:
            write()

    def _holder(self, account: Account) -> Actor:
        return Actor(Identity(self.issuer, account.subject))


def _check_open(account: Account) -> None:
    if account.disabled:
        raise AccountClosed


def _check_new(connection: Connection, proof: Proof) -> None:
    if store.locked_account(connection, proof.identity) is not None:
        raise IdentityTaken(proof.provider, proof.identity.subject)


def _part(person: Person, belongs: Callable[[str], bool]) -> Person:
    return Person(
        tuple(each for each in person.members if belongs(each.account.subject)),
        tuple(each for each in person.ways if belongs(each.account)),
    )

"""What applications are made with."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from database.engine import Database
from governance.audit.trail import Trail
from governance.caller import Caller, Identity
from governance.datasets import Circle, Dataset
from governance.errors import DatasetUnknown, WhoAreYou
from governance.gate import Gate
from governance.passport.registered import REGISTERED_ACCESS
from governance.policy import duo
from governance.policy.diseases import NO_DISEASES, Diseases
from governance.policy.rulebook import RuleBook, load
from governance.register import DatasetRegister
from passport_broker.applications.errors import NotOfThisBroker
from passport_broker.domain.applications import Application
from passport_broker.persons.joined import joined
from passport_broker.visas.desk import Desk

GRANTS = "ControlledAccessGrants"
_REGISTERED = ("AcceptedTermsAndPolicies", "ResearcherStatus")


def _no_diseases() -> Diseases:
    return NO_DISEASES


@cache
def _packs() -> RuleBook:
    return load(None)


@dataclass(frozen=True)
class Parts:
    """`source` is who grants where a dataset names nobody; `exists` knows this broker's open accounts.

    `rules` are those in force: they may name grants that no dataset has.
    """

    database: Database
    trail: Trail
    gate: Gate
    register: DatasetRegister
    desk: Desk
    exists: Callable[[str], bool]
    source: str
    diseases: Callable[[], Diseases] = _no_diseases
    clock: Callable[[], float] = time.time
    rules: Callable[[], RuleBook] = _packs

    @property
    def issuer(self) -> str:
        """The issuer of this broker's accounts and visas."""
        return self.desk.issuer

    def dataset(self, identifier: str) -> Dataset | None:
        """The dataset of that id, where there is one (still)."""
        try:
            return self.register.get(identifier)
        except DatasetUnknown:
            return None

    def datasets(self, identifier: str) -> Sequence[Dataset]:
        """The same, for the gate."""
        found = self.dataset(identifier)
        return [] if found is None else [found]

    def opened_with(self, dataset: Dataset) -> Sequence[Dataset]:
        """The other datasets that the grant of this one opens as well."""
        opened = [each for grant in dataset.grants[:1] for each in self.concerned(GRANTS, grant)]
        return [each for each in opened if each.id != dataset.id]

    def concerned(self, kind: str, value: str) -> list[Dataset]:
        """The datasets that a visa of that type and value opens, or helps to open.

        A grant opens those that have it and those whose rules name it; all, where a rule of the site does.
        Both halves of Registered Access open those that give something to it.
        """
        everything = self.register.all()
        if kind in _REGISTERED and value == REGISTERED_ACCESS:
            return [each for each in everything if _gives_to_registered(each)]
        if kind != GRANTS:
            return []
        book = self.rules()
        if book.names_grant(None, value):
            return list(everything)
        return [each for each in everything if value in each.grants or book.names_grant(each.id, value)]

    def opening(self) -> set[tuple[str, str]]:
        """The types and values of all visas that open a dataset that there is."""
        grants = {grant for each in self.register.all() for grant in each.grants} | self.rules().grants()
        return {(GRANTS, each) for each in grants} | {(each, REGISTERED_ACCESS) for each in _REGISTERED}

    def joined(self, accounts: Iterable[Identity]) -> frozenset[Identity]:
        """These accounts, and those that are or were one person's with them."""
        return joined(self.database, self.issuer, accounts)

    def of_one(self, caller: Caller, subjects: Iterable[str]) -> bool:
        """Whether the caller is one person with the holder of one of these accounts of this broker."""
        theirs = {Identity(self.issuer, each) for each in subjects}
        return bool(self.joined(caller.everybody) & self.joined(theirs))

    def subject(self, caller: Caller) -> str:
        """The caller's subject at this broker.

        Raises:
            WhoAreYou: nobody knows who is asking.
            NotOfThisBroker: the account is another broker's.
        """
        if caller.identity is None:
            raise WhoAreYou
        if caller.identity.issuer != self.issuer:
            raise NotOfThisBroker
        return caller.identity.subject

    def match(self, application: Application) -> duo.Match | None:
        """How the purpose fits the dataset's terms of use now; None where the dataset is gone."""
        dataset = self.dataset(application.dataset)
        if dataset is None:
            return None
        return duo.match(dataset.duo, application.content.purpose, self.diseases(), self.clock())


def _gives_to_registered(dataset: Dataset) -> bool:
    return dataset.registered > 0 or Circle.REGISTERED in (dataset.compute, dataset.download)

"""What applications are made with."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from database.engine import Database
from governance.audit.trail import Trail
from governance.caller import Caller
from governance.datasets import Dataset
from governance.errors import DatasetUnknown, WhoAreYou
from governance.gate import Gate
from governance.policy import duo
from governance.policy.diseases import NO_DISEASES, Diseases
from governance.register import DatasetRegister
from passport_broker.applications.errors import NotOfThisBroker
from passport_broker.domain.applications import Application
from passport_broker.visas.desk import Desk


def _no_diseases() -> Diseases:
    return NO_DISEASES


@dataclass(frozen=True)
class Parts:
    """`source` is who grants where a dataset names nobody; `exists` knows this broker's open accounts."""

    database: Database
    trail: Trail
    gate: Gate
    register: DatasetRegister
    desk: Desk
    exists: Callable[[str], bool]
    source: str
    diseases: Callable[[], Diseases] = _no_diseases
    clock: Callable[[], float] = time.time

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
        grants = dataset.grants[:1]
        return [
            each for each in self.register.all() if each.id != dataset.id and set(grants) & set(each.grants)
        ]

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

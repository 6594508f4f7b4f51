"""What may be said of people: the one thing that a service asks before it tells of them.

A service finds what matches as sets of people, one set for each allele, and asks a guard what of it may be
told:

    guard = disclosure.guard(caller, decision)
    if not guard.open:
        common = guard.unwritten(people)                   # carried by so many: told, no more questions
        rare = guard.least(people)                         # carried by fewer: as if nobody did
        guard.tell("20-1000-A-T", {"HG1", "HG2"}, people)  # in between: how many contribute; 0 is "no"
        guard.count({"HG1", ...}, people)                  # a number that may be told of a set of people

Asking again costs nothing and gives the same answer, also from another process and after a reload of the
dataset that left these people as they were.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass

from database.moments import Moment
from governance.caller import Caller
from governance.datasets import PROTECTIONS, Protection
from governance.disclosure import charges, rounding
from governance.disclosure.accounts import accounts_of
from governance.disclosure.ledger import Ledger, Price
from governance.disclosure.secret import Secret
from governance.disclosure.told import COUNTER
from governance.policy.decision import Decision
from governance.policy.obligations import Kind

EVERYBODY = "everybody"
ALLELE = "allele2"
"""What is written of an allele counts nobody, too; what was written as "allele" did not, and is not read."""
_ROWS = 5_000  # that one answer writes at most


@dataclass(frozen=True, slots=True)
class Count:
    """A number of people as it may be told: a multiple of `step`; None where no number may be."""

    value: int | None
    step: int


class Disclosure:
    """Disclosure control of a site. Thread-safe; one for each process."""

    def __init__(self, ledger: Ledger, secret: Secret) -> None:
        """Opens nothing.

        `Ledger.check(secret)` says at the start of a process whether the tables fit the secret.
        """
        self._ledger = ledger
        self._secret = secret

    def guard(self, caller: Caller, decision: Decision, moment: Moment | None = None) -> "Guard":
        """What may be told to this caller of the decision's dataset; all, where it is exempt or fake.

        An obligation to round counts holds whether it is exempt or not. `moment` is when the caller asked,
        with the number of `COUNTER`: what was told before is told again without a query then.
        """
        protection = decision.dataset.protection
        if decision.exempt or decision.dataset.test:
            protection = PROTECTIONS["none"]
        rounds = [int(each.value) for each in decision.obligations if each.kind is Kind.ROUND]
        step = max(1, protection.rounding, protection.threshold, *rounds)
        return Guard(
            self._ledger,
            self._secret,
            accounts_of(self._secret, caller, decision),
            decision.dataset.id,
            protection,
            open=protection.budget is None and protection.threshold <= 1,
            step=step,
            version=None if moment is None else moment.get(COUNTER),
        )


@dataclass(frozen=True, slots=True)
class Guard:
    """What may be told of one dataset to one caller.

    `open`: everything, as it is, but for numbers of people: those are `rounded`.
    """

    _ledger: Ledger
    _secret: Secret
    _who: tuple[bytes, ...]
    dataset: str
    protection: Protection
    open: bool
    step: int
    version: int | None = None

    @property
    def threshold(self) -> int:
        """How many people there must be behind whatever is told."""
        return max(1, self.protection.threshold)

    def least(self, people: int) -> int:
        """How many of `people` must carry an allele so that it matters that they do."""
        if self.protection.budget is None:
            return self.threshold
        return charges.least_asked(people, self.threshold, self.protection.budget)

    def unwritten(self, people: int) -> int:
        """From how many carriers on an allele is told without asking: those charges are paid in advance."""
        if self.protection.budget is None:
            return self.threshold
        return charges.least_unwritten(people, self.threshold, self.protection.budget)

    def tell(self, thing: str, carriers: Collection[str], people: int) -> int:
        """How many of the carriers contribute to telling that there is such an allele; 0: say no.

        `thing` names the allele within the dataset, the same in every release; where there is none, it names
        the question. `carriers` are names of people, of whom there are `people` in question.
        """
        budget = self.protection.budget
        if budget is None:
            return len(carriers) if len(carriers) >= self.threshold else 0
        if len(carriers) >= self.unwritten(people):
            return len(carriers)
        keys = self._keys(carriers) if len(carriers) >= self.least(people) else set()
        line = charges.least_tellable(people, self.threshold, budget)
        prices = charges.prices_of_telling(len(keys), people, self.threshold, budget)
        limit = charges.written_budget(budget, prices[-1] if prices else math.inf)
        named = self._thing(ALLELE, thing, keys)
        if len(keys) > _ROWS:
            return self._together(named, len(keys), prices[-1], budget)
        # Somebody who is nobody is in every set: so a no is written too, whether anybody carries it or not.
        nobody = self._secret.key("nobody", named.hex() if keys else "")
        price = Price([0.0, *prices], 1, limit)
        contributing = self._charge(named, {nobody, *keys}, price) - 1
        return contributing if contributing >= line else 0

    def count(self, members: Collection[str], people: int) -> Count:
        """How many people there are in a set of whom it may be told that there are some.

        A set that all but a few of `people` are in is told as if all were: its complement is as private as
        itself. That is no more than the size, and costs nothing. Whoever's budget is spent is not counted.
        """
        number = len(members)
        if number < self.threshold:
            return Count(0, self.step)
        if people - number < self.threshold:
            return self.size(people)
        keys = self._keys(members)
        chance = rounding.draw(self._secret.raw, keys)
        if self.protection.budget is not None:
            number = self._paid(keys, people, self.protection.budget)
        if number < self.threshold:
            return Count(None, self.step)
        return Count(max(self.step, rounding.rounded(number, self.step, chance)), self.step)

    def size(self, people: int) -> Count:
        """How many people a dataset has, which is no secret but for the last few."""
        chance = rounding.draw(self._secret.raw, [])
        return Count(rounding.rounded(people, self.step, chance), self.step)

    def rounded(self, number: int, members: Collection[str]) -> Count:
        """A number of what is there of a set of people, to whoever may be told everything of them."""
        chance = rounding.draw(self._secret.raw, self._keys(members))
        told = rounding.rounded(number, self.step, chance)
        return Count(max(self.step, told) if number else 0, self.step)

    def _paid(self, keys: Collection[bytes], people: int, budget: float) -> int:
        """How many of the people a count still counts; all of them where it costs them next to nothing.

        Small charges, and those of very many, are not written for each person but once, for everybody.
        """
        thing = self._thing("set", "", keys)
        each = charges.of_counting(len(keys), people, self.threshold)
        if each >= charges.UNWRITTEN and len(keys) <= _ROWS:
            prices = [charges.of_counting(fewer, people, self.threshold) for fewer in range(1, len(keys) + 1)]
            price = Price(prices, self.threshold, charges.written_budget(budget))
            return self._charge(thing, keys, price)
        return self._together(thing, len(keys), each, budget)

    def _together(self, thing: bytes, number: int, each: float, budget: float) -> int:
        """All of so many people, where what is kept back for everybody pays for them; else none."""
        price = Price((each,), 1, charges.COUNTS * budget)
        everybody = [self._secret.key(EVERYBODY)]  # of all datasets: a person may be in each of them
        return number if self._charge(thing, everybody, price) else 0

    def _charge(self, thing: bytes, people: Collection[bytes], price: Price) -> int:
        return self._ledger.charge(self._who, thing, people, price, self.version)

    def _keys(self, people: Collection[str]) -> set[bytes]:
        return {self._secret.person(each) for each in people}

    def _thing(self, kind: str, name: str, keys: Collection[bytes]) -> bytes:
        """The key of what is told; of another set of people it is another thing, and another charge."""
        return self._secret.key(kind, self.dataset, name, rounding.fold(keys).hex())

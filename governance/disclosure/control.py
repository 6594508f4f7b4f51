"""What may be said of people: the one thing that a service asks before it tells of them.

A service finds what matches as sets of people, one set for each allele, and asks a guard what of it may be
told:

    guard = disclosure.guard(caller, decision)
    if not guard.open:
        least = guard.unwritten(people, alleles)           # carried by so many: told, no more questions
        rare = guard.least(people)                         # carried by fewer: never told
        guard.tell("20-1000-A-T", {"HG1", "HG2"}, people)  # in between: how many contribute; 0 is "no"
        guard.count({"HG1", ...}, people)                  # a number that may be told of a set of people

Asking again costs nothing and gives the same answer, also from another process and after a reload of the
dataset that left these people as they were.
"""

from collections.abc import Collection
from dataclasses import dataclass

from governance.caller import Caller
from governance.datasets import PROTECTIONS, Protection
from governance.disclosure import charges, rounding
from governance.disclosure.ledger import Ledger, Price
from governance.disclosure.secret import Secret
from governance.policy.decision import Decision
from governance.policy.obligations import Kind

EVERYBODY = "everybody"


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

    def guard(self, caller: Caller, decision: Decision) -> "Guard":
        """What may be told to this caller of the decision's dataset; all, where it is exempt or fake.

        An obligation to round counts holds whether it is exempt or not.
        """
        protection = decision.dataset.protection
        if decision.exempt or decision.dataset.test:
            protection = PROTECTIONS["none"]
        rounds = [int(each.value) for each in decision.obligations if each.kind is Kind.ROUND]
        step = max(1, protection.rounding, protection.threshold, *rounds)
        return Guard(
            self._ledger,
            self._secret,
            self._who(caller, decision.dataset.id),
            decision.dataset.id,
            protection,
            open=protection.budget is None and step == 1,
            step=step,
        )

    def _who(self, caller: Caller, dataset: str) -> tuple[bytes, ...]:
        """Under which keys this caller's budget lies, the first of them written to.

        Callers whom nobody knows share one for each dataset. Whoever linked accounts has one, and what this
        account was told before it was linked still counts.
        """
        if caller.identity is None:
            return (self._secret.key("anonymous", dataset),)
        accounts = dict.fromkeys((caller.person or caller.identity, caller.identity))
        return tuple(self._secret.key("identity", each.issuer, each.subject) for each in accounts)


@dataclass(frozen=True, slots=True)
class Guard:
    """What may be told of one dataset to one caller. `open`: everything, as it is; ask no more then."""

    _ledger: Ledger
    _secret: Secret
    _who: tuple[bytes, ...]
    dataset: str
    protection: Protection
    open: bool
    step: int

    @property
    def threshold(self) -> int:
        """How many people there must be behind whatever is told."""
        return max(1, self.protection.threshold)

    def least(self, people: int) -> int:
        """How many of `people` must carry an allele so that anybody can ever be told of it."""
        if self.protection.budget is None:
            return self.threshold
        return charges.least_tellable(people, self.threshold, self.protection.budget)

    def unwritten(self, people: int, alleles: int) -> int:
        """From how many carriers on an allele is told without asking: those charges are paid in advance.

        `alleles` are those of all datasets together. What is asked of is rounded up to a power of ten, so
        that a small load does not move the line.
        """
        if self.protection.budget is None:
            return self.threshold
        bound = 10 ** len(str(max(alleles, 1)))
        return charges.least_unwritten(people, self.threshold, self.protection.budget, bound)

    def tell(self, thing: str, carriers: Collection[str], people: int) -> int:
        """How many of the carriers contribute to telling that there is such an allele; 0: say no.

        `thing` names the allele within the dataset, the same in every release. `carriers` are names of
        people, of whom the dataset has `people`. A no takes the same way as a yes, as far as it goes.
        """
        budget = self.protection.budget
        if budget is None:
            return len(carriers) if len(carriers) >= self.threshold else 0
        keys = self._keys(carriers)
        lot = rounding.draw(self._secret.raw, self.dataset, [self._secret.key("allele", thing)])
        prices = charges.prices_of_telling(len(keys), people, self.threshold, budget, lot)
        price = Price(prices, self.threshold, charges.written_budget(budget))
        return self._ledger.charge(self._who, self._thing("allele", thing, keys), keys, price)

    def count(self, members: Collection[str], people: int) -> Count:
        """How many people there are in a set of whom it may be told that there are some.

        A set that all but a few of `people` are in is told as if all were: its complement is as private as
        itself. Whoever's budget is spent is not counted.
        """
        number = len(members)
        if number < self.threshold:
            return Count(0, self.step)
        keys = self._keys(members)
        chance = rounding.draw(self._secret.raw, self.dataset, keys)
        if self.protection.budget is not None:
            number = self._paid(keys, people, self.protection.budget)
        if number < self.threshold:
            return Count(None, self.step)
        shown = people if people - number < self.threshold else number
        return Count(max(self.step, rounding.rounded(shown, self.step, chance)), self.step)

    def size(self, people: int) -> Count:
        """How many people a dataset has, which is no secret but for the last few."""
        chance = rounding.draw(self._secret.raw, self.dataset, [])
        return Count(rounding.rounded(people, self.step, chance), self.step)

    def _paid(self, keys: Collection[bytes], people: int, budget: float) -> int:
        """How many of the people a count still counts; all of them where it costs them next to nothing.

        Small charges are not written for each person but once, for everybody.
        """
        thing = self._thing("set", "", keys)
        each = charges.of_counting(len(keys), people, self.threshold)
        if each >= charges.UNWRITTEN:
            prices = [charges.of_counting(fewer, people, self.threshold) for fewer in range(1, len(keys) + 1)]
            price = Price(prices, self.threshold, charges.written_budget(budget))
            return self._ledger.charge(self._who, thing, keys, price)
        together = Price((each,), 1, charges.KEPT_BACK / 2 * budget)
        everybody = [self._secret.key(EVERYBODY, self.dataset)]
        return len(keys) if self._ledger.charge(self._who, thing, everybody, together) else 0

    def _keys(self, people: Collection[str]) -> set[bytes]:
        return {self._secret.person(each) for each in people}

    def _thing(self, kind: str, name: str, keys: Collection[bytes]) -> bytes:
        """The key of what is told; of another set of people it is another thing, and another charge."""
        return self._secret.key(kind, self.dataset, name, rounding.fold(keys).hex())

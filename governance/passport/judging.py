"""What a set of visas comes to: those that count for one person, and why the others do not."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from governance.caller import Identity, Turned, Visa
from governance.errors import shown
from governance.passport.conditions import Steps, TooMuch, met
from governance.passport.jws import digest
from governance.passport.linked import person_of
from governance.passport.refusal import PASSING, Refusal, Rule
from governance.passport.visas import Checked


@dataclass(frozen=True, slots=True)
class Judged:
    """The visas that count, those that do not, and the accounts of the one person they are of.

    `passing` says that a visa does not count for a reason that may be gone in a moment.
    """

    visas: tuple[Checked, ...]
    turned: tuple[Turned, ...]
    accounts: frozenset[Identity]
    passing: bool


def judge(
    texts: Iterable[object],
    accounts: frozenset[Identity],
    check: Callable[[object], Checked],
    most: int,
) -> Judged:
    """What these visas come to for the person of these accounts; those after the first `most` do not count.

    Visas of other accounts count only where LinkedIdentities join them (Passport 1.2.1, Combining).
    """
    found, turned, passing = _checked(texts, check, most)
    weighing = _Weighing(found)
    person = weighing.person(accounts)
    plain, counting = weighing.plain(person), []
    for each in found:
        why = weighing.turned_by(each, person, plain)
        if why is None:
            counting.append(each)
        else:
            turned.append(Turned(each.visa.digest, *why))
    return Judged(tuple(counting), tuple(turned), person, passing)


class _Weighing:
    """Conditions over visas that hold by themselves, with steps for all of them together."""

    def __init__(self, found: list[Checked]) -> None:
        self._found = found
        self._steps = Steps()

    def person(self, accounts: frozenset[Identity]) -> frozenset[Identity]:
        """All accounts joined to these: by links without conditions, then by those whose conditions are met.

        The visas of an account that is joined may meet the conditions of further links, and so on.
        """
        links = [each for each in self._found if each.visa.type == "LinkedIdentities"]
        while True:
            plain = self.plain(accounts) if links else []
            joining = [each for each in links if not each.conditions or self._met(each, plain)]
            person = person_of(accounts, [(each.holder, *each.links) for each in joining])
            if person == accounts:
                return person
            accounts = person

    def plain(self, person: frozenset[Identity]) -> list[Visa]:
        """This person's visas that may meet the conditions of others: those that have none themselves."""
        return [each.visa for each in self._found if each.conditions is None and each.holder in person]

    def turned_by(
        self, each: Checked, person: frozenset[Identity], plain: list[Visa]
    ) -> tuple[Rule, str] | None:
        """Why the visa does not count for this person."""
        if each.holder not in person:
            account = f"{shown(each.holder.subject)} of {shown(each.holder.issuer)}"
            return Rule.OTHER_PERSON, (
                f"it is of {account}, an account that no LinkedIdentities visa joins to the caller's "
                "(where its issuer uses a broker's subjects, `subjects_of` in the trust file says so)"
            )
        met_ = self._met(each, plain) if each.conditions else True
        if met_ is None:
            return Rule.CONDITIONS, "its conditions, with those of the other visas, take too long to evaluate"
        return None if met_ else (Rule.CONDITIONS_UNMET, "no other visas of the caller meet its conditions")

    def _met(self, each: Checked, plain: list[Visa]) -> bool | None:
        """Whether these visas meet the conditions of that one; None where nobody has the time to say."""
        try:
            return met(each.conditions or (), plain, self._steps)
        except TooMuch:
            return None


def _checked(
    texts: Iterable[object], check: Callable[[object], Checked], most: int
) -> tuple[list[Checked], list[Turned], bool]:
    """The visas that hold by themselves, each once, and the others; and whether one of these may yet."""
    found, turned, passing, seen = [], [], False, set()
    for number, text in enumerate(texts, 1):
        name = digest(text if isinstance(text, str) else f"{number}, not a string")
        if name in seen:
            continue
        seen.add(name)
        if len(seen) > most:
            turned.append(Turned(name, Rule.TOO_MANY, f"only the first {most} visas are looked at"))
            continue
        try:
            found.append(check(text))
        except Refusal as refusal:
            turned.append(Turned(name, refusal.rule, refusal.reason))
            passing |= refusal.rule in PASSING
    return found, turned, passing

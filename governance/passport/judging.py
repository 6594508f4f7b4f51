"""What a set of visas comes to: those that count for one person, and why the others do not."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from governance.caller import Identity, Turned, Visa
from governance.passport.conditions import met
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
    texts: Iterable[object], accounts: frozenset[Identity], check: Callable[[object], Checked]
) -> Judged:
    """What these visas come to for the person of these accounts.

    Visas of other accounts count only where LinkedIdentities join them (Passport 1.2.1, Combining).
    """
    found, turned, passing = _checked(texts, check)
    person = person_of(accounts, [(each.holder, *each.links) for each in found if _joins(each)])
    own = [each for each in found if each.holder in person]
    plain = [each.visa for each in own if each.conditions is None]
    counting = []
    for each in found:
        rule = _turned_by(each, person, plain)
        if rule is None:
            counting.append(each)
        else:
            turned.append(Turned(each.visa.digest, rule, _REASONS[rule]))
    return Judged(tuple(counting), tuple(turned), person, passing)


_REASONS = {
    Rule.OTHER_PERSON: "it is of an account that no LinkedIdentities visa joins to the caller's",
    Rule.CONDITIONAL_LINK: "a LinkedIdentities visa with conditions joins nobody here",
    Rule.CONDITIONS_UNMET: "no other visas of the caller meet its conditions",
}


def _checked(
    texts: Iterable[object], check: Callable[[object], Checked]
) -> tuple[list[Checked], list[Turned], bool]:
    """The visas that hold by themselves, each once, and the others; and whether one of these may yet."""
    found, turned, passing, seen = [], [], False, set()
    for number, text in enumerate(texts, 1):
        name = digest(text if isinstance(text, str) else f"{number}, not a string")
        if name in seen:
            continue
        seen.add(name)
        try:
            found.append(check(text))
        except Refusal as refusal:
            turned.append(Turned(name, refusal.rule, refusal.reason))
            passing |= refusal.rule in PASSING
    return found, turned, passing


def _joins(each: Checked) -> bool:
    return each.visa.type == "LinkedIdentities" and not each.conditions


def _turned_by(each: Checked, person: frozenset[Identity], plain: list[Visa]) -> Rule | None:
    if each.holder not in person:
        return Rule.OTHER_PERSON
    if not each.conditions:
        return None
    if each.visa.type == "LinkedIdentities":
        return Rule.CONDITIONAL_LINK
    return None if met(each.conditions, plain) else Rule.CONDITIONS_UNMET

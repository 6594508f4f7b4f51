"""GA4GH Registered Access: terms accepted, and a researcher whom somebody else vouches for."""

from collections.abc import Iterable

from governance.caller import Visa

REGISTERED_ACCESS = "https://doi.org/10.1038/s41431-018-0219-y"

_VOUCHED = frozenset({"peer", "system", "so", "dac"})
"""Who may say that somebody is a researcher: anybody but themselves, and not nobody knows who."""


def registered(visas: Iterable[Visa]) -> bool:
    """Whether these visas, valid and of one person, make Registered Access (GA4GH Passport 1.2.1).

    A status that somebody gave themselves, or that does not say who gave it, does not count.
    """
    return missing(visas) is None


def missing(visas: Iterable[Visa]) -> str | None:
    """What these visas lack for Registered Access; None where they make it."""
    having = [each for each in visas if each.value == REGISTERED_ACCESS]
    if not any(each.type == "AcceptedTermsAndPolicies" for each in having):
        return f"no visa AcceptedTermsAndPolicies {REGISTERED_ACCESS} counts"
    statuses = [each for each in having if each.type == "ResearcherStatus"]
    if not statuses:
        return f"no visa ResearcherStatus {REGISTERED_ACCESS} counts"
    if not any(each.by in _VOUCHED for each in statuses):
        return "nobody else vouches for the ResearcherStatus (`by`)"
    return None

"""What the value of each type of visa has to be (GA4GH Passport 1.2.1, Standard Visa Type Definitions)."""

import re
from collections.abc import Callable, Mapping

from governance.passport.linked import link, links_of
from governance.passport.refusal import Refusal
from passport_broker.domain.urls import problem_with

LONGEST = 4096  # characters

_NAME = r"[a-z][a-z0-9_-]*"
_ROLE = re.compile(rf"faculty|student|member|{_NAME}\.{_NAME}", re.ASCII)
_ORGANISATION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", re.ASCII)

Problem = Callable[[str], str | None]


def problem_of(kind: str, value: str) -> str | None:
    """What keeps a value from being one of that type; None where nothing does."""
    if not value or len(value) > LONGEST or not value.isprintable():
        return f"needs 1 to {LONGEST} printable characters"
    found = _PROBLEMS.get(kind)
    return None if found is None else found(value)


def _affiliation(value: str) -> str | None:
    role, at, organisation = value.partition("@")
    if not at or not _ROLE.fullmatch(role):
        return (
            "is a role, an @ and an organisation; the role is faculty, student, member, or one of your own "
            "with its namespace (ega.researcher), in small letters"
        )
    if not _ORGANISATION.fullmatch(organisation):
        return "names the organisation as its domain after the @, or no.organization"
    return None


def _linked(value: str) -> str | None:
    """Links are compared after decoding, and written in one way only."""
    try:
        links = links_of(value)
    except Refusal as refusal:
        return refusal.reason
    written = ";".join(link(each) for each in links)
    return None if written == value else "is sub,iss pairs, each part percent-encoded as RFC 3986 has it"


_PROBLEMS: Mapping[str, Problem] = {
    "AffiliationAndRole": _affiliation,
    "AcceptedTermsAndPolicies": problem_with,
    "ResearcherStatus": problem_with,
    "ControlledAccessGrants": problem_with,
    "LinkedIdentities": _linked,
}

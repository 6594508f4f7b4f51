"""Callers and datasets as Cedar's entities (policy.cedarschema)."""

import json
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from governance.caller import Caller, Role, Visa
from governance.datasets import Dataset
from governance.policy.context import Context
from governance.policy.mentions import EVERYTHING, Mentions

REGISTERED_ACCESS = "https://doi.org/10.1038/s41431-018-0219-y"
"""The value of the two visas that make Registered Access (GA4GH Passport 1.2.1)."""

GRANTORS = ("dac", "so", "system")  # nobody grants themselves, or a friend, somebody else's data
_ASSERTED_BY = {
    "AffiliationAndRole": GRANTORS,  # nor employs themselves or a friend
    "AcceptedTermsAndPolicies": (*GRANTORS, "peer", "self"),  # who accepts terms does so themselves
    "ResearcherStatus": (*GRANTORS, "peer"),
}
"""Whose word counts for the values of a visa type; `visas` has all, with their `by`."""
SITE = {"type": "Site", "id": "this"}

_SEEN = attrgetter("type", "value", "source", "by", "expires")

Uid = dict[str, str]


class Fingerprint:
    """A value to compare callers by, hashed once: it is part of every key of the cache."""

    __slots__ = ("_hash", "_value")

    def __init__(self, value: Hashable) -> None:
        self._value = value
        self._hash = hash(value)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fingerprint) and self._hash == other._hash and self._value == other._value


@dataclass(frozen=True, slots=True)
class Asker:
    """The caller as rules see them.

    `visas` are those that hold, `registered` is Registered Access whose visas still hold. `key` differs
    wherever anything that rules can see differs.
    """

    caller: Caller
    visas: tuple[Visa, ...]
    registered: bool
    key: Fingerprint

    @classmethod
    def of(cls, caller: Caller, after: float) -> "Asker":
        """The caller with the visas that hold after that moment."""
        visas = tuple(each for each in caller.visas if each.expires > after)
        registered = caller.registered and _still_registered(caller, visas)
        told = tuple(map(_SEEN, visas))
        seen = (caller.identity, caller.client, caller.roles, registered, caller.expires, told)
        return cls(caller, visas, registered, Fingerprint(seen))

    @property
    def uid(self) -> Uid:
        """The name of this caller in rules."""
        identity = self.caller.identity
        name = "anonymous" if identity is None else f"{identity.issuer} {identity.subject}"
        return {"type": "Caller", "id": name}

    def entity(self) -> dict[str, Any]:
        """The Cedar entity of this caller."""
        identity = self.caller.identity
        return {
            "uid": self.uid,
            "attrs": {
                "anonymous": self.caller.anonymous,
                "registered": self.registered,
                "issuer": identity.issuer if identity else "",
                "subject": identity.subject if identity else "",
                "client": self.caller.client or "",
                "affiliations": self._values("AffiliationAndRole"),
                "terms": self._values("AcceptedTermsAndPolicies"),
                "statuses": self._values("ResearcherStatus"),
                "visas": [_visa(each) for each in self.visas],
            },
            "parents": [*map(_role, sorted(self.caller.roles)), *map(_grant, sorted(self.grants))],
        }

    @property
    def grants(self) -> frozenset[str]:
        """The ids of all grants that the visas make, with and without their source."""
        return frozenset(each for visa in self.visas for each in granted_by(visa))

    def _values(self, kind: str) -> list[str]:
        by = _ASSERTED_BY[kind]
        return sorted({each.value for each in self.visas if each.type == kind and each.by in by})


def _still_registered(caller: Caller, visas: tuple[Visa, ...]) -> bool:
    """True while neither half of Registered Access has run out; who has it otherwise keeps it."""
    halves = {each.type for each in caller.visas if _is_half(each)}
    return halves == {each.type for each in visas if _is_half(each)}


def _is_half(visa: Visa) -> bool:
    return visa.value == REGISTERED_ACCESS and visa.type in ("AcceptedTermsAndPolicies", "ResearcherStatus")


def granted_by(visa: Visa) -> tuple[str, ...]:
    """The ids of the grants that a visa makes.

    None unless it says who decided, and that is no private person; nor any for a value or source with a
    space, which no URL has: it could pass for a value with its source.
    """
    if visa.type != "ControlledAccessGrants" or visa.by not in GRANTORS:
        return ()
    if " " in visa.value or " " in visa.source:
        return ()
    return (visa.value, grant_id(visa.value, visa.source))


def grant_id(value: str, source: str | None) -> str:
    """The id of a grant; one whose source matters has it in its id, after a space."""
    return value if source is None else f"{value} {source}"


def matters(visa: Visa, dataset: Dataset | None, mentions: Mentions) -> bool:
    """True where a rule about this dataset could come out otherwise without the visa."""
    if _is_half(visa) or not mentions.principal.isdisjoint((EVERYTHING, "visas")):
        return True
    if _ATTRIBUTES.get(visa.type) in mentions.principal:
        return True
    opening = mentions.grants.union(opened_by(dataset) if dataset else ())
    return not opening.isdisjoint(granted_by(visa))


_ATTRIBUTES = {
    "AffiliationAndRole": "affiliations",
    "AcceptedTermsAndPolicies": "terms",
    "ResearcherStatus": "statuses",
}


def opened_by(dataset: Dataset) -> frozenset[str]:
    """The ids of the grants that open a dataset's controlled tier."""
    sources = dataset.sources or (None,)
    return frozenset(grant_id(value, source) for value in dataset.grants for source in sources)


def dataset_uid(dataset: Dataset | None) -> Uid:
    """The name of a dataset in rules; that of the site where there is none."""
    return SITE if dataset is None else {"type": "Dataset", "id": dataset.id}


def dataset_entity(dataset: Dataset | None) -> dict[str, Any]:
    """The Cedar entity of a dataset, or of the site."""
    if dataset is None:
        return {"uid": SITE, "attrs": {}, "parents": []}
    law = dataset.jurisdiction
    return {
        "uid": dataset_uid(dataset),
        "attrs": {
            "anonymous": int(dataset.anonymous),
            "registered": int(dataset.registered),
            "controlled": int(dataset.controlled),
            "compute": int(dataset.compute),
            "download": int(dataset.download),
            "grants": [{"__entity": _grant(each)} for each in sorted(opened_by(dataset))],
            "duo": sorted(dataset.duo),
            "jurisdiction": law or "",
            "assembly": dataset.assembly,
            "confidential": dataset.confidential,
            "test": dataset.test,
        },
        "parents": [{"type": "Jurisdiction", "id": law}] if law else [],
    }


def circumstances(context: Context, tier: int, duo: str, minute: int) -> str:
    """Cedar's context record as JSON."""
    now = datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps(
        {
            "tier": tier,
            "purpose": sorted(set(context.purpose)),
            "duo": duo,
            "network": context.network or "",
            "now": {"__extn": {"fn": "datetime", "arg": now}},
        }
    )


def _visa(visa: Visa) -> dict[str, str]:
    return {"type": visa.type, "value": visa.value, "source": visa.source, "by": visa.by or ""}


def _role(role: Role) -> Uid:
    return {"type": "Role", "id": role.value}


def _grant(identifier: str) -> Uid:
    return {"type": "Grant", "id": identifier}

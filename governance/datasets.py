"""The governed things: datasets and what each gives to whom."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum


class Tier(IntEnum):
    """How much of a dataset a caller may have, each step telling more than the one before."""

    NONE = 0
    BOOLEAN = 1
    COUNT = 2
    RECORD = 3


class Circle(IntEnum):
    """Who may do something, each circle holding the one before it."""

    NONE = 0
    CONTROLLED = 1
    REGISTERED = 2
    ANONYMOUS = 3


@dataclass(frozen=True, slots=True)
class Protection:
    """How the answers about people of a dataset are protected.

    `threshold` is the smallest number of people that is told, 0 or 1 where every number is. `budget` is how
    much one person may be betrayed to one identity, in nats, None without limit. Counts are rounded to
    multiples of `rounding`; 1 tells them as they are.
    """

    threshold: int = 5
    budget: float | None = 0.3
    rounding: int = 1


PROTECTIONS = {
    "default": Protection(),
    "strict": Protection(threshold=10, budget=0.1),
    "none": Protection(threshold=0, budget=None),
}
"""The presets, by name."""


JURISDICTIONS = ("eu-gdpr", "uk-dpa", "us-hipaa", "sg-pdpa")
"""The laws that there is a pack of rules for."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A governed dataset.

    `anonymous` is what a caller nobody knows may have: nothing unless the custodian says so. `registered` is
    what somebody with GA4GH Registered Access may have, `controlled` what the holder of an accepted
    ControlledAccessGrants visa may have: one whose value is among `grants`, and whose source is among
    `sources` where that is not empty.

    No tier gives whole files. `compute` says who may send programs to them, which run in an enclave of this
    site: the bytes stay here, and what is made of them goes through the airlock. `download` says who may have
    the bytes themselves.

    A dataset that is open at record level is open data and answers exactly. `assembly` is the name the
    custodian gave (`GRCh37`). `test` marks the fake data that Beacon's `testMode` asks. `duo` are the terms
    of its data use (`DUO:0000042`; with what it is about, `DUO:0000007=MONDO:0005148`). `jurisdiction` is the
    pack of rules that applies (`eu-gdpr`). Who gets nothing of a `confidential` one must not learn that
    it exists.
    """

    id: str
    assembly: str
    anonymous: Tier
    name: str
    description: str
    created: datetime
    updated: datetime
    test: bool = False
    registered: Tier = Tier.NONE
    controlled: Tier = Tier.NONE
    compute: Circle = Circle.NONE
    download: Circle = Circle.NONE
    grants: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    duo: tuple[str, ...] = ()
    jurisdiction: str | None = None
    confidential: bool = False
    protection: Protection = PROTECTIONS["default"]

    @property
    def listed(self) -> bool:
        """True where anybody may know that it is there: there is a door to knock at, and it is no secret."""
        return not self.confidential and max(self.anonymous, self.registered, self.controlled) > Tier.NONE

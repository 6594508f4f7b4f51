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


@dataclass(frozen=True, slots=True)
class Dataset:
    """A governed dataset.

    `anonymous` is what a caller nobody knows may have: nothing unless the custodian says so.

    A dataset that is open at record level is open data and answers exactly. `assembly` is the name the
    custodian gave (`GRCh37`). `test` marks the fake data that Beacon's `testMode` asks.
    """

    id: str
    assembly: str
    anonymous: Tier
    name: str
    description: str
    created: datetime
    updated: datetime
    test: bool = False

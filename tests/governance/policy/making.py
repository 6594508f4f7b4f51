"""Callers, visas, datasets and sites with rules, as tests of policy need them."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from governance.caller import Caller, Identity, Role, Visa
from governance.datasets import Dataset, Tier
from governance.policy.engine import Policy

NOW = 1_800_000_000.0
MADE = datetime(2026, 1, 1, tzinfo=UTC)
ADA = Identity("https://login.example.org", "ada")
GRANT = "https://example.org/datasets/one"
SOURCE = "https://example.org/committee"
REGISTERED = "https://doi.org/10.1038/s41431-018-0219-y"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def dataset(identifier: str = "one", anonymous: Tier = Tier.NONE, **said) -> Dataset:
    return Dataset(identifier, "GRCh38", anonymous, identifier, "", MADE, MADE, **said)


def controlled(identifier: str = "one", **said) -> Dataset:
    """A dataset whose records are open to holders of GRANT."""
    return dataset(identifier, **{"controlled": Tier.RECORD, "grants": (GRANT,), **said})


def visa(
    kind: str = "ControlledAccessGrants",
    value: str = GRANT,
    source: str = SOURCE,
    by: str | None = "dac",
    expires: float = NOW + 3600,
) -> Visa:
    digest = hashlib.sha256(repr((kind, value, source, by, expires)).encode()).hexdigest()
    return Visa(kind, value, source, by, ADA, int(NOW) - 60, int(expires), digest)


def person(*visas: Visa, roles: tuple[Role, ...] = (), **said) -> Caller:
    return Caller(ADA, ADA, visas=visas, roles=frozenset(roles), **said)


def researcher(expires: float = NOW + 3600, also: float = NOW + 3600) -> Caller:
    """Somebody with Registered Access, by two visas with ends of their own."""
    halves = (
        visa("AcceptedTermsAndPolicies", REGISTERED, by="self", expires=expires),
        visa("ResearcherStatus", REGISTERED, by="so", expires=also),
    )
    return person(*halves, registered=True)


def site(
    folder: Path, rules: str = "", clock: Clock | None = None, ticks: Clock | None = None, **own: str
) -> Policy:
    """A policy over a folder with these rules; `own` are the rules of datasets, by id."""
    write(folder, rules, **own)
    return Policy(folder, clock or Clock(), ticks or Clock())


def write(folder: Path, rules: str | None = None, **own: str) -> None:
    """Writes rule files."""
    (folder / "datasets").mkdir(parents=True, exist_ok=True)
    if rules is not None:
        (folder / "site.cedar").write_text(rules, encoding="utf-8")
    for identifier, text in own.items():
        (folder / "datasets" / f"{identifier}.cedar").write_text(text, encoding="utf-8")

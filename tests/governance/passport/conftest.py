"""A broker, a visa issuer and an attacker, each with a server, and a site that trusts the first two."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.governance.passport.sites import Site
from tests.issuer import Issuer, trust_text


class Clock:
    """A time of our own, in seconds since 1970."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def broker(clock: Clock) -> Iterator[Issuer]:
    with Issuer("RS256", clock=clock) as issuer:
        yield issuer


@pytest.fixture
def visas(clock: Clock) -> Iterator[Issuer]:
    with Issuer("ES256", clock=clock) as issuer:
        yield issuer


@pytest.fixture
def attacker(clock: Clock) -> Iterator[Issuer]:
    """Signs like the others, with keys of its own, and is trusted by nobody."""
    with Issuer("RS256", 666, clock=clock) as issuer:
        yield issuer


@pytest.fixture
def site(tmp_path: Path, broker: Issuer, visas: Issuer, clock: Clock) -> Iterator[Site]:
    """A site that trusts the broker, and the visa issuer, who uses the broker's subjects."""
    text = trust_text([broker], [visas], issuer_lines=f'subjects_of = "{broker.url}"')
    with Site(tmp_path, text, clock) as made:
        yield made

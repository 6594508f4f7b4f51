"""A Beacon over a small site: datasets of every tier, loaded from VCFs of our own making."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.testing import Client, client
from tests.beacon import site as sites
from tests.beacon.official import Official

Ask = Callable[..., dict[str, Any]]
BASE = "/ga4gh/beacon/v2"


@pytest.fixture(scope="session")
def official(shared: Path) -> Official:
    """The official schemas; for tests marked `shared`."""
    return Official(shared / "specs")


@pytest.fixture(scope="session")
def site(postgres_url: str, session_folder: Path) -> Iterator[sites.Site]:
    """The site, made once: no test of this folder changes it."""
    with sites.opened(postgres_url, session_folder / "beacon") as made:
        yield made


@pytest.fixture(scope="session")
def http(site: sites.Site) -> Iterator[Client]:
    """A client of the site's Beacon; an answer that breaks our own document is a 500."""
    with client(site.app(validate_responses=True)) as asking:
        yield asking


@pytest.fixture(scope="session")
def ask(http: Client) -> Ask:
    """`ask("/g_variants", start=1)`: the body of a 200; asks for records of `open` if not told otherwise."""

    def asked(path: str, **parameters: Any) -> dict[str, Any]:
        parameters = {"requestedGranularity": "record", "datasetIds": "open", **parameters}
        answer = http.get(
            BASE + path, params={name: each for name, each in parameters.items() if each is not None}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    return asked

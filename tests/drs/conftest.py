"""A DRS over a small site: datasets of every circle, a secret one among them."""

from collections.abc import Iterator

import pytest

from tests.drs import site as sites


@pytest.fixture(scope="module")
def site(fresh_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sites.Site]:
    """The site; an answer that breaks our own document is a 500."""
    folder = tmp_path_factory.mktemp("site")
    with sites.opened(fresh_database_url, folder, validate_responses=True) as made:
        yield made

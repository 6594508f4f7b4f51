"""What the front's tests share."""

from collections.abc import Iterator

import pytest

from tests.insitu.running import Sites


@pytest.fixture
def start() -> Iterator[Sites]:
    """Starts sites in processes of their own; what is left of them is killed after the test."""
    with Sites() as sites:
        yield sites

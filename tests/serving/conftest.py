"""A client of the small interface."""

import pytest

from serving.testing import client
from tests.serving.small_interface import small_app


@pytest.fixture(scope="module")
def http():
    with client(small_app()) as http:
        yield http

"""Under which address a site is: one that others can reach is reached by https."""

import pytest
from pydantic import ValidationError

from insitu.origin import origin_of
from serving.settings import ServingSettings


@pytest.mark.parametrize(
    ("host", "public", "origin"),
    [
        ("127.0.0.1", None, "http://127.0.0.1:8080"),
        ("0.0.0.0", None, None),  # noqa: S104 - nothing is bound
        ("127.0.0.1", "http://localhost:8080", "http://localhost:8080"),
        ("::1", "http://localhost:8080/", "http://localhost:8080"),
        ("0.0.0.0", "http://localhost:8080", None),  # noqa: S104
        ("::", "http://127.0.0.1:8080", None),
        ("192.0.2.1", "http://localhost:8080", None),
        ("0.0.0.0", "https://site.example", "https://site.example"),  # noqa: S104
    ],
)
def test_plain_http_is_for_what_is_bound_to_this_machine(
    host: str, public: str | None, origin: str | None
) -> None:
    assert origin_of(ServingSettings(host=host, port=8080, public_url=public)) == origin


@pytest.mark.parametrize("more", ["?", "?x=1", "/?x=1", "#x", "/path"])
def test_an_address_is_no_more_than_that(more: str) -> None:
    with pytest.raises(ValidationError):
        ServingSettings(public_url=f"https://site.example{more}")

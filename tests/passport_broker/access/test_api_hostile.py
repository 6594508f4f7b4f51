"""The admin API, asked whatever its document allows and a good deal that it does not."""

from typing import Any

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openapi import document
from tests.passport_broker.access.test_api import CONTENT, GRANT, Asking, ask

__all__ = ["ask"]

SCHEMA: Any = schemathesis.openapi.from_dict(yaml.safe_load(document("passport").read_text()))
FEW = settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@SCHEMA.parametrize()
@FEW
@pytest.mark.parametrize("who", ["ada", "dora", None])
def test_no_request_that_the_document_describes_ends_in_a_server_error(
    case: Any, ask: Asking, who: str | None
) -> None:
    sent = case.as_transport_kwargs()
    answer = ask(case.method, case.formatted_path, who, params=sent.get("params"), json=sent.get("json"))
    assert answer.status_code < 500, answer.text
    assert who is not None or answer.status_code >= 400
    if answer.status_code >= 400:
        assert set(answer.json()) == {"status", "error"}


@given(name=st.sampled_from([*GRANT, "conditions", "begins", "asserted"]), value=json_values)
@settings(FEW, max_examples=120)
def test_any_value_anywhere_in_a_visa_is_taken_or_refused(ask: Asking, name: str, value: Any) -> None:
    answer = ask("POST", "/visas", "dora", json=GRANT | {name: value})
    assert answer.status_code in (201, 400), answer.text


@given(name=st.sampled_from([*CONTENT, "dataset", "renews"]), value=json_values)
@settings(FEW, max_examples=120)
def test_any_value_anywhere_in_an_application_is_taken_or_refused(ask: Asking, name: str, value: Any) -> None:
    answer = ask("POST", "/applications", json={"dataset": "cohort-1", **CONTENT, name: value})
    assert answer.status_code in (201, 400, 404, 409), answer.text


@pytest.mark.parametrize("odd", ["..%2F..", "%00", "a%20b", "x" * 64, "%F0%9F%92%A9", "' OR '1'='1", "-1"])
def test_odd_ids_are_ids_of_nothing(ask: Asking, odd: str) -> None:
    for path in (f"/applications/{odd}", f"/visas/{odd}"):
        assert ask("GET", path, "dora").status_code in (400, 404)

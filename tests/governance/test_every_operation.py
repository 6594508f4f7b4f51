"""No operation of any interface answers about governed data without a decision."""

import re
from pathlib import Path

import pytest

from governance.caller import ANONYMOUS
from governance.gate import Gate
from governance.policy.actions import Action
from governance.policy.engine import Policy
from serving.access import Access
from serving.app import build_app
from serving.document import METHODS, load
from serving.testing import client
from tests.recorders import Kept

DOCUMENTS = sorted((Path(__file__).parents[2] / "openapi").glob("*.yaml"))

PUBLIC = {
    "beacon.yaml": {
        "getBeaconRoot",
        "getBeaconInfo",
        "getServiceInfo",
        "getConfiguration",
        "getEntryTypes",
        "getMap",
        "getFilteringTerms",
        "getIndividualsFilteringTerms",
        "postIndividualsFilteringTerms",
        "getIndividualFilteringTerms",
        "postIndividualFilteringTerms",
    },
    "drs.yaml": {"GetServiceInfo"},
    "htsget.yaml": {"readsServiceInfo", "variantsServiceInfo"},
    "objects.yaml": set(),
    "passport.yaml": set(),
    "service-registry.yaml": {"getServices", "getServiceById", "getServiceTypes", "getServiceInfo"},
}
"""What may answer without a decision, because it says nothing of governed data."""


def app_of(document, answer):
    """The document with functions that all do the same."""
    ids = [
        operation["operationId"]
        for item in load(document).get("paths", {}).values()
        for method, operation in item.items()
        if method in METHODS
    ]

    def function(body=None, **parameters):
        assert body is None or parameters is not None
        return answer()

    return build_app(
        document,
        dict.fromkeys(ids, function),
        name=document.stem,
        base_path="/under/test",
        error_body=lambda status, *_: {"status": status},
        identify=lambda *_: ANONYMOUS,
    )


def request_of(operation):
    """A request that fits the operation."""
    values = {each.name: _fitting(each) for each in operation.parameters if each.required}
    path = re.sub(r"\{(.+?)\}", lambda name: str(values[name[1]]), operation.path)
    query = {
        each.name: values[each.name]
        for each in operation.parameters
        if each.required and each.place == "query"
    }
    options = {"params": query}
    if operation.body is not None and operation.body.required:
        options["json"] = operation.body.schema.get("example", {})
    return operation.method.upper(), f"/under/test{path}", options


def _fitting(parameter):
    if "enum" in parameter.schema:
        return parameter.schema["enum"][0]
    return {"string": "x", "integer": 1, "number": 1, "boolean": "true"}[parameter.kind]


def outcomes(document, answer):
    """The status of each operation, when every function answers in the same way."""
    app = app_of(document, answer)
    with client(app) as http:
        return {
            operation.id: (operation.access, http.request(method, path, **options).status_code)
            for operation in app.standard.operations.values()
            for method, path, options in [request_of(operation)]
        }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.name)
def test_an_operation_that_forgets_to_ask_does_not_answer_unless_it_is_public(document):
    found = outcomes(document, lambda: {"a": "secret"})
    assert {id_ for id_, (access, _) in found.items() if access is Access.PUBLIC} == PUBLIC[document.name]
    assert {
        id_: status for id_, (access, status) in found.items() if access is Access.GOVERNED and status != 500
    } == {}
    assert {status for access, status in found.values() if access is Access.PUBLIC} <= {200}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.name)
def test_every_operation_that_asks_the_gate_answers(document):
    gate = Gate(Policy(), Kept())
    found = outcomes(
        document, lambda: gate.answer(ANONYMOUS, Action.BEACON_BOOLEAN, [], lambda _: {"nothing": "open"})
    )
    assert {id_: status for id_, (_, status) in found.items() if status != 200} == {}


def test_there_are_documents_to_look_at():
    assert DOCUMENTS

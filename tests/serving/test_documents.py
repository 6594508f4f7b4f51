"""What keeps an app from starting: the ways in which a document and its operations could quietly disagree."""

import copy
from pathlib import Path

import pytest
import yaml

from serving.app import build_app
from serving.document import DocumentError
from serving.naming import pythonic
from tests.serving.small_interface import FUNCTIONS, SMALL, error_body, identify

WRITTEN = yaml.safe_load(SMALL.read_text())


def build(document, functions, tmp_path):
    path = tmp_path / "some.yaml"
    path.write_text(document if isinstance(document, str) else yaml.safe_dump(document))
    return build_app(
        path, functions, name="some", base_path="/some", error_body=error_body, identify=identify
    )


def in_list(path="/things", method="get"):
    return lambda document: document["paths"][path][method]


def change(at, **values):
    def changed(document):
        at(document).update(values)

    return changed


def parameter(**declared):
    def changed(document):
        document["paths"]["/things"]["get"]["parameters"].append({"in": "query", **declared})

    return changed


def moved(old, new):
    def changed(document):
        document["paths"][new] = document["paths"].pop(old)

    return changed


def copied(old, new):
    def changed(document):
        document["paths"][new] = copy.deepcopy(document["paths"][old])
        for each in document["paths"][new].values():
            if isinstance(each, dict):
                each["operationId"] += "Again"

    return changed


def without(key, at):
    def changed(document):
        del at(document)[key]

    return changed


def nothing():
    return {}


def needs_more(needed):
    return needed


def needs_body(body):
    return body


def by_place(id_, /):
    return id_


def without_body(**parameters):
    return parameters


QUESTION = {"content": {"text/csv": {"schema": {"type": "string"}}}}
TEXT = {"type": "string"}

DISAGREEMENTS = {
    "an id used twice": (
        change(in_list(), operationId="getThing"),
        "operationId getThing is already that of",
    ),
    "no id": (without("operationId", in_list()), "has no operationId"),
    "an operation without function": (change(in_list(), operationId="other"), "no function for other"),
    "no word on access": (
        without("x-insitu-access", in_list()),
        "say `x-insitu-access: public` or `governed`",
    ),
    "a strange word on access": (change(in_list(), **{"x-insitu-access": "Public"}), "x-insitu-access"),
    "a parameter nobody takes": (parameter(name="widthOfThing", schema=TEXT), "does not take width_of_thing"),
    "a parameter in a cookie": (parameter(name="limit2", schema=TEXT, **{"in": "cookie"}), "cookie"),
    "a parameter that is an object": (parameter(name="limit2", schema={"type": "object"}), "limit2"),
    "a parameter named like ours": (parameter(name="caller", schema=TEXT), "the name caller is taken"),
    "two parameters of one name": (parameter(name="start_position", schema=TEXT), "both start_position"),
    "a parameter without schema": (
        parameter(name="limit2", content={"application/json": {"schema": TEXT}}),
        "limit2: has no schema",
    ),
    "a pattern that is none": (
        parameter(name="limit", schema={"type": "string", "pattern": "("}),
        "schema does not hold",
    ),
    "a template nobody declares": (moved("/things/{id}", "/things/{other}"), "templates"),
    "a template in a segment": (moved("/things/{id}", "/things/{id}.json"), "whole segment"),
    "one path twice": (copied("/ends/{how}", "/ends/{how}/"), "same path|no function"),
    "a body nobody takes": (
        change(in_list(), requestBody={"content": {"application/json": {"schema": {}}}}),
        "take body",
    ),
    "a body of another kind": (
        change(in_list(method="post"), requestBody=QUESTION),
        "text/csv is not supported",
    ),
    "a reference to nothing": (
        change(in_list(), responses={"200": {"$ref": "#/components/responses/None"}}),
        "some.yaml",
    ),
    "OpenAPI 3.1": (lambda document: document.update(openapi="3.1.0"), "some.yaml"),
    "a schema in a circle": (
        lambda document: document["components"]["schemas"].update(
            Question={"type": "object", "properties": {"q": {"$ref": "#/components/schemas/Question"}}}
        ),
        "Recursion|refers to itself",
    ),
}


@pytest.mark.parametrize("disagreement", DISAGREEMENTS)
def test_an_app_does_not_start_with(disagreement, tmp_path):
    changed, words = DISAGREEMENTS[disagreement]
    document = copy.deepcopy(WRITTEN)
    changed(document)
    with pytest.raises(DocumentError, match=words) as error:
        build(document, FUNCTIONS, tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "function", "words"),
    [
        ("unheardOf", nothing, "no operation for the functions unheardOf"),
        ("getNewest", needs_more, "nothing fills its function's argument needed"),
        ("getNewest", needs_body, "nothing fills its function's argument body"),
        ("getThing", by_place, "nothing fills its function's argument id_|does not take"),
        ("getThing", nothing, "does not take id_"),
        ("askThings", without_body, "does not take body"),
    ],
)
def test_an_app_does_not_start_with_a_function_that_does_not_fit(name, function, words, tmp_path):
    with pytest.raises(DocumentError, match=words):
        build(WRITTEN, {**FUNCTIONS, name: function}, tmp_path)


def test_an_app_does_not_start_with_an_asynchronous_function(tmp_path):
    async def later():
        return {}

    with pytest.raises(DocumentError, match="asynchronous"):
        build(WRITTEN, {**FUNCTIONS, "getNewest": later}, tmp_path)


@pytest.mark.parametrize("text", ["", "- a", "{", "openapi: 3", "paths: {}"])
def test_an_app_does_not_start_without_a_document(text, tmp_path):
    with pytest.raises(DocumentError):
        build(text, {}, tmp_path)
    with pytest.raises(DocumentError, match="cannot be read"):
        build_app(
            Path("/nowhere.yaml"), {}, name="x", base_path="/", error_body=error_body, identify=identify
        )


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("includeResultsetResponses", "include_resultset_responses"),
        ("assemblyId", "assembly_id"),
        ("id", "id_"),
        ("filter", "filter_"),
        ("class", "class_"),
        ("X-Purpose", "x_purpose"),
        ("VRSId", "vrs_id"),
        ("start", "start"),
        ("geneid", "geneid"),
        ("a.b[c]", "a_b_c"),
        ("2nd", "_2nd"),
        ("skip", "skip"),
    ],
)
def test_the_name_a_function_sees_is_pythons(name, seen):
    assert pythonic(name) == seen
    assert seen.isidentifier()

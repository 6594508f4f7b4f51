"""The official Beacon 2.1.1 schemas, offline; known faults of the files are mended on reading (SOURCES.md)"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

_GITHUB = "https://raw.githubusercontent.com/ga4gh-beacon/beacon-v2/main/"
_VRS = "https://w3id.org/ga4gh/schema/vrs/1.3/"
_MODEL = "models/json/beacon-v2-default-model"

RECORDS = {
    "genomicVariant": "genomicVariations",
    "individual": "individuals",
    "biosample": "biosamples",
    "run": "runs",
    "analysis": "analyses",
    "dataset": "datasets",
    "cohort": "cohorts",
}
ANSWERS = {
    "boolean": "beaconBooleanResponse",
    "count": "beaconCountResponse",
    "record": "beaconResultsetsResponse",
}


class Official:
    """Validates documents of a Beacon by the files under `specs`."""

    def __init__(self, specs: Path) -> None:
        self._specs = specs
        self._registry: Registry[Any] = Registry(retrieve=self._retrieve)  # type: ignore[call-arg]
        self._validators: dict[str, Draft202012Validator] = {}

    def check(self, document: object, schema: str) -> None:
        """Returns where `document` is valid by `schema`, a path below `beacon-v2`."""
        faults = sorted(
            self._validator(schema).iter_errors(document), key=lambda fault: len(fault.absolute_path)
        )
        assert not faults, f"{faults[0].json_path}: {faults[0].message[:600]} (by {schema})"

    def check_answer(self, body: dict[str, Any], entry: str) -> None:
        """Returns where an answer is valid as what it says it is, and each record as its entry type."""
        given = body["meta"]["returnedGranularity"]
        collection = entry in ("dataset", "cohort") and given == "record"
        name = "beaconCollectionsResponse" if collection else ANSWERS[given]
        self.check(body, f"framework/json/responses/{name}.json")
        for record in records_of(body):
            self.check(record, f"{_MODEL}/{RECORDS[entry]}/defaultSchema.json")

    def _validator(self, schema: str) -> Draft202012Validator:
        if schema not in self._validators:
            self._validators[schema] = Draft202012Validator(
                {"$ref": f"{_GITHUB}{schema}"}, registry=self._registry, format_checker=FormatChecker()
            )
        return self._validators[schema]

    def _retrieve(self, uri: str) -> Resource[Any]:
        return Resource.from_contents(_read(self._path(uri)), default_specification=DRAFT202012)

    def _path(self, uri: str) -> Path:
        if uri.startswith(_VRS):
            return self._specs / "vrs" / "1.3.0" / "vrs.json"
        assert uri.startswith(_GITHUB), uri
        return self._specs / "beacon-v2" / uri.removeprefix(_GITHUB)


def records_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Every record of an answer."""
    response = body.get("response", {})
    sets = [record for each in response.get("resultSets", []) for record in each.get("results", [])]
    return [*sets, *response.get("collections", [])]


@cache
def _read(path: Path) -> Any:
    return json.loads(
        path.read_text().replace(
            "beaconCommonComponents.json#/definitions/", "beaconCommonComponents.json#/$defs/"
        )
    )

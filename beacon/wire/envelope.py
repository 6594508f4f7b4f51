"""The envelopes around answers: meta, summaries, result sets, collections, errors (framework 2.1.1).

Boolean and count answers carry no `response`; what each dataset said stands in `info.datasets`, beside the
standard. Result sets of record answers always carry `resultsCount` and `results` (2.1.1) and say by
`countPrecision` where a count is not exact (2.2).
"""

from collections.abc import Mapping
from typing import Any

import orjson

from beacon.domain.asking import Asked, Granularity
from beacon.domain.entries import EntryType
from beacon.domain.found import Answer, Collections, FoundVariant, Part
from beacon.wire import collections as shapes
from beacon.wire import records
from governance.policy.honouring import about_records, honoured
from variants.domain.dataset import Release, Sample

Json = dict[str, Any]

API_VERSION = "v2.1.1"
MODEL = "https://raw.githubusercontent.com/ga4gh-beacon/beacon-v2/main/models/json/beacon-v2-default-model"
FRAMEWORK = "https://raw.githubusercontent.com/ga4gh-beacon/beacon-v2/main/framework/json"

_AT_LEAST = {"countPrecision": "imprecise", "countAdjustedTo": ["at least"]}
_SCHEMAS = {
    entry: [{"entityType": entry.value.id, "schema": f"{MODEL}/{entry.value.folder}/defaultSchema.json"}]
    for entry in EntryType
}


def answer(asked: Asked, entry: EntryType, found: Answer, *, beacon_id: str, base_url: str) -> Json:
    """The boolean, count or result set answer, whichever the granularity given calls for."""
    whole: Json = {
        "meta": meta(beacon_id, asked, entry, found.granularity),
        "responseSummary": _summary(found),
    }
    info = _info(asked, found.notes)
    listed = [part for part in found.parts if asked.include.lists(part.exists)]
    if found.granularity is Granularity.RECORD:
        whole["response"] = {"resultSets": [_result_set(part, entry, base_url) for part in listed]}
    elif listed:
        info["datasets"] = [_said(part) for part in listed]
    return whole | {"info": info} if info else whole


def collections(asked: Asked, entry: EntryType, found: Collections, *, beacon_id: str) -> Json:
    """The answer of datasets and cohorts."""
    whole: Json = {
        "meta": meta(beacon_id, asked, entry, found.granularity),
        "responseSummary": {"exists": found.total > 0},
    }
    if found.granularity is not Granularity.BOOLEAN:
        whole["responseSummary"]["numTotalResults"] = found.total
    if found.granularity is Granularity.RECORD:
        shape = shapes.dataset if entry is EntryType.DATASET else shapes.cohort
        whole["response"] = {"collections": [shape(each) for each in found.items]}
    info = _info(asked, found.notes)
    return whole | {"info": info} if info else whole


def meta(beacon_id: str, asked: Asked, entry: EntryType, given: Granularity) -> Json:
    """The meta part of an answer, with the question as it was understood."""
    found: Json = {
        "beaconId": beacon_id,
        "apiVersion": API_VERSION,
        "returnedSchemas": _SCHEMAS[entry],
        "returnedGranularity": given.value,
        "receivedRequestSummary": _received(asked),
    }
    if asked.test:
        found["testMode"] = True
    return found


def informational(beacon_id: str, response: Mapping[str, Any]) -> Json:
    """An answer about the Beacon itself."""
    return {
        "meta": {"beaconId": beacon_id, "apiVersion": API_VERSION, "returnedSchemas": []},
        "response": response,
    }


def error(status: int, message: str, *, beacon_id: str, granularity: Granularity, limit: int) -> Json:
    """The body of every answer that is none."""
    received = {
        "apiVersion": API_VERSION,
        "requestedSchemas": [],
        "pagination": {"skip": 0, "limit": limit},
        "requestedGranularity": granularity.value,
    }
    return {
        "meta": {
            "beaconId": beacon_id,
            "apiVersion": API_VERSION,
            "returnedSchemas": [],
            "returnedGranularity": granularity.value,
            "receivedRequestSummary": received,
        },
        "error": {"errorCode": status, "errorMessage": message},
    }


def _received(asked: Asked) -> Json:
    """The question in the nested form, the only one that validates; filters as strings."""
    received: Json = {
        "apiVersion": asked.api_version or API_VERSION,
        "requestedSchemas": list(asked.schemas),
        "pagination": {"skip": asked.skip, "limit": asked.limit},
        "requestedGranularity": asked.granularity.value,
        "includeResultsetResponses": asked.include.value,
        "testMode": asked.test,
    }
    parameters: Json = {}
    if asked.parameters:
        parameters["g_variant"] = dict(asked.parameters)
    if asked.datasets:
        parameters["datasets"] = {"datasetIds": list(asked.datasets)}
    if parameters:
        received["requestParameters"] = parameters
    if asked.filters:
        received["filters"] = [each.text for each in asked.filters]
    return received


def _summary(found: Answer) -> Json:
    if found.granularity is Granularity.BOOLEAN:
        return {"exists": found.exists}
    counted: Json = {"exists": found.exists, "numTotalResults": found.total}
    if found.precision is None:
        return counted
    return counted | {"countPrecision": found.precision, "countAdjustedTo": found.adjusted}


def _result_set(part: Part, entry: EntryType, base_url: str) -> Json:
    found = _said(part)
    if part.count is None:
        found["resultsCount"] = int(part.exists)
        if part.exists:
            found |= _AT_LEAST
    made = [_record(each, entry, part.release, base_url) for each in part.records]
    if about_records(part.obligations):
        made = honoured(orjson.loads(orjson.dumps(made)), part.obligations)  # carriers come as text
    found["results"] = made
    if part.given is not Granularity.RECORD and part.exists:
        told = (
            "whether there are matches" if part.given is Granularity.BOOLEAN else "how many matches there are"
        )
        found.setdefault("info", {})["note"] = f"This dataset tells you {told}, and no more."
    return found


def _said(part: Part) -> Json:
    """What one dataset said, without records. A count stands only where it was given."""
    said: Json = {"id": part.dataset.id, "setType": "dataset", "exists": part.exists}
    if part.count is not None:
        said["resultsCount"] = part.count
        if part.precision is not None:
            said |= {"countPrecision": part.precision, "countAdjustedTo": list(part.adjusted)}
    if part.note is not None:
        said["info"] = {"note": part.note}
    return said


def _record(each: Sample | FoundVariant, entry: EntryType, release: Release | None, base_url: str) -> Json:
    if release is None:
        raise ValueError("a record belongs to a release")
    if isinstance(each, FoundVariant):
        return records.variant(each, release, base_url)
    return records.PEOPLE[entry](each, release)


def _info(asked: Asked, notes: object) -> Json:
    warnings = [*asked.warnings, *(notes if isinstance(notes, (list, tuple)) else ())]
    return {"warnings": warnings} if warnings else {}

"""What the Beacon says of itself: info, configuration, entry types, map, filtering terms (2.1.1)."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from beacon.domain.entries import FILTERED, NESTED, EntryType
from beacon.domain.terms import RESOURCES, Term
from beacon.wire.collections import levels
from beacon.wire.envelope import API_VERSION, FRAMEWORK, MODEL
from governance.datasets import Dataset
from serving.service_info import Organization, ServiceInfo, ServiceType, service_info

if TYPE_CHECKING:
    from beacon.settings import BeaconSettings

Json = dict[str, Any]

_SPECIFICATION = "Beacon v2.1.1"
_LEVELS = ("PUBLIC", "REGISTERED", "CONTROLLED")
_MATURITY = {"prod": "PROD", "staging": "TEST", "test": "TEST", "dev": "DEV"}


def info(settings: "BeaconSettings") -> Json:
    """The body of `/` and `/info`."""
    organization = {
        "id": settings.organization_id,
        "name": settings.organization_name,
        "welcomeUrl": settings.organization_url,
        "contactUrl": settings.contact_url,
    }
    found = {
        "id": settings.id,
        "name": settings.name,
        "apiVersion": API_VERSION,
        "environment": settings.environment,
        "organization": _without_none(organization),
        "description": settings.description,
        "welcomeUrl": settings.welcome_url,
    }
    return _without_none(found)


def configuration(settings: "BeaconSettings", datasets: Sequence[Dataset]) -> Json:
    """The body of `/configuration`; `datasets` are those that anybody may know of.

    `securityLevels` are those at which any of them gives something. What each gives at each stands beside
    the standard in `securityAttributes.datasets`.
    """
    by_dataset = {each.id: levels(each) for each in datasets}
    named = {level for given in by_dataset.values() for level in given}
    return {
        "$schema": f"{FRAMEWORK}/configuration/beaconConfigurationSchema.json",
        "maturityAttributes": {"productionStatus": _MATURITY[settings.environment]},
        "securityAttributes": {
            "defaultGranularity": settings.default_granularity.value,
            "securityLevels": [each for each in _LEVELS if each in named] or ["CONTROLLED"],
            "datasets": by_dataset,
        },
        "entryTypes": {entry.value.id: _definition(entry) for entry in EntryType},
    }


def entry_types() -> Json:
    """The body of `/entry_types`."""
    return {"entryTypes": {entry.value.id: _definition(entry) for entry in EntryType}}


def beacon_map(base_url: str) -> Json:
    """The body of `/map`: every path that is served, with absolute URLs."""
    return {
        "$schema": f"{FRAMEWORK}/configuration/beaconMapSchema.json",
        "endpointSets": {entry.value.id: _endpoints(entry, base_url) for entry in EntryType},
    }


def filtering_terms(terms: Iterable[Term], skip: int, limit: int) -> Json:
    """The body of `/filtering_terms`: one page of the filters that work, and the ontologies they are from."""
    listed = list(terms)
    if limit:
        listed = listed[skip * limit : (skip + 1) * limit]
    return {
        "resources": list(RESOURCES),
        "filteringTerms": [
            {"id": term.id, "label": term.label, "type": "ontologyTerm", "scopes": list(term.scopes)}
            for term in listed
        ],
    }


def _definition(entry: EntryType) -> Json:
    about = entry.value
    found: Json = {
        "id": about.id,
        "name": about.name,
        "description": about.description,
        "partOfSpecification": _SPECIFICATION,
        "ontologyTermForThisType": {"id": about.term, "label": about.label},
        "defaultSchema": {
            "id": about.schema,
            "name": f"Default schema of {about.name.lower()}",
            "referenceToSchemaDefinition": f"{MODEL}/{about.folder}/defaultSchema.json",
            "schemaVersion": about.version,
        },
        "additionallySupportedSchemas": [],
        "nonFilteredQueriesAllowed": True,
    }
    if entry.collection:
        found["aCollectionOf"] = [{"id": each.value.id, "name": each.value.name} for each in NESTED[entry]]
    return found


def _endpoints(entry: EntryType, base_url: str) -> Json:
    root = f"{base_url}/{entry.value.segment}"
    found: Json = {
        "entryType": entry.value.id,
        "rootUrl": root,
        "singleEntryUrl": f"{root}/{{id}}",
        "endpoints": {
            each.value.id: {"returnedEntryType": each.value.id, "url": f"{root}/{{id}}/{each.value.segment}"}
            for each in NESTED[entry]
        },
    }
    if entry in FILTERED:
        found["filteringTermsUrl"] = f"{root}/{{id}}/filtering_terms"
    return found


def _without_none(found: Json) -> Json:
    return {name: value for name, value in found.items() if value is not None}


def service(settings: "BeaconSettings", version: str) -> Json:
    """GA4GH service-info 1.0.0, without an envelope."""
    return service_info(
        ServiceInfo(
            id=settings.id,
            name=settings.name,
            type=ServiceType("org.ga4gh", "beacon", API_VERSION.removeprefix("v")),
            organization=Organization(settings.organization_name, settings.organization_url),
            version=version,
            description=settings.description,
            contact_url=settings.contact_url,
            documentation_url=settings.welcome_url,
            environment=settings.environment,
        )
    )

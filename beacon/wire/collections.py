"""Datasets and cohorts in the JSON of Beacon's default model (2.1.1)."""

import re
from typing import Any

from beacon.domain.found import FoundCollection
from governance.datasets import Dataset, Tier

Json = dict[str, Any]

DUO_VERSION = "2021-02-23"
"""The release of the Data Use Ontology that datasets' terms are of; `dataUseConditions` has to name one."""

_CURIE = re.compile(r"[A-Za-z][A-Za-z0-9_]*:[A-Za-z0-9_.-]+")


def dataset(found: FoundCollection) -> Json:
    """A dataset; how many it holds, and when that changed, is only for those who may count."""
    about, release = found.dataset, found.release
    info: Json = {
        "assembly": about.assembly,
        "access": about.anonymous.name.lower(),
        "securityLevels": levels(about),
    }
    updated = about.updated
    record: Json = {"id": about.id, "name": about.name or about.id}
    if about.description:
        record["description"] = about.description
    if about.duo:
        record["dataUseConditions"] = {"duoDataUse": [_data_use(each) for each in about.duo]}
    if about.controlled > Tier.NONE and about.grants:
        info["visas"] = {"type": "ControlledAccessGrants", "values": about.grants, "sources": about.sources}
    if found.given is Tier.NONE:
        info["note"] = "You may know that it is there, and have nothing of it yet."
    elif release is None:
        info["note"] = "Nothing is loaded yet."
    elif found.given >= Tier.COUNT:
        # Who knows when people joined can compare answers before and after.
        updated = max(updated, release.loaded_at)
        record["version"] = f"{release.generation}.{release.sequence}.{release.people}"
        info |= {"variants": release.alleles, "samples": release.samples}
    return record | {
        "createDateTime": about.created.isoformat(),
        "updateDateTime": updated.isoformat(),
        "info": info,
    }


def levels(dataset: Dataset) -> Json:
    """How much each of Beacon's security levels gives of a dataset; a level that gives none is left out."""
    given = {"PUBLIC": dataset.anonymous, "REGISTERED": dataset.registered, "CONTROLLED": dataset.controlled}
    return {level: tier.name.lower() for level, tier in given.items() if tier > Tier.NONE}


def _data_use(term: str) -> Json:
    """A term of the Data Use Ontology as the register keeps it: an id, perhaps with what it is about."""
    identifier, _, about = term.partition("=")
    found: Json = {"id": identifier, "version": DUO_VERSION}
    return found | {"modifiers": [{"id": about}]} if _CURIE.fullmatch(about) else found


def cohort(found: FoundCollection) -> Json:
    """The people of a dataset."""
    name = found.dataset.name or found.dataset.id
    record: Json = {"id": found.id, "name": f"People of {name}", "cohortType": "beacon-defined"}
    if found.people is not None:
        record["cohortSize"] = found.people
    return record

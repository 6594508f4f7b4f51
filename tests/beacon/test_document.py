"""Our own contract holds what the standard and this room's table of routes say, and nothing else."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from beacon.domain.entries import ROUTES, Route
from openapi import document

DOCUMENT: dict[str, Any] = yaml.safe_load(document("beacon").read_text())
INFORMATIONAL = {"/", "/info", "/service-info", "/configuration", "/entry_types", "/map", "/filtering_terms"}


def path_of(route: Route) -> str:
    if route.within is not None:
        return f"/{route.within.value.segment}/{{id}}/{route.entry.value.segment}"
    return f"/{route.entry.value.segment}" + ("/{id}" if route.single else "")


def test_every_route_has_its_path_with_get_and_post_under_its_own_names() -> None:
    for route in ROUTES:
        path = DOCUMENT["paths"][path_of(route)]
        assert path["get"]["operationId"] == f"get{route.operation}"
        assert path["post"]["operationId"] == f"post{route.operation}"
        assert path["get"]["x-insitu-access"] == path["post"]["x-insitu-access"] == "governed"


def test_the_document_has_no_path_beyond_routes_information_and_filtering_terms() -> None:
    routes = {path_of(route) for route in ROUTES}
    others = set(DOCUMENT["paths"]) - routes - INFORMATIONAL
    assert set(DOCUMENT["paths"]) >= INFORMATIONAL
    assert {each.rpartition("/")[2] for each in others} == {"filtering_terms"}


@pytest.mark.shared
def test_every_path_of_the_official_documents_and_map_is_served(shared: Path) -> None:
    model = shared / "specs/beacon-v2/models/json/beacon-v2-default-model"
    official = {
        path for file in model.glob("*/endpoints.json") for path in json.loads(file.read_text())["paths"]
    }
    official |= set(json.loads((model / "endpoints.json").read_text())["paths"])
    beacon_map = json.loads((model / "beaconMap.json").read_text())["endpointSets"]
    for each in beacon_map.values():
        urls = [each["rootUrl"], each["singleEntryUrl"], *(one["url"] for one in each["endpoints"].values())]
        official |= {url.removeprefix("https://exampleBeacons.org") for url in urls}
    assert official <= set(DOCUMENT["paths"]), official - set(DOCUMENT["paths"])


def test_every_test_that_the_conformance_page_names_exists() -> None:
    here = Path(__file__).parents[1]
    named = set(re.findall(r"`(test_\w+)`", (here.parent / "docs/conformance/beacon.md").read_text()))
    written = {
        name for file in here.rglob("test_*.py") for name in re.findall(r"def (test_\w+)", file.read_text())
    }
    assert named
    assert named <= written, named - written

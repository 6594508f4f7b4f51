"""One short function for each operation of `openapi/beacon.yaml`: read, ask the service, shape.

Entry types differ in data, not in code (`beacon.domain.entries.ROUTES`): their functions are made from that
table.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from beacon.domain import terms
from beacon.domain.asking import Asked, Granularity
from beacon.domain.entries import ROUTES, EntryType, Route
from beacon.inquiry import Inquiry
from beacon.service import Beacon
from beacon.settings import BeaconSettings
from beacon.wire import about, asking, envelope
from beacon.wire.values import text
from governance.caller import Caller
from serving.request import RequestFacts

Json = dict[str, Any]
Function = Callable[..., Json]


@dataclass(frozen=True, slots=True)
class Operations:
    """The functions over one Beacon. Holds no state of a request."""

    beacon: Beacon
    settings: BeaconSettings
    version: str

    def by_id(self) -> Mapping[str, Function]:
        """Every function, by operationId."""
        found: dict[str, Function] = {
            "getBeaconRoot": self.info,
            "getBeaconInfo": self.info,
            "getServiceInfo": self.service_info,
            "getConfiguration": self.configuration,
            "getEntryTypes": self.entry_types,
            "getMap": self.map,
            "getFilteringTerms": self.get_terms,
            "getIndividualsFilteringTerms": self.get_terms,
            "postIndividualsFilteringTerms": self.post_terms,
            "getIndividualFilteringTerms": self.get_terms,
            "postIndividualFilteringTerms": self.post_terms,
        }
        for route in ROUTES:
            found[f"get{route.operation}"] = self._get(route)
            found[f"post{route.operation}"] = self._post(route)
        for entry in (EntryType.DATASET, EntryType.COHORT):
            found[f"get{entry.value.one}FilteringTerms"] = self._get_terms_of(entry)
            found[f"post{entry.value.one}FilteringTerms"] = self._post_terms_of(entry)
        return found

    def info(self) -> Json:
        """What this Beacon is."""
        return envelope.informational(self.settings.id, about.info(self.settings))

    def service_info(self) -> Json:
        """GA4GH service-info 1.0.0, without an envelope."""
        return about.service(self.settings, self.version)

    def configuration(self) -> Json:
        """Maturity, access levels and entry types."""
        said = about.configuration(self.settings, self.beacon.listed())
        return envelope.informational(self.settings.id, said)

    def entry_types(self) -> Json:
        """The entry types."""
        return envelope.informational(self.settings.id, about.entry_types())

    def map(self, request: RequestFacts) -> Json:
        """The paths."""
        return envelope.informational(self.settings.id, about.beacon_map(request.base_url))

    def get_terms(self, request: RequestFacts, **parameters: Any) -> Json:
        """The filters that work."""
        return self._terms(asking.from_query(parameters, request, self._bounds(collection=True)))

    def post_terms(self, request: RequestFacts, body: object, **_parameters: Any) -> Json:
        """The filters that work."""
        return self._terms(asking.from_body(body, request, self._bounds(collection=True)))

    def _terms(self, asked: Asked) -> Json:
        return envelope.informational(
            self.settings.id, about.filtering_terms(terms.ALL, asked.skip, asked.limit)
        )

    def _get(self, route: Route) -> Function:
        bounds = self._bounds(collection=route.entry.collection)

        def get(caller: Caller, request: RequestFacts, **parameters: Any) -> Json:
            asked = asking.from_query(parameters, request, bounds)
            return self._answer(Inquiry(caller, route, _identifier(parameters), asked), request)

        return get

    def _post(self, route: Route) -> Function:
        bounds = self._bounds(collection=route.entry.collection)

        def post(caller: Caller, request: RequestFacts, body: object, **parameters: Any) -> Json:
            asked = asking.from_body(body, request, bounds)
            return self._answer(Inquiry(caller, route, _identifier(parameters), asked), request)

        return post

    def _get_terms_of(self, entry: EntryType) -> Function:
        bounds = self._bounds(collection=True)

        def get(caller: Caller, request: RequestFacts, **parameters: Any) -> Json:
            asked = asking.from_query(parameters, request, bounds)
            return self._terms_of(Inquiry(caller, Route(entry, single=True), _identifier(parameters), asked))

        return get

    def _post_terms_of(self, entry: EntryType) -> Function:
        bounds = self._bounds(collection=True)

        def post(caller: Caller, request: RequestFacts, body: object, **parameters: Any) -> Json:
            asked = asking.from_body(body, request, bounds)
            return self._terms_of(Inquiry(caller, Route(entry, single=True), _identifier(parameters), asked))

        return post

    def _terms_of(self, inquiry: Inquiry) -> Json:
        self.beacon.know(inquiry)
        return self._terms(inquiry.asked)

    def _answer(self, inquiry: Inquiry, request: RequestFacts) -> Json:
        entry, asked = inquiry.route.entry, inquiry.asked
        if entry.collection:
            found = self.beacon.collections(inquiry)
            return envelope.collections(asked, entry, found, beacon_id=self.settings.id)
        answer = self.beacon.answer(inquiry)
        return envelope.answer(asked, entry, answer, beacon_id=self.settings.id, base_url=request.base_url)

    def _bounds(self, *, collection: bool) -> asking.Bounds:
        """Datasets, cohorts and terms are lists to read: given in full where nothing else is asked."""
        settings = self.settings
        return asking.Bounds(
            granularity=Granularity.RECORD if collection else settings.default_granularity,
            limit=settings.max_limit if collection else settings.default_limit,
            max_limit=settings.max_limit,
            max_filters=settings.max_filters,
            max_datasets=settings.max_datasets,
        )


def _identifier(parameters: Mapping[str, Any]) -> str | None:
    given = parameters.get("id_")
    return None if given is None else text(given, "id")

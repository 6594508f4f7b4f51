"""One short function for each operation of `openapi/drs.yaml`: read, ask the service, shape."""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from drs import wire
from drs.about import about
from drs.domain.objects import DrsObject
from drs.errors import InPreparation, KeyWanted
from drs.service import Address, Objects, Wanted
from drs.settings import DrsSettings
from governance.caller import Caller
from governance.datasets import Dataset
from governance.policy.actions import Action
from serving.reasons import Reason
from serving.reply import Reply
from serving.request import RequestFacts
from serving.service_info import service_info

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Operations:
    """The functions over one site's objects. Holds no state of a request."""

    objects: Objects
    settings: DrsSettings
    totals: Callable[[], tuple[int, int]]
    base_path: str

    def by_id(self) -> Mapping[str, Callable[..., Any]]:
        """Every function, by operationId."""
        return {
            "GetServiceInfo": self.service_info,
            "OptionsObject": self.options,
            "GetObject": self.get,
            "PostObject": self.post,
            "GetAccessURL": self.access,
            "PostAccessURL": self.post_access,
            "OptionsBulkObject": self.options_of_all,
            "GetBulkObjects": self.get_all,
            "GetBulkAccessURL": self.access_all,
        }

    def service_info(self) -> Json:
        """GA4GH service-info 1.0.0, and how much there is that anybody may look up."""
        most = self.settings.max_bulk
        count, size = self.totals()
        return service_info(about(self.settings)) | {
            "maxBulkRequestLength": most,
            "drs": {"maxBulkRequestLength": most, "objectCount": count, "totalObjectSize": size},
        }

    def options(self, caller: Caller, object_id: str) -> Json:
        """How to authorise for an object."""
        [found] = self.objects.authorizations(caller, [object_id]).values()
        if isinstance(found, Reason):
            raise found
        return found

    def get(self, caller: Caller, request: RequestFacts, object_id: str, expand: bool) -> Json | Reply:
        """What an object is."""
        found, dataset = self.objects.describe(caller, object_id, expand=expand)
        if not wire.settled(found):
            return self._later()
        return self._shaper(request)(found, dataset)

    def post(self, caller: Caller, request: RequestFacts, object_id: str, body: Json) -> Json | Reply:
        """What an object is."""
        return self.get(caller, request, object_id, bool(body.get("expand")))

    def access(
        self,
        *,
        caller: Caller,
        request: RequestFacts,
        object_id: str,
        access_id: str,
        client_public_key: str | None,
    ) -> Json | Reply:
        """An address of its bytes."""
        found = self.objects.access(self._wanted(caller, request, client_public_key), object_id, access_id)
        return wire.address(found) if isinstance(found, Address) else self._later()

    def post_access(
        self,
        *,
        caller: Caller,
        request: RequestFacts,
        object_id: str,
        access_id: str,
        client_public_key: str | None,
        body: Json,  # noqa: ARG002 - its passports are the caller's by now
    ) -> Json | Reply:
        """An address of its bytes."""
        return self.access(
            caller=caller,
            request=request,
            object_id=object_id,
            access_id=access_id,
            client_public_key=client_public_key,
        )

    def options_of_all(self, caller: Caller, body: Json) -> Json:
        """How to authorise for each of several objects."""
        found = self.objects.authorizations(caller, body.get("bulk_object_ids", ()))
        told = [each for each in found.values() if not isinstance(each, Reason)]
        why = ((name, each) for name, each in found.items() if isinstance(each, Reason))
        return _bulk("resolved_drs_object", told, why, len(found))

    def get_all(self, caller: Caller, request: RequestFacts, expand: bool, body: Json) -> Json:
        """What several objects are."""
        found, datasets = self.objects.describe_all(caller, body.get("bulk_object_ids", ()), expand=expand)
        shape = self._shaper(request)
        settled = {name: each for name, each in found.items() if _settled(each)}
        told = [
            shape(each, datasets[each.dataset]) for each in settled.values() if isinstance(each, DrsObject)
        ]
        why = (
            (name, each if isinstance(each, Reason) else None)
            for name, each in found.items()
            if name not in settled
        )
        return _bulk("resolved_drs_object", told, why, len(found))

    def access_all(
        self, caller: Caller, request: RequestFacts, client_public_key: str | None, body: Json
    ) -> Json:
        """Addresses of the bytes of several objects."""
        asked = [
            (each.get("bulk_object_id", ""), access_id)
            for each in body.get("bulk_object_access_ids", ())
            for access_id in each.get("bulk_access_ids", ())
        ]
        found = self.objects.access_all(self._wanted(caller, request, client_public_key), asked)
        told = [wire.bulk_address(each) for _, each in found if isinstance(each, Address)]
        why = ((name, _why(each)) for name, each in found if isinstance(each, Reason))
        return _bulk("resolved_drs_object_access_urls", told, why, len(found))

    def _shaper(self, request: RequestFacts) -> Callable[[DrsObject, Dataset], Json]:
        """Shapes objects; what is said of their datasets is worked out once for each."""
        shape = wire.Shape(request.base_url, self.settings.prefix)
        parts, known = self.objects.parts, dict[str, Json]()

        def shaped(found: DrsObject, dataset: Dataset) -> Json:
            if dataset.id not in known:
                known[dataset.id] = parts.denials.authorizations(dataset, Action.DRS_ACCESS)
            return shape.object(found, parts.places.methods(found), known[dataset.id])

        return shaped

    def _wanted(self, caller: Caller, request: RequestFacts, key: str | None) -> Wanted:
        return Wanted(caller, request.base_url.removesuffix(self.base_path), _key(key))

    def _later(self) -> Reply:
        return Reply(None, wire.IN_PREPARATION, {"retry-after": str(self.settings.retry_seconds)})


def _bulk(name: str, told: list[Json], why: Iterable[tuple[str, Reason | None]], requested: int) -> Json:
    return {
        "summary": wire.summary(requested, len(told)),
        "unresolved_drs_objects": wire.unresolved(why),
        name: told,
    }


def _settled(found: DrsObject | Reason) -> bool:
    return isinstance(found, DrsObject) and wire.settled(found)


def _why(reason: Reason) -> Reason | None:
    return None if isinstance(reason, InPreparation) else reason


def _key(given: str | None) -> str | None:
    """A public key in base64, as it will stand in the address.

    Raises:
        KeyWanted: it is none.
    """
    if given is None:
        return None
    try:
        raw = base64.b64decode(given + "=" * (-len(given) % 4), validate=True)
    except binascii.Error:
        raise KeyWanted from None
    if len(raw) != 32:
        raise KeyWanted
    return base64.b64encode(raw).decode()

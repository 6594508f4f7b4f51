"""The JSON admin API of objects as an ASGI app: `openapi/objects.yaml`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from drs.desk import Came, Desk
from drs.domain.objects import DrsObject
from drs.wire import moment
from governance.caller import Caller
from openapi import document
from serving.app import App, build_app
from serving.request import RequestFacts

BASE_PATH = "/drs/api"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Administration:
    """One short function for each operation. Holds no state of a request."""

    desk: Desk

    def by_id(self) -> Mapping[str, Callable[..., Json]]:
        """Every function, by operationId."""
        return {
            "listObjects": self.list,
            "registerObjects": self.register,
            "getObject": lambda caller, object_id: shown(self.desk.get(caller, object_id)),
            "removeObject": lambda caller, object_id: shown(self.desk.remove(caller, object_id)),
        }

    def list(self, caller: Caller, dataset: str, after: str, limit: int) -> Json:
        """The objects of a dataset."""
        return {"objects": [shown(each) for each in self.desk.listed(caller, dataset, after, limit)]}

    def register(self, caller: Caller, body: Json) -> Json:
        """What became of each object."""
        return {
            "objects": [_came(each) for each in self.desk.register(caller, body["dataset"], body["objects"])]
        }


def create_admin(desk: Desk, **serving: Any) -> App:
    """The app under `BASE_PATH`. `serving` goes to `build_app`.

    Raises:
        DocumentError: operations and `openapi/objects.yaml` do not fit each other.
    """
    options: dict[str, Any] = {"name": "objects", "base_path": BASE_PATH, "strict": True, **serving}
    return build_app(document("objects"), Administration(desk).by_id(), error_body=error, **options)


def error(status: int, message: str, _request: RequestFacts) -> Json:
    """The error body."""
    return {"status": status, "error": message}


def shown(found: DrsObject) -> Json:
    """An object as who manages it sees it."""
    return {
        "id": found.id,
        "dataset": found.dataset,
        "bundle": found.bundle,
        "name": found.name,
        "size": found.size,
        "checksums": dict(found.checksums),
        "mime_type": found.mime_type,
        "description": found.description,
        "version": found.version,
        "created_time": moment(found.created),
        "updated_time": moment(found.updated or found.created),
        "state": found.state.value,
        "aliases": list(found.aliases),
        "places": [{"store": each.store, "key": each.key, "mark": each.mark} for each in found.places],
    }


def _came(each: Came) -> Json:
    if each.why or each.made is None or each.entry is None:
        return {"registered": False, "why": each.why}
    told = {"registered": True, "id": each.made.id, "new": each.made.fresh, "prepared": each.entry.prepared}
    return told | ({"aliases_taken": list(each.made.lost)} if each.made.lost else {})

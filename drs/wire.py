"""The JSON of DRS 1.5, from domain values; and its error body."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from drs.domain.identifiers import self_uri
from drs.domain.objects import Content, DrsObject, State
from drs.places import CRYPT4GH, HTTPS, cloud
from drs.service import Address
from serving.errors import status_of
from serving.reasons import Reason
from serving.request import RequestFacts

Json = dict[str, Any]

IN_PREPARATION = 202


def error(status: int, message: str, _request: RequestFacts) -> Json:
    """The error body."""
    return {"msg": message, "status_code": status}


@dataclass(frozen=True, slots=True)
class Shape:
    """What of the site stands in objects: where it answers, and the prefix of its compact ids."""

    base_url: str
    prefix: str | None

    def object(self, found: DrsObject, methods: Iterable[str], authorizations: Json) -> Json:
        """A DrsObject. `authorizations` are those of its dataset."""
        told = {
            "id": found.id,
            "name": found.name,
            "self_uri": self.uri(found.id),
            "size": found.size,
            "created_time": moment(found.created),
            "updated_time": moment(found.updated or found.created),
            "version": found.version,
            "mime_type": found.mime_type,
            "checksums": [{"type": kind, "checksum": each} for kind, each in found.checksums.items()],
            "description": found.description,
            "aliases": list(found.aliases) or None,
        }
        if found.bundle:
            told |= {"contents": [self._content(each) for each in found.contents or ()], "mime_type": None}
        else:
            told["access_methods"] = [_method(each, found, authorizations) for each in methods]
        return {name: each for name, each in told.items() if each is not None}

    def uri(self, identifier: str) -> str:
        """The `drs://` URI of an object."""
        return self_uri(identifier, self.base_url, self.prefix)

    def _content(self, each: Content) -> Json:
        told: Json = {"name": each.name, "id": each.id, "drs_uri": [self.uri(each.id)]}
        if each.contents is not None:
            told["contents"] = [self._content(inner) for inner in each.contents]
        return told


def _method(access_id: str, found: DrsObject, authorizations: Json) -> Json:
    kind = HTTPS if access_id in (CRYPT4GH, "az") else access_id
    told: Json = {"type": kind, "access_id": access_id, "available": found.available}
    if (name := cloud(access_id)) is not None:
        told["cloud"] = name
    return told | {"authorizations": authorizations}


def address(found: Address) -> Json:
    """An AccessURL. The address says all that is needed; no headers go with it."""
    return {"url": found.url}


def bulk_address(found: Address) -> Json:
    """A BulkAccessURL."""
    return {"drs_object_id": found.object_id, "drs_access_id": found.access_id, "url": found.url}


def summary(requested: int, resolved: int) -> Json:
    """How much was resolved of what was asked for."""
    return {"requested": requested, "resolved": resolved, "unresolved": requested - resolved}


def unresolved(reasons: Iterable[tuple[str, Reason | None]]) -> list[Json]:
    """Ids by why they are not answered, with what would open them; None is in preparation."""
    groups: dict[tuple[int, str], Json] = {}
    for identifier, reason in reasons:
        code, message, details = _why(reason)
        group = groups.setdefault(
            (code, message), {"error_code": code, "object_ids": [], "msg": message, **details}
        )
        group["object_ids"].append(identifier)
    return list(groups.values())


def _why(reason: Reason | None) -> tuple[int, str, Mapping[str, Any]]:
    if reason is None:
        return IN_PREPARATION, "Being prepared: ask again in a moment.", {}
    return status_of(reason), reason.public, reason.details


def settled(found: DrsObject) -> bool:
    """False where an object is still being prepared: there is nothing yet to tell of it."""
    return found.state is not State.PREPARING


def moment(when: datetime) -> str:
    """A time, in UTC (RFC 3339)."""
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

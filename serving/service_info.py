"""GA4GH service-info 1.0.0: what a service says of itself."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ServiceType:
    """The standard that a service speaks: `ServiceType("org.ga4gh", "beacon", "2.1.1")`."""

    group: str
    artifact: str
    version: str


@dataclass(frozen=True, slots=True)
class Organization:
    """Who runs the service."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class ServiceInfo:
    """A service's description. `id` is a reverse domain name, unique; `version` that of the software."""

    id: str
    name: str
    type: ServiceType
    organization: Organization
    version: str
    description: str | None = None
    contact_url: str | None = None
    documentation_url: str | None = None
    created: datetime | None = None
    updated: datetime | None = None
    environment: str | None = None


def service_info(info: ServiceInfo) -> dict[str, Any]:
    """The document of service-info 1.0.0; a field without value is left out, times are in UTC."""
    return _without_none(
        {
            "id": info.id,
            "name": info.name,
            "type": {"group": info.type.group, "artifact": info.type.artifact, "version": info.type.version},
            "description": info.description,
            "organization": {"name": info.organization.name, "url": info.organization.url},
            "contactUrl": info.contact_url,
            "documentationUrl": info.documentation_url,
            "createdAt": _time(info.created),
            "updatedAt": _time(info.updated),
            "environment": info.environment,
            "version": info.version,
        }
    )


def _time(moment: datetime | None) -> str | None:
    """RFC 3339; a moment without zone is in UTC already."""
    if moment is None:
        return None
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.isoformat(timespec="seconds").replace("+00:00", "Z")


def _without_none(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}

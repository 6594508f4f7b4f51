"""GA4GH service-registry 1.0.0 as an ASGI app: `openapi/service-registry.yaml`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from insitu.settings import RegistrySettings
from openapi import document
from serving.app import App, build_app
from serving.errors import HttpFailure
from serving.request import RequestFacts
from serving.service_info import Organization, ServiceInfo, ServiceType, service_info

BASE_PATH = "/ga4gh/registry/v1"
VERSION = "1.0.0"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """A service of the site: what it says of itself, and the path at which its standard's begins."""

    info: Json
    path: str


@dataclass(frozen=True, slots=True)
class Registry:
    """One short function for each operation. Holds no state of a request."""

    services: Sequence[Listed]
    about: Json

    def by_id(self) -> Mapping[str, Callable[..., object]]:
        """Every function, by operationId."""
        return {
            "getServices": self.all,
            "getServiceById": self.one,
            "getServiceTypes": self.types,
            "getServiceInfo": lambda: self.about,
        }

    def all(self, request: RequestFacts) -> list[Json]:
        """The services, each with where it is."""
        origin = request.base_url.removesuffix(BASE_PATH)
        return [{**each.info, "url": origin + each.path} for each in self.services]

    def one(self, request: RequestFacts, service_id: str) -> Json:
        """A service."""
        found = [each for each in self.all(request) if each["id"] == service_id]
        if not found:
            raise HttpFailure(404, "This site has no service of that id: /services lists those it has.")
        return found[0]

    def types(self) -> list[Json]:
        """The kinds of service that there are, each once."""
        kinds = [each.info["type"] for each in self.services]
        return [kind for number, kind in enumerate(kinds) if kind not in kinds[:number]]


def create_app(
    services: Sequence[Listed], version: str, settings: RegistrySettings | None = None, **serving: Any
) -> App:
    """The app under `BASE_PATH`. `serving` goes to `build_app`.

    Raises:
        DocumentError: operations and `openapi/service-registry.yaml` do not fit each other.
    """
    settings = settings or RegistrySettings()  # type: ignore[call-arg,unused-ignore]
    info = ServiceInfo(
        id=settings.id,
        name=settings.name,
        type=ServiceType("org.ga4gh", "service-registry", VERSION),
        organization=Organization(settings.organization_name, settings.organization_url),
        version=version,
        description="The services of this site.",
    )
    options: dict[str, Any] = {"name": "registry", "base_path": BASE_PATH, "strict": True, **serving}
    operations = Registry(services, service_info(info)).by_id()
    return build_app(document("service-registry"), operations, error_body=error, **options)


def error(status: int, message: str, _request: RequestFacts) -> Json:
    """The error body."""
    return {"status": status, "title": _TITLES.get(status, "The request was not answered"), "detail": message}


_TITLES = {
    400: "The request cannot be understood",
    404: "Not found",
    405: "Not this method",
    500: "Our fault",
}

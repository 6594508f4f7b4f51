"""The Beacon as an ASGI app: the only place of this room that constructs things."""

from importlib import metadata
from typing import Any

from beacon.operations import Operations
from beacon.service import Beacon
from beacon.settings import BeaconSettings
from beacon.wire import about, envelope
from database.moments import Moments
from governance.disclosure.control import Disclosure
from governance.gate import Gate
from governance.register import DatasetRegister
from openapi import document
from serving.app import App, build_app
from serving.request import RequestFacts
from variants.service import Variants

BASE_PATH = "/ga4gh/beacon/v2"


def create_app(
    settings: BeaconSettings | None = None,
    *,
    variants: Variants,
    register: DatasetRegister,
    gate: Gate,
    disclosure: Disclosure,
    moments: Moments,
    **serving: Any,
) -> App:
    """The app under `BASE_PATH`. `serving` goes to `build_app`: identify, limits, workers, public_url...

    Raises:
        DocumentError: operations and `openapi/beacon.yaml` do not fit each other.
    """
    settings = settings or BeaconSettings()  # type: ignore[call-arg,unused-ignore]
    beacon = Beacon(variants, register, gate, disclosure, moments, case_level_limit=settings.case_level_limit)
    operations = Operations(beacon, settings, _version())

    def error_body(status: int, message: str, _request: RequestFacts) -> dict[str, Any]:
        return envelope.error(
            status,
            message,
            beacon_id=settings.id,
            granularity=settings.default_granularity,
            limit=settings.default_limit,
        )

    options: dict[str, Any] = {"name": "beacon", "base_path": BASE_PATH, **serving}
    return build_app(document("beacon"), operations.by_id(), error_body=error_body, **options)


def described() -> dict[str, Any]:
    """GA4GH service-info of the Beacon that the settings make."""
    return about.service(BeaconSettings(), _version())  # type: ignore[call-arg,unused-ignore]


def _version() -> str:
    """The version of the installed package; of a checkout that was never installed only that."""
    try:
        return metadata.version("insitu")
    except metadata.PackageNotFoundError:
        return "0.checkout"

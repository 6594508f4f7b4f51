"""What this service says of itself."""

from importlib import metadata

from drs.settings import DrsSettings
from serving.service_info import Organization, ServiceInfo, ServiceType

VERSION = "1.5.0"
"""Of GA4GH DRS."""


def about(settings: DrsSettings) -> ServiceInfo:
    """GA4GH service-info, without what DRS adds."""
    return ServiceInfo(
        id=settings.id,
        name=settings.name,
        type=ServiceType("org.ga4gh", "drs", VERSION),
        organization=Organization(settings.organization_name, settings.organization_url),
        version=_version(),
        description=settings.description,
        contact_url=settings.contact_url,
        environment=settings.environment,
    )


def _version() -> str:
    """The version of the installed package; of a checkout that was never installed only that."""
    try:
        return metadata.version("insitu")
    except metadata.PackageNotFoundError:
        return "0.checkout"

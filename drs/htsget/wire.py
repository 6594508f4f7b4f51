"""Tickets, service-info and errors in the standard's JSON."""

from base64 import b64encode
from http import HTTPStatus
from typing import Any

from drs.htsget.asking import FORMATS
from drs.htsget.files import Kind
from drs.htsget.service import Ticket
from drs.htsget.settings import HtsgetSettings
from drs.htsget.slicing.pieces import Inline, Piece
from serving.reply import Reply
from serving.request import RequestFacts
from serving.service_info import Organization, ServiceInfo, ServiceType, service_info

VERSION = "1.3.0"
MEDIA_TYPE = f"application/vnd.ga4gh.htsget.v{VERSION}+json; charset=utf-8"

_ERRORS = {
    400: "InvalidInput",
    401: "InvalidAuthentication",
    403: "PermissionDenied",
    404: "NotFound",
    413: "PayloadTooLarge",
}


def ticket(told: Ticket) -> Reply:
    """The ticket, each of its URLs with its class."""
    urls = [_url(told, each) for each in told.pieces]
    return Reply({"htsget": {"format": told.format, "urls": urls}}, media_type=MEDIA_TYPE)


def _url(told: Ticket, piece: Piece) -> dict[str, Any]:
    part = {"class": "header" if piece.header else "body"}
    if isinstance(piece, Inline):
        data = b64encode(piece.data).decode("ascii")
        return {"url": f"data:application/vnd.ga4gh.{told.format.lower()};base64,{data}", **part}
    headers = {**told.headers, "Range": f"bytes={piece.start}-{piece.stop - 1}"}
    return {"url": told.url, "headers": headers, **part}


def about(settings: HtsgetSettings, kind: Kind, version: str) -> dict[str, Any]:
    """GA4GH service-info 1.0.0 with what htsget adds: fields and tags are never left out here."""
    info = ServiceInfo(
        id=f"{settings.id}-{kind}",
        name=settings.name,
        type=ServiceType("org.ga4gh", "htsget", VERSION),
        organization=Organization(settings.organization_name, settings.organization_url),
        version=version,
        description=settings.description,
        contact_url=settings.contact_url,
        environment=settings.environment,
    )
    special = {
        "datatype": kind,
        "formats": list(FORMATS[kind]),
        "fieldsParameterEffective": False,
        "tagsParametersEffective": False,
    }
    return {**service_info(info), "htsget": special}


def error(status: int, message: str, _request: RequestFacts) -> dict[str, Any]:
    """The standard's error body. A status that the standard has no name for has that of HTTP."""
    name = _ERRORS.get(status) or "".join(each for each in HTTPStatus(status).phrase if each.isalpha())
    return {"htsget": {"error": name, "message": message}}

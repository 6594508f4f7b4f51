"""htsget as an ASGI app: the only place of this part that constructs things."""

from importlib import metadata
from typing import Any

from drs.htsget import wire
from drs.htsget.files import Files
from drs.htsget.operations import Operations
from drs.htsget.service import Htsget
from drs.htsget.settings import HtsgetSettings
from openapi import document
from serving.app import App, build_app

BASE_PATH = "/ga4gh/htsget/v1"


def create_app(settings: HtsgetSettings | None = None, *, files: Files, **serving: Any) -> App:
    """The app under `BASE_PATH`. `serving` goes to `build_app`: identify, limits, workers, public_url...

    Raises:
        DocumentError: operations and `openapi/htsget.yaml` do not fit each other.
    """
    settings = settings or HtsgetSettings()  # type: ignore[call-arg,unused-ignore]
    operations = Operations(Htsget(files, settings), settings, _version())
    options: dict[str, Any] = {"name": "htsget", "base_path": BASE_PATH, "strict": True, **serving}
    return build_app(document("htsget"), operations.by_id(), error_body=wire.error, **options)


def described() -> list[dict[str, Any]]:
    """GA4GH service-info of the two services that the settings make, reads and variants."""
    settings = HtsgetSettings()  # type: ignore[call-arg,unused-ignore]
    return [wire.about(settings, "reads", _version()), wire.about(settings, "variants", _version())]


def _version() -> str:
    """The version of the installed package; of a checkout that was never installed only that."""
    try:
        return metadata.version("insitu")
    except metadata.PackageNotFoundError:
        return "0.checkout"

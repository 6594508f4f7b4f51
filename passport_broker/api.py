"""The JSON admin API as an ASGI app, beside the provider's pages and endpoints."""

from typing import Any

from openapi import document
from passport_broker import wire
from passport_broker.access import Access
from passport_broker.operations import Operations
from passport_broker.visas.managing import Managing
from serving.app import App, build_app

BASE_PATH = "/passport/api"


def create_api(access: Access, **serving: Any) -> App:
    """The app under `BASE_PATH`. `serving` goes to `build_app`: identify, limits, workers, public_url...

    Raises:
        DocumentError: operations and `openapi/passport.yaml` do not fit each other.
    """
    parts = access.parts
    visas = Managing(parts)
    operations = Operations(visas, access.applications, access.committee, access.members, parts.clock)
    options: dict[str, Any] = {"name": "passport", "base_path": BASE_PATH, "strict": True, **serving}
    return build_app(document("passport"), operations.by_id(), error_body=wire.error, **options)

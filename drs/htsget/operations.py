"""One short function for each operation of `openapi/htsget.yaml`: read, ask the service, shape."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from drs.htsget import wire
from drs.htsget.asking import from_body, from_query
from drs.htsget.files import Kind
from drs.htsget.service import Htsget
from drs.htsget.settings import HtsgetSettings
from governance.caller import Caller
from serving.reply import Reply
from serving.request import RequestFacts

_NAMES = {"class_": "class", "format_": "format", "reference_name": "referenceName"}


@dataclass(frozen=True, slots=True)
class Operations:
    """The functions over one htsget. Holds no state of a request."""

    htsget: Htsget
    settings: HtsgetSettings
    version: str

    def by_id(self) -> Mapping[str, Callable[..., object]]:
        """Every function, by operationId."""
        return {
            "searchReadId": self._get("reads"),
            "postRead": self._post("reads"),
            "readsServiceInfo": lambda: wire.about(self.settings, "reads", self.version),
            "searchVariantId": self._get("variants"),
            "postVariant": self._post("variants"),
            "variantsServiceInfo": lambda: wire.about(self.settings, "variants", self.version),
        }

    def _get(self, kind: Kind) -> Callable[..., Reply]:
        def get(id_: str, caller: Caller, request: RequestFacts, **parameters: Any) -> Reply:
            given = {_NAMES.get(name, name): value for name, value in parameters.items() if value is not None}
            return wire.ticket(self.htsget.ticket(id_, from_query(kind, given), caller, request))

        return get

    def _post(self, kind: Kind) -> Callable[..., Reply]:
        def post(id_: str, body: Any, caller: Caller, request: RequestFacts) -> Reply:
            return wire.ticket(self.htsget.ticket(id_, from_body(kind, body or {}), caller, request))

        return post

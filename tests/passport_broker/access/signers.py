"""Keys of a broker for tests: what `passport_broker.visas.signing.Signing` wants, over a real JWKS server."""

from typing import Any

from tests.issuer import Issuer


class Keys:
    """Signs as the broker of that test server would, and counts."""

    def __init__(self, server: Issuer) -> None:
        self._server = server
        self.jku = server.jku
        self.signed = 0

    def jwks(self) -> dict[str, Any]:
        return self._server.jwks()

    def sign(self, claims: dict[str, Any], typ: str, **header: Any) -> str:
        self.signed += 1
        return self._server.signed({"typ": typ, **header}, claims)
